// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace quatrain::energy {

/// Where energy goes; the names and the order of the report.
enum class Component : std::uint8_t {
    mac_array,
    scaling_unit,
    vector_unit,
    buffers,
    dma,
    noc,
    dram,
    leakage
};
inline constexpr std::size_t component_count = static_cast<std::size_t>(Component::leakage) + 1;
std::string_view name(Component component);

/// Energy by component [pJ].
class Breakdown {
public:
    double& operator[](Component component) { return values_[static_cast<std::size_t>(component)]; }
    double operator[](Component component) const {
        return values_[static_cast<std::size_t>(component)];
    }
    double total() const;
    Breakdown& operator+=(const Breakdown& other);

private:
    std::array<double, component_count> values_{};
};

/// The energies of a memory of this size: between two sizes of the technology, or beyond the
/// outermost two, on the straight line through them on logarithmic scales.
config::MemoryEnergy memory_energy(const config::Technology& technology, std::int64_t bytes);

/// The energy model of one machine in one technology: every event's cost, looked up once.
class Model {
public:
    /// Throws std::invalid_argument when the technology lacks an event that costs energy.
    Model(const config::Technology& technology, const config::Architecture& architecture);

    /// Energy of the counted events and of leakage over `cycles` core cycles. Linear in both, so
    /// the energies of operators that partition a run add up to that of the run.
    Breakdown account(const EventCounts& counts, std::uint64_t cycles) const;

    /// Cost of one occurrence [pJ]; for a gated MAC, which is counted as a MAC too, the difference;
    /// 0 for events that cost nothing (times, faults).
    double picojoules(Event event) const { return picojoules_[static_cast<std::size_t>(event)]; }

private:
    std::array<double, event_count> picojoules_{};
    double leakage_per_cycle_ = 0;  ///< of the whole core [pJ per cycle]
};

}  // namespace quatrain::energy
