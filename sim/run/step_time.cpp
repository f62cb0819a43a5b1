// SPDX-License-Identifier: Apache-2.0
#include "sim/run/step_time.hpp"

#include "sim/run/rows.hpp"

#include <algorithm>
#include <numeric>

namespace quatrain::run {
namespace {

/// Cycles that a core's engine waited for the memory, the mean of the cores; no more than the
/// operator took, for operators overlap.
double memory_cycles(const config::Architecture& architecture, const OperatorRow& row,
                     double most) {
    const Event waits =
        row.macs > 0 ? Event::array_stall_dram_cycles : Event::vector_stall_dram_cycles;
    return std::min(
        most, static_cast<double>(row.counts[waits]) / static_cast<double>(architecture.cores));
}

TimeClass class_of(const OperatorRow& row) {
    const auto has = [&](std::string_view text) {
        return row.kind.find(text) != std::string::npos;
    };
    if (row.pass == "update" || has("all_reduce")) return TimeClass::optimiser;
    return has("batch_norm") ? TimeClass::batch_norm : TimeClass::other;
}

}  // namespace

std::string_view name(TimeClass time_class) {
    static constexpr std::array<std::string_view, time_class_count> names{
        "array", "mapping", "memory", "batch_norm", "other", "optimiser"};
    return names[static_cast<std::size_t>(time_class)];
}

double StepTime::total() const {
    return std::accumulate(cycles.begin(), cycles.end(), 0.0);
}

StepTime step_time(const config::Architecture& architecture, const RunResult& result) {
    StepTime time;
    for (const OperatorRow& row : result.operators) {
        const auto cycles = static_cast<double>(row.cycles);
        const double array = row.macs == 0 ? 0 : row.utilisation * cycles;
        const double memory = memory_cycles(architecture, row, cycles - array);
        time[TimeClass::array] += array;
        time[TimeClass::memory] += memory;
        time[row.macs > 0 ? TimeClass::mapping : class_of(row)] += cycles - array - memory;
    }
    return time;
}

}  // namespace quatrain::run
