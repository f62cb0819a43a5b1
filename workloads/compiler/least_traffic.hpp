// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"

#include <cstdint>

namespace quatrain::compiler {

/// What DMA engines move at least.
struct Traffic {
    std::int64_t bytes = 0, bursts = 0;
};
inline Traffic operator+(const Traffic& a, const Traffic& b) {
    return {a.bytes + b.bytes, a.bursts + b.bursts};
}
inline Traffic operator-(const Traffic& a, const Traffic& b) {
    return {a.bytes - b.bytes, a.bursts - b.bursts};
}
inline Traffic operator*(const Traffic& a, std::int64_t times) {
    return {a.bytes * times, a.bursts * times};
}

/// What is left for the last of the pieces that a total is cut into.
inline std::int64_t last_piece(std::int64_t total, std::int64_t piece) {
    return total - (ceil_div(total, piece) - 1) * piece;
}

/// Runs of `run` bytes that lie apart in DRAM, or one behind the other.
Traffic traffic_of(std::int64_t runs, std::int64_t run, bool apart, const Target& target);
/// Rows of a dense tensor of `all` columns, in tiles of `columns` of them.
Traffic tiled_rows(std::int64_t rows, std::int64_t columns, std::int64_t all,
                   numerics::Format format, const Target& target);

// Cycles that traffic takes at least; none where the memory is ideal.

/// Of one engine, whose port takes a burst a cycle and whose window of outstanding bursts goes
/// round once in the memory's latency.
std::int64_t engine_cycles(const Traffic& traffic, const Target& target);
/// Of the DRAM's bus. What the scratchpad holds does not pass it.
std::int64_t bus_cycles(std::int64_t bytes, const Target& target);
/// Of one engine and the bus.
std::int64_t transfer_cycles(const Traffic& traffic, const Target& target);

}  // namespace quatrain::compiler
