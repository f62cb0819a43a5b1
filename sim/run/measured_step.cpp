// SPDX-License-Identifier: Apache-2.0
#include "sim/run/measured_step.hpp"

#include "rtl_models/base/params.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace quatrain::run {
namespace {

/// Puts the point's name before the phase of the run.
class Titled final : public Progress {
public:
    Titled(std::string title, Progress& outer) : title_(std::move(title)), outer_(outer) {}
    void begin(std::string_view phase, std::uint64_t total, std::string_view unit) override {
        outer_.begin(fmt::format("{}: {}", title_, phase), total, unit);
    }
    void update(std::uint64_t done) override { outer_.update(done); }
    void end() override { outer_.end(); }
    bool stop_requested() const override { return outer_.stop_requested(); }

private:
    std::string title_;
    Progress& outer_;
};

void add_energy(const RunOptions& options, const energy::DramCosts& dram, MeasuredStep& step) {
    const config::Technology& technology = options.technology;
    const config::Architecture& architecture = options.architecture;
    step.energy =
        energy::BandModel(technology, architecture, dram).account(step.counts, step.cycles);
    step.sensitivity =
        energy::sensitivity(technology, architecture, dram, step.counts, step.cycles);
}

energy::DramCosts dram_costs(const RunOptions& options, const RunResult& result) {
    if (result.channels.empty()) return energy::dram_costs(options.architecture);
    std::vector<dram::ChannelStatistics> channels;
    for (const ChannelRow& row : result.channels) channels.push_back(row.statistics);
    return energy::dram_costs(options.architecture, channels, result.counts, result.cycles);
}

void add_gated(const OperatorRow& row, const GatedFractions& gated, EventCounts& counts) {
    const auto found = gated.find({row.name, row.pass});
    if (found == gated.end()) return;
    for (const auto& [all, zero] : mac_kinds())
        counts[zero] += static_cast<std::uint64_t>(
            std::llround(found->second * static_cast<double>(row.counts[all])));
}

template <class Number>
Number beyond(Number a, Number b, std::int64_t steps) {
    const auto from = static_cast<std::int64_t>(a), to = static_cast<std::int64_t>(b);
    return static_cast<Number>(std::max<std::int64_t>(0, to + (to - from) * steps));
}

energy::Breakdown beyond(const energy::Breakdown& a, const energy::Breakdown& b,
                         std::int64_t steps) {
    energy::Breakdown result;
    for (std::size_t i = 0; i < energy::component_count; ++i) {
        const auto component = static_cast<energy::Component>(i);
        result[component] = beyond(a[component], b[component], steps);
    }
    return result;
}

/// In the order of the widest span on the line.
std::vector<energy::Sensitivity> beyond(const std::vector<energy::Sensitivity>& a,
                                        const std::vector<energy::Sensitivity>& b,
                                        std::int64_t steps) {
    std::vector<energy::Sensitivity> result = b;
    for (energy::Sensitivity& one : result) {
        const auto before = std::find_if(a.begin(), a.end(), [&](const energy::Sensitivity& other) {
            return other.figure == one.figure;
        });
        if (before == a.end()) continue;
        one.low = beyond(before->low, one.low, steps);
        one.high = beyond(before->high, one.high, steps);
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const energy::Sensitivity& x, const energy::Sensitivity& y) {
                         return x.span() > y.span();
                     });
    return result;
}

}  // namespace

double MeasuredStep::gated_fraction() const {
    std::uint64_t all = 0, zero = 0;
    for (const MacEvents& kind : mac_kinds()) {
        all += counts[kind.macs];
        zero += counts[kind.zero_macs];
    }
    return all == 0 ? 0 : static_cast<double>(zero) / static_cast<double>(all);
}

std::optional<MeasuredStep> measured_step(const RunOptions& options, std::int64_t batch,
                                          const GatedFractions* gated, const std::string& title,
                                          Progress& progress) {
    RunOptions timed = options;
    timed.batch = batch;
    timed.numerics = false;
    timed.timing = true;
    timed.check_dram = false;
    Titled titled(fmt::format("{}, batch {}", title, batch), progress);
    const RunResult result = run(timed, titled);
    if (!result.complete) return std::nullopt;
    MeasuredStep step{.cycles = result.cycles,
                      .macs = result.macs,
                      .counts = result.counts,
                      .time = step_time(options.architecture, result),
                      .energy = {},
                      .sensitivity = {}};
    if (gated != nullptr)
        for (const OperatorRow& row : result.operators) add_gated(row, *gated, step.counts);
    add_energy(options, dram_costs(options, result), step);
    return step;
}

GatedFractions gated_fractions(const RunOptions& options, std::int64_t batch, std::uint64_t seed,
                               int threads, const std::string& title, Progress& progress) {
    RunOptions computed = options;
    const std::int64_t cores = options.architecture.cores;
    computed.batch = cores * ceil_div(batch, cores);
    computed.numerics = true;
    computed.timing = false;
    computed.golden = Golden::off;
    computed.seed = seed;
    computed.threads = threads;
    Titled titled(fmt::format("{}, activity", title), progress);
    const RunResult result = run(computed, titled);
    GatedFractions fractions;
    if (!result.complete) return fractions;
    for (const OperatorRow& row : result.operators) {
        std::uint64_t all = 0, zero = 0;
        for (const MacEvents& kind : mac_kinds()) {
            all += row.counts[kind.macs];
            zero += row.counts[kind.zero_macs];
        }
        if (all > 0)
            fractions[{row.name, row.pass}] = static_cast<double>(zero) / static_cast<double>(all);
    }
    return fractions;
}

MeasuredStep on_line(const MeasuredStep& a, const MeasuredStep& b, std::int64_t steps) {
    MeasuredStep result = b;
    result.cycles = beyond(a.cycles, b.cycles, steps);
    result.macs = beyond(a.macs, b.macs, steps);
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        result.counts[event] = beyond(a.counts[event], b.counts[event], steps);
    }
    for (std::size_t i = 0; i < time_class_count; ++i) {
        const double from = a.time.cycles[i], to = b.time.cycles[i];
        result.time.cycles[i] = to + (to - from) * static_cast<double>(steps);
    }
    result.energy = {.low = beyond(a.energy.low, b.energy.low, steps),
                     .value = beyond(a.energy.value, b.energy.value, steps),
                     .high = beyond(a.energy.high, b.energy.high, steps)};
    result.sensitivity = beyond(a.sensitivity, b.sensitivity, steps);
    return result;
}

}  // namespace quatrain::run
