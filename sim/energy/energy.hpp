// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/dram/statistics.hpp"
#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"

#include <array>
#include <cstdint>
#include <span>
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

/// What the DRAM costs per unit of what operators are charged with.
struct DramCosts {
    double read_bit = 0, write_bit = 0;  ///< [pJ per bit that an operator asked for]
    double cycle = 0;                    ///< background and refresh [pJ per core cycle]
};

/// Spreads the energy of the DRAM's commands over the operators of a run: reads and writes over the
/// bits that were read and written, activates over both alike, background and refresh over the
/// cycles; so a DRAM burst that is fetched for a few of its bytes makes all bits dearer. `total`:
/// events of the run, of `cycles` core cycles.
DramCosts dram_costs(const config::Architecture& architecture,
                     std::span<const dram::ChannelStatistics> channels, const EventCounts& total,
                     std::uint64_t cycles);
/// Without a count of commands (an ideal DRAM, or no clock): whole bursts, one activate for every
/// row of bits, neither background nor refresh.
DramCosts dram_costs(const config::Architecture& architecture);

/// The energy model of one machine in one technology: every event's cost, looked up once.
class Model {
public:
    /// Throws std::invalid_argument when the technology lacks an event that costs energy.
    Model(const config::Technology& technology, const config::Architecture& architecture,
          const DramCosts& dram);

    /// Energy of the counted events, those of all cores together, and of the leakage of all cores
    /// and the scratchpad and the DRAM's background over `cycles` core cycles. Linear in both, so
    /// the energies of operators that partition a run add up to that of the run.
    Breakdown account(const EventCounts& counts, std::uint64_t cycles) const;

    /// Cost of one occurrence [pJ]; for a gated MAC, which is counted as a MAC too, the difference;
    /// 0 for events that cost nothing (times, faults).
    double picojoules(Event event) const { return picojoules_[static_cast<std::size_t>(event)]; }

private:
    std::array<double, event_count> picojoules_{};
    double leakage_per_cycle_ = 0;  ///< of all cores and the scratchpad [pJ per cycle]
    double dram_per_cycle_ = 0;     ///< [pJ per cycle]
};

}  // namespace quatrain::energy
