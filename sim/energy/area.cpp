// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/area.hpp"

#include "sim/energy/energy.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::energy {
namespace {

using config::Band;

Band operator*(const Band& a, const Band& b) {
    return {a.low * b.low, a.value * b.value, a.high * b.high};
}
Band operator*(double factor, const Band& band) {
    return {factor * band.low, factor * band.value, factor * band.high};
}
Band operator+(const Band& a, const Band& b) {
    return {a.low + b.low, a.value + b.value, a.high + b.high};
}
Band larger(const Band& a, const Band& b) {
    return {std::max(a.low, b.low), std::max(a.value, b.value), std::max(a.high, b.high)};
}

struct Mode {
    bool is_used;
    std::int64_t lanes;
    std::int64_t operand_bits;  ///< of a lane
    const char* name;
};

std::array<Mode, 4> modes_of(const mac_array::Params& params, const Modes& modes) {
    const std::array<Mode, 4> all{{{modes.four_bit, params.lanes_4bit, 4, "4-bit"},
                                   {modes.eight_bit, params.lanes_8bit, 8, "8-bit"},
                                   {modes.sixteen_bit, params.lanes_16bit, 16, "16-bit"},
                                   {modes.thirty_two_bit, params.lanes_32bit, 32, "32-bit"}}};
    for (const Mode& mode : all) {
        if (mode.is_used && mode.lanes < 1)
            throw std::invalid_argument(
                fmt::format("area of a PE: its {} mode has no lanes", mode.name));
    }
    return all;
}

// Silicon that a gate takes, the room between cells included [um2].
Band gate_area(const config::Technology& technology) {
    const Band& cell = technology.areas.gate.band;
    const Band& used = technology.assumption("cell_utilisation").band;
    return {cell.low / used.high, cell.value / used.value, cell.high / used.low};
}

// The most uncertain of the two.
config::Evidence weaker(config::Evidence a, config::Evidence b) {
    return std::max(a, b);
}

void add_memories(const config::Technology& technology, const config::Architecture& architecture,
                  AreaReport& report) {
    const buffer::Params& buffers = architecture.buffers;
    const auto add = [&](const char* unit, std::int64_t bytes, std::int64_t port_bits,
                         std::int64_t count) {
        if (bytes == 0) return;
        const config::MemoryTable& table = technology.memories;
        report.rows.push_back(
            {.unit = unit,
             .count = count,
             .each = 1e6 * memory_cost(technology, bytes, port_bits).square_millimetres,
             .is_memory = true,
             .evidence = table.area.evidence,
             .source = table.area.source});
    };
    const std::int64_t port = 8 * buffers.word_bytes;
    add("moving buffer", buffers.moving_bytes, port, architecture.cores);
    add("stationary buffer", buffers.stationary_bytes, port, architecture.cores);
    add("accumulator buffer", buffers.accumulator_bytes, port, architecture.cores);
    add("vector buffer", buffers.vector_bytes, port, architecture.cores);
    add("scalar buffer", buffers.scalar_bytes, port, architecture.cores);
    add("scratchpad", architecture.scratchpad.bytes, 8 * architecture.scratchpad.bytes_per_cycle,
        1);
}

void add_logic(const config::Technology& technology, const config::Architecture& architecture,
               AreaReport& report) {
    const config::Areas& areas = technology.areas;
    const mac_array::Params& array = architecture.array;
    const Modes modes = built_modes(array);
    const std::int64_t cores = architecture.cores, pes = cores * array.rows * array.cols;
    // More lanes than PEs stand for work that takes no time, not for silicon.
    const auto lanes = [&](std::int64_t of_core) {
        return cores * std::min(of_core, array.rows * array.cols);
    };
    const auto add = [&](const char* unit, std::int64_t count, const Band& each,
                         const config::Figure& figure) {
        report.rows.push_back({.unit = unit,
                               .count = count,
                               .each = each,
                               .evidence = weaker(figure.evidence, areas.gate.evidence),
                               .source = figure.source});
    };
    add("PE arithmetic", pes, pe_area(technology, array, modes), areas.pe_sixteen_bit);
    add("PE registers", pes, pe_register_area(technology, array, modes), areas.register_bit);
    const Band gate = gate_area(technology);
    add("scaling unit lane", lanes(architecture.scaling_unit.lanes),
        gate * areas.scaling_unit_lane.band, areas.scaling_unit_lane);
    add("vector unit lane", lanes(architecture.vector_unit.lanes),
        gate * areas.vector_unit_lane.band, areas.vector_unit_lane);
    if (cores > 1)
        add("ring stop", cores + 1,
            static_cast<double>(architecture.ring.bytes_per_cycle) * areas.ring_stop_byte.band,
            areas.ring_stop_byte);
}

Band sum(const AreaReport& report, bool memories) {
    Band total;
    for (const AreaRow& row : report.rows) {
        if (memories || !row.is_memory)
            total = total + 1e-6 * static_cast<double>(row.count) * row.each;
    }
    return total;
}

}  // namespace

Modes built_modes(const mac_array::Params& params) {
    return {.four_bit = params.lanes_4bit > 0,
            .eight_bit = params.lanes_8bit > 0,
            .sixteen_bit = params.lanes_16bit > 0,
            .thirty_two_bit = params.lanes_32bit > 0};
}

Band relative_pe_area(const config::Technology& technology, const mac_array::Params& params,
                      const Modes& modes) {
    const config::Areas& areas = technology.areas;
    const auto [four, eight, sixteen, thirty_two] = modes_of(params, modes);
    const auto of_lanes = [](const Mode& mode, const Band& lane) {
        return mode.is_used ? static_cast<double>(mode.lanes) * lane : Band{};
    };
    const Band fixed = of_lanes(four, 0.25 * areas.four_bit_lanes.band);
    const Band floating = larger(of_lanes(sixteen, {1, 1, 1}),
                                 larger(of_lanes(eight, areas.eight_bit_lane.band),
                                        of_lanes(thirty_two, areas.thirty_two_bit_lane.band)));
    return fixed + floating;
}

Band pe_area(const config::Technology& technology, const mac_array::Params& params,
             const Modes& modes) {
    return gate_area(technology) * technology.areas.pe_sixteen_bit.band *
           relative_pe_area(technology, params, modes);
}

Band pe_register_area(const config::Technology& technology, const mac_array::Params& params,
                      const Modes& modes) {
    std::int64_t operand = 0;
    for (const Mode& mode : modes_of(params, modes)) {
        if (mode.is_used) operand = std::max(operand, mode.lanes * mode.operand_bits);
    }
    const std::int64_t stationary = params.double_stationary ? 2 : 1;
    const std::int64_t result = params.double_result ? 2 : 1;
    const std::int64_t bits =
        (1 + stationary) * operand + result * mac_array::accumulator_bits(params.accumulator);
    return static_cast<double>(bits) * (gate_area(technology) * technology.areas.register_bit.band);
}

Band AreaReport::square_millimetres() const {
    return sum(*this, true);
}

Band AreaReport::logic_square_millimetres() const {
    return sum(*this, false);
}

AreaReport area(const config::Technology& technology, const config::Architecture& architecture) {
    AreaReport report;
    add_logic(technology, architecture, report);
    add_memories(technology, architecture, report);
    report.left_out = {"operand streamer", "DMA engines", "sequencer",
                       "DRAM controllers and their "
                       "interfaces",
                       "wires and their repeaters"};
    return report;
}

}  // namespace quatrain::energy
