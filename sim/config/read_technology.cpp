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

namespace quatrain::config {
namespace {

// No single event costs a microjoule: a larger figure is a unit mistaken.
constexpr double most_picojoules = 1e6;

Evidence read_evidence(StrictMap& map) {
    const std::string text = map.text("evidence");
    if (text == "published") return Evidence::published;
    if (text != "derived") map.reject("evidence", "must be one of published, derived");
    return Evidence::derived;
}

void read_entry(StrictMap map, EventEnergy entry, std::vector<EventEnergy>& all) {
    entry.picojoules = map.number("pj", 0, most_picojoules);
    entry.low = map.number("low", 0, entry.picojoules);
    entry.high = map.number("high", entry.picojoules, most_picojoules);
    entry.evidence = read_evidence(map);
    entry.source = map.text("source");
    map.finish();
    all.push_back(std::move(entry));
}

// The adder behind a column is that of the accumulator's format: one figure for each.
void read_accumulators(StrictMap map, std::vector<EventEnergy>& all) {
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<mac_array::Accumulator>>(
        [&](auto accumulator) {
            EventEnergy entry;
            entry.event = Event::accumulator_adds;
            entry.variant = accumulator.name;
            read_entry(map.map(accumulator.name), std::move(entry), all);
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
            EventEnergy entry;
            entry.event = event;
            read_entry(map.map(key), std::move(entry), all);
        }
    }
    map.finish();
    return all;
}

MemoryEnergy read_memory(StrictMap& map) {
    MemoryEnergy memory;
    memory.bytes = map.integer("bytes", 1, std::int64_t{1} << 40);
    memory.read_picojoules_per_bit = map.number("read_pj_per_bit", 1e-9, most_picojoules);
    memory.write_picojoules_per_bit = map.number("write_pj_per_bit", 1e-9, most_picojoules);
    memory.leakage_milliwatts = map.number("leakage_mw", 1e-12, 1e9);
    memory.low = map.number("low_factor", 0, 1);
    memory.high = map.number("high_factor", 1, 1e6);
    memory.evidence = read_evidence(map);
    memory.source = map.text("source");
    map.finish();
    return memory;
}

std::vector<MemoryEnergy> read_memories(StrictMap& root) {
    std::vector<MemoryEnergy> all;
    for (StrictMap& map : root.list("memories")) {
        MemoryEnergy memory = read_memory(map);
        if (!all.empty() && memory.bytes <= all.back().bytes) {
            map.reject("bytes", "must be larger than the entry before");
        }
        all.push_back(std::move(memory));
    }
    if (all.size() < 2) root.reject("memories", "must hold two sizes or more");
    return all;
}

}  // namespace

std::span<const Event> charged_events() {
    using enum Event;
    static constexpr std::array all{
        macs_uint4_int4,      macs_int4_fp4,
        macs_sixteen_bit,     zero_macs_uint4_int4,
        zero_macs_int4_fp4,   zero_macs_sixteen_bit,
        accumulator_adds,     stationary_register_bits,
        result_register_bits, scaling_unit_elements,
        vector_unit_adds,     vector_unit_multiplies,
        vector_unit_special,  dma_bits,
        ring_bit_hops,        instructions,
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
    technology.memories = read_memories(root);
    root.finish();
    return technology;
}

Technology load_technology(const std::string& name_or_file) {
    return read_technology(find_source("technologies", "technology", name_or_file));
}

}  // namespace quatrain::config
