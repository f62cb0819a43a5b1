// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::config {

/// How a figure was come by: printed somewhere that can be cited, computed from such figures, or
/// neither.
enum class Evidence : std::uint8_t { published, derived, assumed };
std::string_view name(Evidence evidence);

/// What is believed, and the band that the truth is believed to lie in.
struct Band {
    double low = 0, value = 0, high = 0;
};

struct Figure {
    Band band;
    std::string unit;
    Evidence evidence = Evidence::derived;
    std::string source;
};

/// Energy of one occurrence of an event [pJ per unit of the event].
struct EventEnergy {
    Event event{};
    std::string variant;  ///< accumulator_adds: the accumulator format; else empty
    Figure figure;
};
/// "accumulator_adds.fp16".
std::string name(const EventEnergy& entry);

/// One size of on-chip memory with ports of one width.
struct MemoryFigures {
    std::int64_t bytes = 0;
    std::int64_t port_bits = 0;
    double read_picojoules = 0, write_picojoules = 0;  ///< per access
    double low = 1, high = 1;                          ///< factors on the energies
    /// Of the whole array, and believed to be the geometric mean of the two.
    double leakage_low_milliwatts = 0, leakage_high_milliwatts = 0;
    double square_millimetres = 0;
    Evidence evidence = Evidence::derived;
    std::string source;
};

/// On-chip memories by width of the port, then by size, both ascending; two sizes of each width or
/// more.
struct MemoryTable {
    std::vector<MemoryFigures> rows;
    Figure area;         ///< factors on the areas of the rows
    std::string source;  ///< of whatever row has none of its own
};

/// Areas of logic. Ratios are to the arithmetic of a PE with one 16-bit lane.
struct Areas {
    Figure gate;                 ///< a gate equivalent, a NAND2 [um2]
    Figure pe_sixteen_bit;       ///< one 16-bit lane [gates]
    Figure four_bit_lanes;       ///< four 4-bit lanes [ratio]
    Figure eight_bit_lane;       ///< one 8-bit lane [ratio]
    Figure thirty_two_bit_lane;  ///< one 32-bit lane [ratio]
    Figure register_bit;         ///< [gates]
    Figure scaling_unit_lane;    ///< [gates]
    Figure vector_unit_lane;     ///< [gates]
    Figure ring_stop_byte;       ///< of a core's stop, per byte that it passes on in a cycle [um2]
};

/// A figure that nobody publishes, by name, and why it is taken to be what it is.
struct Assumption {
    std::string name;
    Figure figure;
};

/// What events, time and silicon cost in one process.
struct Technology {
    std::string name;
    std::string description;
    double nanometres = 0;
    std::vector<EventEnergy> events;
    MemoryTable memories;
    Areas areas;
    std::vector<Assumption> assumptions;  ///< in file order

    /// Throws std::invalid_argument when there is no assumption of that name.
    const Figure& assumption(std::string_view name) const;
};

}  // namespace quatrain::config
