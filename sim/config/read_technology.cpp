// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/timing.hpp"
#include "sim/config/energy_events.hpp"
#include "sim/config/error.hpp"
#include "sim/config/reader.hpp"
#include "sim/config/strict_yaml.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <stdexcept>
#include <utility>

namespace quatrain::config {
namespace {

// No single event costs a microjoule: a larger figure is a unit mistaken.
constexpr double most_picojoules = 1e6;
constexpr double most = 1e9;  // of whatever has no limit of its own

Evidence read_evidence(StrictMap& map) {
    const std::string text = map.text("evidence");
    for (const Evidence evidence : {Evidence::published, Evidence::derived, Evidence::assumed})
        if (text == name(evidence)) return evidence;
    map.reject("evidence", "must be one of published, derived, assumed");
}

Band read_band(StrictMap& map, double maximum) {
    Band band;
    band.value = map.number("value", 0, maximum);
    band.low = map.number("low", 0, band.value);
    band.high = map.number("high", band.value, maximum);
    return band;
}

Figure read_figure(StrictMap map, const std::string& unit, double maximum = most) {
    Figure figure;
    figure.band = read_band(map, maximum);
    figure.unit = map.text("unit");
    if (figure.unit != unit) map.reject("unit", "must be " + unit);
    figure.evidence = read_evidence(map);
    figure.source = map.text("source");
    map.finish();
    return figure;
}

Figure read_energy(StrictMap map) {
    return read_figure(std::move(map), "pJ", most_picojoules);
}

// The adder behind a column is that of the accumulator's format: one figure for each.
void read_accumulators(StrictMap map, std::vector<EventEnergy>& all) {
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<mac_array::Accumulator>>(
        [&](auto accumulator) {
            all.push_back({Event::accumulator_adds, accumulator.name,
                           read_energy(map.map(accumulator.name))});
        });
    map.finish();
}

std::vector<EventEnergy> read_events(StrictMap map) {
    std::vector<EventEnergy> all;
    for (const Event event : charged_events()) {
        const std::string key(event_info(event).name);
        if (event == Event::accumulator_adds) {
            read_accumulators(map.map(key), all);
        } else {
            all.push_back({event, "", read_energy(map.map(key))});
        }
    }
    map.finish();
    return all;
}

MemoryFigures read_memory(StrictMap& map, Evidence evidence, const std::string& source) {
    // Interpolated on logarithmic scales: nothing is zero.
    constexpr double least = 1e-12;
    MemoryFigures memory;
    memory.port_bits = map.integer("port_bits", 1, std::int64_t{1} << 20);
    memory.bytes = map.integer("bytes", 1, std::int64_t{1} << 40);
    memory.read_picojoules = map.number("read_pj", least, most_picojoules);
    memory.write_picojoules = map.number("write_pj", least, most_picojoules);
    memory.low = map.number("low_factor", least, 1);
    memory.high = map.number("high_factor", 1, most);
    memory.leakage_low_milliwatts = map.number("leakage_low_mw", least, most);
    memory.leakage_high_milliwatts =
        map.number("leakage_high_mw", memory.leakage_low_milliwatts, most);
    memory.square_millimetres = map.number("area_mm2", least, most);
    memory.evidence = map.has("evidence") ? read_evidence(map) : evidence;
    memory.source = map.text_or("source", source);
    map.finish();
    return memory;
}

MemoryTable read_memories(StrictMap section) {
    MemoryTable table;
    table.source = section.text("source");
    const Evidence evidence = read_evidence(section);
    table.area = read_figure(section.map("area_factor"), "ratio");
    std::size_t of_width = 0;
    for (StrictMap& map : section.list("rows")) {
        MemoryFigures memory = read_memory(map, evidence, table.source);
        const bool is_wider = table.rows.empty() || memory.port_bits > table.rows.back().port_bits;
        if (!is_wider && memory.port_bits < table.rows.back().port_bits)
            map.reject("port_bits", "must be at least that of the entry before");
        if (!is_wider && memory.bytes <= table.rows.back().bytes)
            map.reject("bytes", "must be larger than the entry before");
        if (is_wider && of_width == 1)
            map.reject("port_bits", "the width before must have two sizes or more");
        of_width = is_wider ? 1 : of_width + 1;
        table.rows.push_back(std::move(memory));
    }
    if (of_width < 2) section.reject("rows", "must hold two sizes or more of every width");
    section.finish();
    return table;
}

Areas read_areas(StrictMap map) {
    Areas areas;
    areas.gate = read_figure(map.map("gate"), "um2");
    areas.pe_sixteen_bit = read_figure(map.map("pe_sixteen_bit"), "gates");
    areas.four_bit_lanes = read_figure(map.map("four_bit_lanes"), "ratio");
    areas.eight_bit_lane = read_figure(map.map("eight_bit_lane"), "ratio");
    areas.thirty_two_bit_lane = read_figure(map.map("thirty_two_bit_lane"), "ratio");
    areas.register_bit = read_figure(map.map("register_bit"), "gates");
    areas.scaling_unit_lane = read_figure(map.map("scaling_unit_lane"), "gates");
    areas.vector_unit_lane = read_figure(map.map("vector_unit_lane"), "gates");
    areas.ring_stop_byte = read_figure(map.map("ring_stop_byte"), "um2");
    map.finish();
    return areas;
}

// What the model reckons with, and its unit.
constexpr std::array<std::pair<const char*, const char*>, 3> model_assumptions{
    {{"logic_leakage", "mW/mm2"}, {"clock_energy", "pJ/mm2"}, {"cell_utilisation", "ratio"}}};

std::vector<Assumption> read_assumptions(StrictMap section) {
    std::vector<Assumption> all;
    for (const auto& [key, unit] : model_assumptions) {
        StrictMap map = section.map(key);
        if (map.text("unit") != unit) map.reject("unit", fmt::format("must be {}", unit));
        if (std::string_view(unit) == "ratio") map.number("low", 1e-3, 1);
    }
    for (const std::string& key : section.keys()) {
        StrictMap map = section.map(key);
        Assumption assumption{key, {}};
        assumption.figure.band = read_band(map, most);
        assumption.figure.unit = map.text("unit");
        assumption.figure.evidence = Evidence::assumed;
        assumption.figure.source = map.text("why");
        map.finish();
        all.push_back(std::move(assumption));
    }
    section.finish();
    return all;
}

}  // namespace

std::string_view name(Evidence evidence) {
    switch (evidence) {
        case Evidence::published:
            return "published";
        case Evidence::derived:
            return "derived";
        case Evidence::assumed:
            return "assumed";
    }
    return "?";
}

std::string name(const EventEnergy& entry) {
    std::string text(event_info(entry.event).name);
    return entry.variant.empty() ? text : text + "." + entry.variant;
}

const Figure& Technology::assumption(std::string_view wanted) const {
    for (const Assumption& entry : assumptions)
        if (entry.name == wanted) return entry.figure;
    throw std::invalid_argument(fmt::format("technology {}: has no assumption '{}'", name, wanted));
}

std::span<const Event> charged_events() {
    using enum Event;
    static constexpr std::array all{
        macs_uint4_int4,       macs_int4_fp4,
        macs_eight_bit,        macs_sixteen_bit,
        macs_thirty_two_bit,   zero_macs_uint4_int4,
        zero_macs_int4_fp4,    zero_macs_eight_bit,
        zero_macs_sixteen_bit, zero_macs_thirty_two_bit,
        accumulator_adds,      stationary_register_bits,
        result_register_bits,  scaling_unit_elements,
        vector_unit_adds,      vector_unit_multiplies,
        vector_unit_special,   dma_bits,
        ring_bit_hops,         instructions,
    };
    return all;
}

Technology read_technology(const Source& source) {
    Technology technology;
    StrictMap root(source.label, "", parse_yaml(source));
    technology.name = root.text("name");
    technology.description = root.text_or("description", "");
    technology.nanometres = root.number("nanometres", 0.1, 1000);
    technology.events = read_events(root.map("events"));
    technology.memories = read_memories(root.map("memories"));
    technology.areas = read_areas(root.map("areas"));
    technology.assumptions = read_assumptions(root.map("assumptions"));
    root.finish();
    return technology;
}

Technology load_technology(const std::string& name_or_file) {
    return read_technology(find_source("technologies", "technology", name_or_file));
}

}  // namespace quatrain::config
