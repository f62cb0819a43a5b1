// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>

namespace quatrain::sequencer {

/// Width of a semaphore counter, and of a count on the wires between cores [bits]. The compiler
/// counts tiles that are in a buffer, at most a few, and operators that are stored.
inline constexpr int semaphore_bits = 16;

/// What one core releases of a neighbour's semaphores in one cycle: of sum_full and total_full on
/// the way to the next core, of sum_free and total_free on the way to the previous one.
struct NeighbourSignals {
    std::uint64_t sum = 0;
    std::uint64_t total = 0;
    bool operator==(const NeighbourSignals&) const = default;
};
std::ostream& operator<<(std::ostream& stream, const NeighbourSignals& signals);
void sc_trace(sc_core::sc_trace_file* file, const NeighbourSignals& signals,
              const std::string& name);

}  // namespace quatrain::sequencer
