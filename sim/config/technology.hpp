// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::config {

/// How a figure was come by: printed somewhere that can be cited, or computed from such figures.
enum class Evidence : std::uint8_t { published, derived };

/// Energy of one occurrence of an event.
struct EventEnergy {
    Event event{};
    std::string variant;       ///< accumulator_adds: the accumulator format; else empty
    double picojoules = 0;     ///< [pJ per unit of the event]
    double low = 0, high = 0;  ///< band in which the true value is believed to lie [pJ]
    Evidence evidence = Evidence::derived;
    std::string source;
};

/// One size of on-chip memory. Sizes between two entries are interpolated on logarithmic scales.
struct MemoryEnergy {
    std::int64_t bytes = 0;
    double read_picojoules_per_bit = 0;
    double write_picojoules_per_bit = 0;
    double leakage_milliwatts = 0;  ///< of the whole array
    double low = 0, high = 0;       ///< factors on the energies that span the band
    Evidence evidence = Evidence::derived;
    std::string source;
};

/// What events cost in one process. Leakage is that of the memories; there is no citable figure for
/// logic.
struct Technology {
    std::string name;
    std::string description;
    double nanometres = 0;
    std::vector<EventEnergy> events;
    std::vector<MemoryEnergy> memories;  ///< ascending by size
};

}  // namespace quatrain::config
