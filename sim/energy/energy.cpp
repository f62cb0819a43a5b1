// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy.hpp"

#include "sim/config/energy_events.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/describe.hpp>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>

namespace quatrain::energy {
namespace {

// The component that pays for an event; none for times and faults, which cost nothing.
std::optional<Component> component_of(Event event) {
    using enum Event;
    switch (event) {
        case macs_uint4_int4:
        case macs_int4_fp4:
        case macs_sixteen_bit:
        case zero_macs_uint4_int4:
        case zero_macs_int4_fp4:
        case zero_macs_sixteen_bit:
        case accumulator_adds:
        case stationary_register_bits:
        case result_register_bits:
            return Component::mac_array;
        case moving_read_bits:
        case moving_write_bits:
        case stationary_read_bits:
        case stationary_write_bits:
        case accumulator_read_bits:
        case accumulator_write_bits:
        case vector_read_bits:
        case vector_write_bits:
        case scalar_read_bits:
        case scalar_write_bits:
        case scratchpad_read_bits:
        case scratchpad_write_bits:
            return Component::buffers;
        case scaling_unit_elements:
            return Component::scaling_unit;
        case vector_unit_adds:
        case vector_unit_multiplies:
        case vector_unit_special:
            return Component::vector_unit;
        case dma_bits:
        case instructions:
            return Component::dma;
        case ring_bit_hops:
            return Component::noc;
        case dram_read_bits:
        case dram_write_bits:
            return Component::dram;
        default:
            return std::nullopt;
    }
}

struct Memory {
    Event read, write;
    std::int64_t bytes;
};

std::array<Memory, 5> memories_of(const buffer::Params& buffers) {
    using enum Event;
    return {{{moving_read_bits, moving_write_bits, buffers.moving_bytes},
             {stationary_read_bits, stationary_write_bits, buffers.stationary_bytes},
             {accumulator_read_bits, accumulator_write_bits, buffers.accumulator_bytes},
             {vector_read_bits, vector_write_bits, buffers.vector_bytes},
             {scalar_read_bits, scalar_write_bits, buffers.scalar_bytes}}};
}

double logarithmic(double x, double x0, double x1, double y0, double y1) {
    const double weight = std::log(x / x0) / std::log(x1 / x0);
    return y0 * std::pow(y1 / y0, weight);
}

const config::EventEnergy& find(const config::Technology& technology, Event event,
                                const std::string& variant) {
    for (const config::EventEnergy& entry : technology.events) {
        if (entry.event == event && entry.variant == variant) return entry;
    }
    throw std::invalid_argument(fmt::format("technology {}: no energy for event {} {}",
                                            technology.name, event_info(event).name, variant));
}

}  // namespace

std::string_view name(Component component) {
    static constexpr std::array<std::string_view, component_count> names{
        "mac_array", "scaling_unit", "vector_unit", "buffers", "dma", "noc", "dram", "leakage"};
    return names[static_cast<std::size_t>(component)];
}

double Breakdown::total() const {
    return std::accumulate(values_.begin(), values_.end(), 0.0);
}

Breakdown& Breakdown::operator+=(const Breakdown& other) {
    for (std::size_t i = 0; i < component_count; ++i) values_[i] += other.values_[i];
    return *this;
}

config::MemoryEnergy memory_energy(const config::Technology& technology, std::int64_t bytes) {
    const auto& sizes = technology.memories;
    if (sizes.size() < 2) {
        throw std::invalid_argument(
            fmt::format("technology {}: needs two memory sizes or more", technology.name));
    }
    // The segment that holds `bytes`, or the outermost one.
    std::size_t upper = 1;
    while (upper + 1 < sizes.size() && sizes[upper].bytes < bytes) ++upper;
    const config::MemoryEnergy& a = sizes[upper - 1];
    const config::MemoryEnergy& b = sizes[upper];
    const auto at = [&](double config::MemoryEnergy::*field) {
        return logarithmic(static_cast<double>(bytes), static_cast<double>(a.bytes),
                           static_cast<double>(b.bytes), a.*field, b.*field);
    };
    config::MemoryEnergy result = a;
    result.bytes = bytes;
    result.read_picojoules_per_bit = at(&config::MemoryEnergy::read_picojoules_per_bit);
    result.write_picojoules_per_bit = at(&config::MemoryEnergy::write_picojoules_per_bit);
    result.leakage_milliwatts = at(&config::MemoryEnergy::leakage_milliwatts);
    return result;
}

DramCosts dram_costs(const config::Architecture& architecture,
                     std::span<const dram::ChannelStatistics> channels, const EventCounts& total,
                     std::uint64_t cycles) {
    dram::ChannelStatistics sum;
    for (const dram::ChannelStatistics& one : channels) sum += one;
    const dram::DramEnergy spent = dram::energy(architecture.memory.energies, sum);
    const auto share = [](double energy, std::uint64_t units) {
        return units == 0 ? 0.0 : energy / static_cast<double>(units);
    };
    const std::uint64_t reads = total[Event::dram_read_bits],
                        writes = total[Event::dram_write_bits];
    const double activate_bit = share(spent.activate, reads + writes);
    return {.read_bit = share(spent.read, reads) + activate_bit,
            .write_bit = share(spent.write, writes) + activate_bit,
            .cycle = share(spent.background + spent.refresh, cycles)};
}

DramCosts dram_costs(const config::Architecture& architecture) {
    const dram::Energies& energies = architecture.memory.energies;
    const dram::Organisation& organisation = architecture.memory.organisation;
    const auto burst_bits = static_cast<double>(8 * organisation.burst_bytes());
    const double activate_bit = energies.activate / static_cast<double>(8 * organisation.row_bytes);
    return {.read_bit = energies.read / burst_bits + activate_bit,
            .write_bit = energies.write / burst_bits + activate_bit,
            .cycle = 0};
}

Model::Model(const config::Technology& technology, const config::Architecture& architecture,
             const DramCosts& dram)
    : dram_per_cycle_(dram.cycle) {
    const auto set = [this](Event event, double value) {
        picojoules_[static_cast<std::size_t>(event)] = value;
    };
    const std::string accumulator(
        boost::describe::enum_to_string(architecture.array.accumulator, "?"));
    for (const Event event : config::charged_events()) {
        const std::string variant = event == Event::accumulator_adds ? accumulator : "";
        set(event, find(technology, event, variant).picojoules);
    }
    // A gated MAC is counted among its kind's MACs too: here it costs the difference.
    using enum Event;
    for (const auto& [gated, all] : {std::pair{zero_macs_uint4_int4, macs_uint4_int4},
                                     std::pair{zero_macs_int4_fp4, macs_int4_fp4},
                                     std::pair{zero_macs_sixteen_bit, macs_sixteen_bit}}) {
        set(gated, picojoules(gated) - picojoules(all));
    }
    const auto set_memory = [&](const Memory& memory) {
        const config::MemoryEnergy cost = memory_energy(technology, memory.bytes);
        set(memory.read, cost.read_picojoules_per_bit);
        set(memory.write, cost.write_picojoules_per_bit);
        return cost.leakage_milliwatts;
    };
    double leakage_milliwatts = 0;
    for (const Memory& memory : memories_of(architecture.buffers))
        leakage_milliwatts += set_memory(memory);
    leakage_milliwatts *= static_cast<double>(architecture.cores);
    if (const std::int64_t bytes = architecture.scratchpad.bytes; bytes > 0)
        leakage_milliwatts += set_memory({scratchpad_read_bits, scratchpad_write_bits, bytes});
    set(dram_read_bits, dram.read_bit);
    set(dram_write_bits, dram.write_bit);
    // 1 mW over 1 ps is 1e-3 pJ.
    leakage_per_cycle_ =
        leakage_milliwatts * 1e-3 * static_cast<double>(architecture.clock_period_ps);
}

Breakdown Model::account(const EventCounts& counts, std::uint64_t cycles) const {
    Breakdown breakdown;
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        if (const std::optional<Component> component = component_of(event)) {
            breakdown[*component] += static_cast<double>(counts[event]) * picojoules(event);
        }
    }
    breakdown[Component::dram] += dram_per_cycle_ * static_cast<double>(cycles);
    breakdown[Component::leakage] = leakage_per_cycle_ * static_cast<double>(cycles);
    return breakdown;
}

}  // namespace quatrain::energy
