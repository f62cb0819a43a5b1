// SPDX-License-Identifier: Apache-2.0
#include "sim/report/timeline.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <map>
#include <stdexcept>
#include <vector>

namespace quatrain::report {
namespace {

std::string quoted(std::string_view text) {
    return boost::json::serialize(boost::json::string(text));
}

class Writer {
public:
    Writer(const run::Timeline& timeline, const Sink& sink)
        : timeline_(timeline), sink_(sink), track_end_(timeline.engines.size()) {
        for (const std::string& name : timeline.operators) operators_.push_back(quoted(name));
    }

    void write() {
        piece_ = R"({"displayTimeUnit": "ns", "traceEvents": [)";
        metadata();
        for (const run::TimelineSlice& slice : timeline_.slices) this->slice(slice);
        occupancy();
        for (const Bandwidth& one : bandwidth_)
            counter(fmt::format("DRAM {} [bytes/cycle]", timeline_.engines[one.engine]),
                    one.samples);
        sink_(piece_ + "\n]}\n");
    }

private:
    using Samples = std::map<std::uint64_t, double>;  ///< from this cycle on
    struct Bandwidth {
        std::size_t engine;
        Samples samples;
    };

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
        event(R"({{"ph": "M", "pid": 1, "name": "process_name", "args": {{"name": "quatrain"}}}})");
        for (std::size_t i = 0; i < timeline_.engines.size(); ++i) {
            event(
                R"({{"ph": "M", "pid": 1, "tid": {}, "name": "thread_name", "args": {{"name": {}}}}})",
                i + 1, quoted(timeline_.engines[i]));
            event(
                R"({{"ph": "M", "pid": 1, "tid": {}, "name": "thread_sort_index", "args": {{"sort_index": {}}}}})",
                i + 1, i);
        }
    }

    void slice(const run::TimelineSlice& slice) {
        std::uint64_t& track_end = track_end_[slice.engine];
        const std::uint64_t start = std::min(std::max(slice.start, track_end), slice.end);
        track_end = slice.end;
        std::string transfer;
        if (slice.buffer) {
            transfer = fmt::format(R"(, "bytes": {}, "buffer": {})", slice.bytes,
                                   quoted(timeline_.buffers[*slice.buffer]));
            add_bandwidth(slice, start);
        }
        event(
            R"({{"ph": "X", "pid": 1, "tid": {}, "ts": {}, "dur": {}, "name": {}, "args": {{"instruction": {}, "issue": {}{}}}}})",
            slice.engine + 1, microseconds(start), microseconds(slice.end - start),
            operators_[slice.operator_index], quoted(slice.text), slice.issue, transfer);
    }

    void add_bandwidth(const run::TimelineSlice& slice, std::uint64_t start) {
        if (slice.end == start) return;
        auto found = std::ranges::find(bandwidth_, slice.engine, &Bandwidth::engine);
        if (found == bandwidth_.end()) found = bandwidth_.insert(found, {slice.engine, Samples{}});
        found->samples[start] =
            static_cast<double>(slice.bytes) / static_cast<double>(slice.end - start);
        found->samples[slice.end] = 0;
    }

    void occupancy() {
        std::vector<std::map<std::uint64_t, std::int64_t>> changes(timeline_.buffers.size());
        for (const run::OccupancyChange& change : timeline_.occupancy)
            changes[change.buffer][change.cycle] += change.bytes;
        for (std::size_t i = 0; i < changes.size(); ++i) {
            Samples samples;
            std::int64_t bytes = 0;
            for (const auto& [cycle, change] : changes[i]) {
                bytes += change;
                samples[cycle] = static_cast<double>(bytes);
            }
            counter(timeline_.buffers[i] + " buffer [bytes]", samples);
        }
    }

    void counter(std::string_view name, const Samples& samples) {
        const std::string text = quoted(name);
        for (const auto& [cycle, value] : samples)
            event(R"({{"ph": "C", "pid": 1, "ts": {}, "name": {}, "args": {{"value": {}}}}})",
                  microseconds(cycle), text, value);
    }

    const run::Timeline& timeline_;
    const Sink& sink_;
    std::vector<std::string> operators_;    ///< names, quoted
    std::vector<std::uint64_t> track_end_;  ///< of each engine's latest slice
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
