// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/dram/statistics.hpp"
#include "sim/config/architecture.hpp"
#include "sim/config/technology.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
    leakage,
    clock
};
inline constexpr std::size_t component_count = static_cast<std::size_t>(Component::clock) + 1;
std::string_view name(Component component);

/// The component that pays for an event; none for those that cost nothing: times, faults, and
/// dram_bursts, whose commands are charged with their bits.
std::optional<Component> payer(Event event);

/// Energy by component [fJ]. Integers: parts add up to their whole exactly, whatever the order.
class Breakdown {
public:
    std::int64_t& operator[](Component component) {
        return values_[static_cast<std::size_t>(component)];
    }
    std::int64_t operator[](Component component) const {
        return values_[static_cast<std::size_t>(component)];
    }
    /// Throws std::overflow_error beyond 9.2 kJ, as `+=` does.
    std::int64_t total() const;
    Breakdown& operator+=(const Breakdown& other);
    bool operator==(const Breakdown&) const = default;

private:
    std::array<std::int64_t, component_count> values_{};
};

/// Nearest double; exact below 2^53 fJ.
inline double picojoules(std::int64_t femtojoules) {
    return static_cast<double>(femtojoules) / 1000;
}

/// The same energy with every figure at its low, as it is believed, and with every figure at its
/// high: bands are taken to move together, so that the low of a sum is the sum of the lows.
struct EnergyBand {
    Breakdown low, value, high;
    EnergyBand& operator+=(const EnergyBand& other);
    bool operator==(const EnergyBand&) const = default;
};

/// The energy per bit and the leakage of a memory of this size and port.
struct MemoryCost {
    config::Band read, write;         ///< [pJ per bit]
    config::Band leakage_milliwatts;  ///< of the whole
    config::Band square_millimetres;
};
/// Between two sizes of a port of the technology's table, or beyond the outermost two, on the
/// straight line through them on logarithmic scales; between two widths of the port likewise. A
/// port narrower or wider than any of the table costs per bit what the nearest does.
MemoryCost memory_cost(const config::Technology& technology, std::int64_t bytes,
                       std::int64_t port_bits);

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

enum class Bound : std::uint8_t { low, value, high };

/// Where in its band every figure stands: all at `every`, but the one named `figure` at `its_own`.
struct Setting {
    Bound every = Bound::value;
    std::string figure{};  ///< empty: none
    Bound its_own = Bound::value;
};

/// The names of the figures that a total depends on: those of the events ("macs_int4_fp4",
/// "accumulator_adds.dlfloat16"), sram_energy, sram_leakage, logic_leakage, clock_energy,
/// logic_area, dram_energy.
std::vector<std::string> figure_names(const config::Technology& technology,
                                      const config::Architecture& architecture);

/// The energy model of one machine in one technology: every event's cost, looked up once.
class Model {
public:
    /// Throws std::invalid_argument when the technology lacks an event that costs energy, or
    /// `setting` names a figure that there is not.
    Model(const config::Technology& technology, const config::Architecture& architecture,
          const DramCosts& dram, const Setting& setting = {});

    /// Energy of the counted events, those of all cores together, and of leakage and clock of all
    /// cores and the scratchpad and the DRAM's background over `cycles` core cycles. Every
    /// component is rounded to a femtojoule once. Throws std::overflow_error beyond 9.2 kJ.
    Breakdown account(const EventCounts& counts, std::uint64_t cycles) const;

    /// What one event costs; of a gated MAC: besides what it costs as a MAC of its kind, so below
    /// zero [pJ].
    double picojoules(Event event) const {
        return static_cast<double>(zeptojoules_[static_cast<std::size_t>(event)]) * 1e-9;
    }

private:
    std::array<std::int64_t, event_count> zeptojoules_{};
    std::array<std::int64_t, component_count> zeptojoules_per_cycle_{};
};

/// The model at the three bounds.
class BandModel {
public:
    BandModel(const config::Technology& technology, const config::Architecture& architecture,
              const DramCosts& dram);
    EnergyBand account(const EventCounts& counts, std::uint64_t cycles) const;

private:
    Model low_, value_, high_;
};

/// What one figure does to a total: it alone at its low and at its high, all others as believed.
struct Sensitivity {
    std::string figure;
    std::int64_t low = 0, high = 0;  ///< total [fJ]
    std::int64_t span() const { return high - low; }
};
/// Of every figure, the widest span first; equal ones in the order of figure_names.
std::vector<Sensitivity> sensitivity(const config::Technology& technology,
                                     const config::Architecture& architecture,
                                     const DramCosts& dram, const EventCounts& counts,
                                     std::uint64_t cycles);

}  // namespace quatrain::energy
