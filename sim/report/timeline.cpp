// SPDX-License-Identifier: Apache-2.0
#include "sim/report/timeline.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quatrain::report {
namespace {

std::string quoted(std::string_view text) {
    return boost::json::serialize(boost::json::string(text));
}

class Writer {
public:
    Writer(const run::Timeline& timeline, const Sink& sink)
        : timeline_(timeline),
          sink_(sink),
          track_end_(static_cast<std::size_t>(timeline.cores) * timeline.engines.size()) {
        for (const std::string& name : timeline.operators) operators_.push_back(quoted(name));
    }

    void write() {
        piece_ = R"({"displayTimeUnit": "ns", "traceEvents": [)";
        metadata();
        for (const run::TimelineSlice& slice : timeline_.slices) this->slice(slice);
        occupancy();
        for (const Bandwidth& one : bandwidth_)
            counter(
                one.core,
                fmt::format("DRAM {} [bytes/cycle]", name(one.core, timeline_.engines[one.engine])),
                one.samples);
        sink_(piece_ + "\n]}\n");
    }

private:
    using Samples = std::map<std::uint64_t, double>;  ///< from this cycle on
    struct Bandwidth {
        std::int64_t core;
        std::size_t engine;
        Samples samples;
    };

    /// Of what every core has one of. One core alone needs no number.
    std::string name(std::int64_t core, const std::string& of_core) const {
        return timeline_.cores == 1 ? of_core : fmt::format("core {} {}", core, of_core);
    }

    template <class... Arguments>
    void event(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        constexpr std::size_t piece_size = 1 << 20;
        if (piece_.size() > piece_size) {
            sink_(piece_);
            piece_.clear();
        }
        piece_ += first_ ? "\n" : ",\n";
        first_ = false;
        fmt::format_to(std::back_inserter(piece_), format, std::forward<Arguments>(arguments)...);
    }

    /// Microseconds, in decimal: a double would not hold every picosecond of a long run.
    std::string microseconds(std::uint64_t cycles) const {
        const std::uint64_t picoseconds =
            cycles * static_cast<std::uint64_t>(timeline_.clock_period_ps);
        return fmt::format("{}.{:06}", picoseconds / 1'000'000, picoseconds % 1'000'000);
    }

    void metadata() {
        for (std::int64_t core = 0; core < timeline_.cores; ++core) metadata(core);
    }

    /// A core is a process, an engine one of its threads.
    void metadata(std::int64_t core) {
        const std::string process =
            timeline_.cores == 1 ? "quatrain" : fmt::format("quatrain core {}", core);
        event(R"({{"ph": "M", "pid": {}, "name": "process_name", "args": {{"name": {}}}}})",
              core + 1, quoted(process));
        for (std::size_t i = 0; i < timeline_.engines.size(); ++i) {
            event(
                R"({{"ph": "M", "pid": {}, "tid": {}, "name": "thread_name", "args": {{"name": {}}}}})",
                core + 1, i + 1, quoted(name(core, timeline_.engines[i])));
            event(
                R"({{"ph": "M", "pid": {}, "tid": {}, "name": "thread_sort_index", "args": {{"sort_index": {}}}}})",
                core + 1, i + 1, i);
        }
    }

    void slice(const run::TimelineSlice& slice) {
        std::uint64_t& track_end =
            track_end_[static_cast<std::size_t>(slice.core) * timeline_.engines.size() +
                       slice.engine];
        const std::uint64_t start = std::min(std::max(slice.start, track_end), slice.end);
        track_end = slice.end;
        std::string transfer;
        if (slice.buffer) {
            transfer = fmt::format(R"(, "bytes": {}, "buffer": {})", slice.bytes,
                                   quoted(timeline_.buffers[*slice.buffer]));
            if (slice.space == isa::Space::dram) add_bandwidth(slice, start);
        }
        event(
            R"({{"ph": "X", "pid": {}, "tid": {}, "ts": {}, "dur": {}, "name": {}, "args": {{"instruction": {}, "issue": {}{}}}}})",
            slice.core + 1, slice.engine + 1, microseconds(start), microseconds(slice.end - start),
            operators_[slice.operator_index], quoted(slice.text), slice.issue, transfer);
    }

    void add_bandwidth(const run::TimelineSlice& slice, std::uint64_t start) {
        if (slice.end == start) return;
        auto found = std::ranges::find_if(bandwidth_, [&](const Bandwidth& one) {
            return one.core == slice.core && one.engine == slice.engine;
        });
        if (found == bandwidth_.end())
            found = bandwidth_.insert(found, {slice.core, slice.engine, Samples{}});
        found->samples[start] =
            static_cast<double>(slice.bytes) / static_cast<double>(slice.end - start);
        found->samples[slice.end] = 0;
    }

    void occupancy() {
        using Changes = std::map<std::uint64_t, std::int64_t>;
        std::map<std::pair<std::int64_t, std::size_t>, Changes> changes;  // by core and buffer
        for (const run::OccupancyChange& change : timeline_.occupancy)
            changes[{change.core, change.buffer}][change.cycle] += change.bytes;
        for (const auto& [key, of_buffer] : changes) {
            const auto& [core, buffer] = key;
            Samples samples;
            std::int64_t bytes = 0;
            for (const auto& [cycle, change] : of_buffer) {
                bytes += change;
                samples[cycle] = static_cast<double>(bytes);
            }
            counter(core, name(core, timeline_.buffers[buffer]) + " buffer [bytes]", samples);
        }
    }

    void counter(std::int64_t core, std::string_view name, const Samples& samples) {
        const std::string text = quoted(name);
        for (const auto& [cycle, value] : samples)
            event(R"({{"ph": "C", "pid": {}, "ts": {}, "name": {}, "args": {{"value": {}}}}})",
                  core + 1, microseconds(cycle), text, value);
    }

    const run::Timeline& timeline_;
    const Sink& sink_;
    std::vector<std::string> operators_;    ///< names, quoted
    std::vector<std::uint64_t> track_end_;  ///< of each engine's latest slice, core by core
    std::vector<Bandwidth> bandwidth_;
    std::string piece_;  ///< not yet handed out
    bool first_ = true;  ///< no event so far
};

}  // namespace

void write_timeline(const run::RunResult& result, const Sink& sink) {
    if (!result.timeline)
        throw std::invalid_argument("timeline: the run kept none: it needs timing on");
    Writer(*result.timeline, sink).write();
}

}  // namespace quatrain::report
