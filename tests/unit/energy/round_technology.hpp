// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/energy_events.hpp"
#include "sim/energy/energy.hpp"

namespace quatrain::energy {

inline config::Figure around(double value) {
    config::Figure figure;
    figure.band = {value / 2, value, 2 * value};
    return figure;
}

/// A technology of round numbers: event number i costs i + 1 pJ, from half to twice as much;
/// memories cost 1 pJ per bit read and 2 written at 1 KiB, 4 and 8 at 16 KiB, and leak 1 and 16 mW
/// (geometric means); logic has no area.
inline config::Technology round_technology() {
    config::Technology technology;
    technology.name = "round";
    for (const Event event : config::charged_events()) {
        const double cost = static_cast<double>(event) + 1;
        if (event == Event::accumulator_adds) {
            technology.events.push_back({event, "fp32", around(cost)});
            technology.events.push_back({event, "dlfloat16", around(100)});
        } else {
            technology.events.push_back({event, "", around(cost)});
        }
    }
    config::MemoryFigures small;
    small.bytes = 1024;
    small.port_bits = 1;
    small.read_picojoules = 1;
    small.write_picojoules = 2;
    small.low = 0.5;
    small.high = 2;
    small.leakage_low_milliwatts = 0.5;
    small.leakage_high_milliwatts = 2;
    small.square_millimetres = 0.01;
    config::MemoryFigures large = small;
    large.bytes = 16384;
    large.read_picojoules = 4;
    large.write_picojoules = 8;
    large.leakage_low_milliwatts = 8;
    large.leakage_high_milliwatts = 32;
    large.square_millimetres = 0.16;
    technology.memories.rows = {small, large};
    technology.memories.area.band = {1, 1, 1};
    technology.assumptions = {
        {"logic_leakage", around(10)}, {"clock_energy", around(20)}, {"cell_utilisation", {}}};
    technology.assumptions.back().figure.band = {1, 1, 1};
    return technology;
}

inline constexpr DramCosts round_dram{.read_bit = 3, .write_bit = 5, .cycle = 0.25};

/// Memories of round costs: in all 1 + 4 + 16 + 16 + 1 = 38 mW.
inline config::Architecture small_machine() {
    config::Architecture machine;
    machine.clock_period_ps = 500;
    machine.buffers.moving_bytes = 1024;
    machine.buffers.stationary_bytes = 4096;
    machine.buffers.accumulator_bytes = 16384;
    machine.buffers.vector_bytes = 16384;
    machine.buffers.scalar_bytes = 1024;
    return machine;
}

/// As round_technology(), with the logic of a PE alone: 1000 um2, from half to twice as much.
inline config::Technology technology_with_logic() {
    config::Technology technology = round_technology();
    technology.areas.gate.band = {1, 1, 1};
    technology.areas.pe_sixteen_bit = around(1000);
    technology.areas.four_bit_lanes.band = {0.5, 0.5, 0.5};
    technology.areas.eight_bit_lane.band = {0.5, 0.5, 0.5};
    technology.areas.thirty_two_bit_lane.band = {3, 3, 3};
    return technology;
}

}  // namespace quatrain::energy
