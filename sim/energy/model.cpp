// SPDX-License-Identifier: Apache-2.0
#include "sim/config/energy_events.hpp"
#include "sim/energy/area.hpp"
#include "sim/energy/energy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <boost/describe.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace quatrain::energy {
namespace {

// A count of 64 bits times a cost of 64 bits, summed over all events, exactly.
__extension__ using Wide = __int128;

constexpr double zeptojoules_per_picojoule = 1e9;
constexpr std::int64_t zeptojoules_per_femtojoule = 1'000'000;

std::int64_t to_zeptojoules(double picojoules) {
    return std::llround(picojoules * zeptojoules_per_picojoule);
}

// To the nearest, ties away from zero.
std::int64_t to_femtojoules(Wide zeptojoules) {
    const Wide half =
        zeptojoules < 0 ? -zeptojoules_per_femtojoule / 2 : zeptojoules_per_femtojoule / 2;
    const Wide rounded = (zeptojoules + half) / zeptojoules_per_femtojoule;
    if (rounded > std::numeric_limits<std::int64_t>::max())
        throw std::overflow_error("energy is beyond 9.2 kJ: not counted exactly");
    return static_cast<std::int64_t>(rounded);
}

double at(const config::Band& band, Bound bound) {
    switch (bound) {
        case Bound::low:
            return band.low;
        case Bound::value:
            return band.value;
        case Bound::high:
            return band.high;
    }
    return band.value;
}

// The figures of the machine itself, beside those of its events.
constexpr auto sram_energy = "sram_energy", sram_leakage = "sram_leakage",
               logic_leakage = "logic_leakage", clock_energy = "clock_energy",
               logic_area = "logic_area", dram_energy = "dram_energy";

std::string variant_of(Event event, const config::Architecture& architecture) {
    if (event != Event::accumulator_adds) return "";
    return boost::describe::enum_to_string(architecture.array.accumulator, "?");
}

const config::EventEnergy& find(const config::Technology& technology, Event event,
                                const std::string& variant) {
    for (const config::EventEnergy& entry : technology.events) {
        if (entry.event == event && entry.variant == variant) return entry;
    }
    throw std::invalid_argument(fmt::format("technology {}: no energy for event {} {}",
                                            technology.name, event_info(event).name, variant));
}

struct Memory {
    Event read, write;
    std::int64_t bytes, port_bits, count;
};

std::vector<Memory> memories_of(const config::Architecture& architecture) {
    using enum Event;
    const buffer::Params& buffers = architecture.buffers;
    const std::int64_t cores = architecture.cores, port = 8 * buffers.word_bytes;
    std::vector<Memory> all{
        {moving_read_bits, moving_write_bits, buffers.moving_bytes, port, cores},
        {stationary_read_bits, stationary_write_bits, buffers.stationary_bytes, port, cores},
        {accumulator_read_bits, accumulator_write_bits, buffers.accumulator_bytes, port, cores},
        {vector_read_bits, vector_write_bits, buffers.vector_bytes, port, cores},
        {scalar_read_bits, scalar_write_bits, buffers.scalar_bytes, port, cores}};
    if (const scratchpad::Params& scratchpad = architecture.scratchpad; scratchpad.bytes > 0)
        all.push_back({scratchpad_read_bits, scratchpad_write_bits, scratchpad.bytes,
                       8 * scratchpad.bytes_per_cycle, 1});
    return all;
}

/// Figures by name, each where the setting has it.
class Figures {
public:
    explicit Figures(const Setting& setting) : setting_(setting) {}

