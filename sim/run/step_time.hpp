// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/run/result.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace quatrain::run {

/// Where the cycles of a step go. Each operator's cycles are parted between the first three (GEMMs)
/// or belong to one of the others, less what it waits for the memory.
enum class TimeClass : std::uint8_t {
    array,       ///< MACs of the definition on full arrays
    mapping,     ///< GEMMs: idle PEs, fill and drain, the streamer, waits for buffers and results
    memory,      ///< all operators: the engine that does the work waits for a tile from memory
    batch_norm,  ///< with the operators that share their tiles with one of batch norm
    other,       ///< quantisation, activation, pooling, residual add, loss, input
    optimiser,   ///< update of weights and scales, sums over cores
};
inline constexpr std::size_t time_class_count = static_cast<std::size_t>(TimeClass::optimiser) + 1;
std::string_view name(TimeClass time_class);

/// Cycles by class: they add up to those of the step.
struct StepTime {
    std::array<double, time_class_count> cycles{};

    double& operator[](TimeClass c) { return cycles[static_cast<std::size_t>(c)]; }
    double operator[](TimeClass c) const { return cycles[static_cast<std::size_t>(c)]; }
    double total() const;
};

StepTime step_time(const config::Architecture& architecture, const RunResult& result);

}  // namespace quatrain::run
