// SPDX-License-Identifier: Apache-2.0
#include "sim/report/descriptions.hpp"
#include "sim/report/figures.hpp"

#include <fmt/format.h>
#include <cmath>

namespace quatrain::report {
namespace {

Cell four_digits(double value) {
    return {fmt::format("{:.4g}", value), value};
}

void add(Table& table, std::string name, const config::Figure& figure) {
    table.add({std::move(name), four_digits(figure.band.value), four_digits(figure.band.low),
               four_digits(figure.band.high), figure.unit,
               std::string(config::name(figure.evidence)), figure.source});
}

void add_memories(Table& table, const config::MemoryTable& memories) {
    for (const config::MemoryFigures& memory : memories.rows) {
        const std::string label =
            fmt::format("{} bytes, port of {} bits",
                        grouped(static_cast<std::uint64_t>(memory.bytes)), memory.port_bits);
        const auto bits = static_cast<double>(memory.port_bits);
        for (const auto& [access, picojoules] : {std::pair{"read", memory.read_picojoules},
                                                 std::pair{"write", memory.write_picojoules}}) {
            const double bit = picojoules / bits;
            add(table, fmt::format("{}: {}", label, access),
                {{bit * memory.low, bit, bit * memory.high},
                 "pJ/bit",
                 memory.evidence,
                 memory.source});
        }
        const double low = memory.leakage_low_milliwatts, high = memory.leakage_high_milliwatts;
        add(table, label + ": leakage",
            {{low, std::sqrt(low * high), high}, "mW", memory.evidence, memory.source});
        const double area = memory.square_millimetres;
        const config::Band& factor = memories.area.band;
        add(table, label + ": area",
            {{area * factor.low, area * factor.value, area * factor.high},
             "mm2",
             memories.area.evidence,
             memories.area.source});
    }
}

}  // namespace

Table technology_table(const config::Technology& technology) {
    Table table({{"figure", Align::left},
                 {"value"},
                 {"low"},
                 {"high"},
                 {"unit", Align::left},
                 {"evidence", Align::left},
                 {"source", Align::left}});
    for (const config::EventEnergy& entry : technology.events)
        add(table, config::name(entry), entry.figure);
    table.rule();
    add_memories(table, technology.memories);
    table.rule();
    const config::Areas& areas = technology.areas;
    add(table, "gate", areas.gate);
    add(table, "PE, one 16-bit lane", areas.pe_sixteen_bit);
    add(table, "PE, four 4-bit lanes", areas.four_bit_lanes);
    add(table, "PE, one 8-bit lane", areas.eight_bit_lane);
    add(table, "PE, one 32-bit lane", areas.thirty_two_bit_lane);
    add(table, "bit of a register", areas.register_bit);
    add(table, "lane of the scaling units", areas.scaling_unit_lane);
    add(table, "lane of the vector unit", areas.vector_unit_lane);
    add(table, "ring stop, byte per cycle", areas.ring_stop_byte);
    table.rule();
    for (const config::Assumption& assumption : technology.assumptions)
        add(table, "assumption: " + assumption.name, assumption.figure);
    return table;
}

}  // namespace quatrain::report