    double operator()(std::string_view name, const config::Band& band) const {
        return at(band, name == setting_.figure ? setting_.its_own : setting_.every);
    }

private:
    const Setting& setting_;
};

using EventCosts = std::array<std::int64_t, event_count>;  // [zJ]

void set(EventCosts& costs, Event event, double picojoules) {
    costs[static_cast<std::size_t>(event)] = to_zeptojoules(picojoules);
}

void set_events(EventCosts& costs, const config::Technology& technology,
                const config::Architecture& architecture, const Figures& figure) {
    for (const Event event : config::charged_events()) {
        const config::EventEnergy& entry = find(technology, event, variant_of(event, architecture));
        set(costs, event, figure(name(entry), entry.figure.band));
    }
    // A gated MAC is counted among its kind's MACs too: here it costs the difference.
    using enum Event;
    for (const auto& [gated, all] : {std::pair{zero_macs_uint4_int4, macs_uint4_int4},
                                     std::pair{zero_macs_int4_fp4, macs_int4_fp4},
                                     std::pair{zero_macs_eight_bit, macs_eight_bit},
                                     std::pair{zero_macs_sixteen_bit, macs_sixteen_bit},
                                     std::pair{zero_macs_thirty_two_bit, macs_thirty_two_bit}})
        costs[static_cast<std::size_t>(gated)] -= costs[static_cast<std::size_t>(all)];
}

// Gives the leakage of all memories [mW].
double set_memories(EventCosts& costs, const config::Technology& technology,
                    const config::Architecture& architecture, const Figures& figure) {
    double leakage_milliwatts = 0;
    for (const Memory& memory : memories_of(architecture)) {
        const MemoryCost cost = memory_cost(technology, memory.bytes, memory.port_bits);
        set(costs, memory.read, figure(sram_energy, cost.read));
        set(costs, memory.write, figure(sram_energy, cost.write));
        leakage_milliwatts +=
            static_cast<double>(memory.count) * figure(sram_leakage, cost.leakage_milliwatts);
    }
    return leakage_milliwatts;
}

void require_figure(const std::string& figure, const config::Technology& technology,
                    const config::Architecture& architecture) {
    const std::vector<std::string> names = figure_names(technology, architecture);
    if (std::ranges::find(names, figure) == names.end())
        throw std::invalid_argument(
            fmt::format("figure {}: must be one of {}", figure, fmt::join(names, ", ")));
}

}  // namespace

std::vector<std::string> figure_names(const config::Technology& technology,
                                      const config::Architecture& architecture) {
    std::vector<std::string> names;
    for (const Event event : config::charged_events())
        names.push_back(name(find(technology, event, variant_of(event, architecture))));
    names.insert(names.end(),
                 {sram_energy, sram_leakage, logic_leakage, clock_energy, logic_area, dram_energy});
    return names;
}

Model::Model(const config::Technology& technology, const config::Architecture& architecture,
             const DramCosts& dram, const Setting& setting) {
    if (!setting.figure.empty()) require_figure(setting.figure, technology, architecture);
    const Figures figure(setting);
    set_events(zeptojoules_, technology, architecture, figure);
    double leakage_milliwatts = set_memories(zeptojoules_, technology, architecture, figure);
    const double logic =
        figure(logic_area, area(technology, architecture).logic_square_millimetres());
    leakage_milliwatts += logic * figure(logic_leakage, technology.assumption(logic_leakage).band);
    const dram::Energies& energies = architecture.memory.energies;
    const double scale = figure(dram_energy, {energies.low_factor, 1, energies.high_factor});
    set(zeptojoules_, Event::dram_read_bits, scale * dram.read_bit);
    set(zeptojoules_, Event::dram_write_bits, scale * dram.write_bit);

    const auto set_cycle = [this](Component component, double picojoules) {
        zeptojoules_per_cycle_[static_cast<std::size_t>(component)] = to_zeptojoules(picojoules);
    };
    set_cycle(Component::dram, scale * dram.cycle);
    // 1 mW over 1 ps is 1e-3 pJ.
    set_cycle(Component::leakage,
              leakage_milliwatts * 1e-3 * static_cast<double>(architecture.clock_period_ps));
    set_cycle(Component::clock,
              logic * figure(clock_energy, technology.assumption(clock_energy).band));
}

Breakdown Model::account(const EventCounts& counts, std::uint64_t cycles) const {
    std::array<Wide, component_count> sums{};
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        if (const std::optional<Component> component = payer(event))
            sums[static_cast<std::size_t>(*component)] += Wide{counts[event]} * zeptojoules_[i];
    }
    Breakdown breakdown;
    for (std::size_t i = 0; i < component_count; ++i) {
        sums[i] += Wide{cycles} * zeptojoules_per_cycle_[i];
        breakdown[static_cast<Component>(i)] = to_femtojoules(sums[i]);
    }
    return breakdown;
}

std::vector<Sensitivity> sensitivity(const config::Technology& technology,
                                     const config::Architecture& architecture,
                                     const DramCosts& dram, const EventCounts& counts,
                                     std::uint64_t cycles) {
    std::vector<Sensitivity> all;
    for (const std::string& figure : figure_names(technology, architecture)) {
        const auto total = [&](Bound bound) {
            const Setting setting{.figure = figure, .its_own = bound};
            return Model(technology, architecture, dram, setting).account(counts, cycles).total();
        };
        all.push_back({figure, total(Bound::low), total(Bound::high)});
    }
    std::ranges::stable_sort(all, std::ranges::greater{}, &Sensitivity::span);
    return all;
}

}  // namespace quatrain::energy
