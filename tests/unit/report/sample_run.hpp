// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/memory.hpp"
#include "sim/run/memory.hpp"
#include "sim/run/run.hpp"

#include <limits>

namespace quatrain::report {

/// Options and result of a run made up by hand: one convolution with three GEMMs, a batch norm, the
/// loss.
inline run::RunOptions sample_options() {
    run::RunOptions options;
    options.network.name = "tiny";
    network::Node input, convolution, norm;
    input.name = "input";
    convolution.name = "conv1";
    convolution.kind = network::NodeKind::convolution;
    norm.name = "bn1";
    norm.kind = network::NodeKind::batch_norm;
    options.network.nodes = {input, convolution, norm};
    options.architecture.name = "machine";
    options.architecture.memory = config::load_memory("lpddr5-6400");
    options.technology.name = "7nm";
    options.batch = 2;
    options.seed = 18446744073709551615U;
    options.golden = run::Golden::full;
    return options;
}

inline run::OperatorRow sample_row(std::string name, std::string kind, std::string pass,
                                   std::uint64_t start, std::uint64_t cycles, std::uint64_t macs) {
    run::OperatorRow row;
    row.name = std::move(name);
    row.kind = std::move(kind);
    row.pass = std::move(pass);
    row.start_cycle = start;
    row.cycles = cycles;
    row.span_cycles = cycles;
    row.macs = macs;
    row.utilisation = macs > 0 ? 0.5 : 0;
    // A band from half to twice, and a digit that only exact decimals keep.
    row.energy.value[energy::Component::mac_array] = static_cast<std::int64_t>(1000 * macs);
    row.energy.value[energy::Component::leakage] = 1'000'000;
    row.energy.low[energy::Component::leakage] = 500'001;
    row.energy.high[energy::Component::leakage] = 2'000'000;
    return row;
}

inline run::RunResult sample_result() {
    run::RunResult result;
    result.operators = {
        sample_row("conv1", "convolution", "forward", 0, 100, 4000),
        sample_row("bn1", "batch_norm_normalise", "forward", 100, 50, 0),
        sample_row("loss", "loss", "forward", 150, 10, 0),
        sample_row("conv1", "convolution_backward_data", "backward_data", 160, 200, 4000),
        sample_row("conv1", "convolution_backward_weight", "backward_weight", 360, 300, 4000),
        sample_row("conv1", "sgd", "update", 660, 40, 0)};
    result.operators[0].sqnr_db = 23.45;
    result.operators[0].cosine = 0.99;
    result.operators[0].bias = -0.125;
    result.operators[0].tensors = {{"conv1.output", 23.45, 0.99, -0.125},
                                   {"bn1.mean", std::numeric_limits<double>::infinity(), 1, 0}};
    result.first_mismatches = {{"conv1.output", 5, 0x3c00, 0x3c01}};
    result.operators[0].counts[Event::zero_macs_uint4_int4] = 7;
    result.operators[0].counts[Event::dram_read_bits] = 80;
    result.operators[0].counts[Event::array_stall_dram_cycles] = 3;
    result.operators[3].sqnr_db = std::numeric_limits<double>::infinity();
    for (const run::OperatorRow& row : result.operators) result.energy += row.energy;
    result.sensitivity = {{"dram_energy", 9'000'000, 36'000'001}, {"macs_int4_fp4", 5, 5}};
    result.area_mm2 = config::Band{0.75, 1.5, 3};
    result.cycles = 700;
    result.seconds = 7e-7;
    result.macs = 12000;
    result.utilisation = 0.4;
    result.loss = 2.302585;
    result.golden = {1000, 0};
    result.gradscale = {{"conv1", 16, 48.0, -1, -1, 0.25, 0.0}};
    dram::ChannelStatistics channel;
    channel.cycles = 1000;
    channel.commands[static_cast<std::size_t>(dram::CommandKind::activate)] = 5;
    channel.commands[static_cast<std::size_t>(dram::CommandKind::read)] = 100;
    channel.row_hits = 95;
    channel.data_cycles = 200;
    channel.stall_row = 30;
    result.channels = run::channel_rows(sample_options().architecture, {channel, channel});
    result.parameters = 1234567;
    result.simulator.wall_seconds = 1.5;
    result.simulator.simulation_seconds = 0.5;
    return result;
}

}  // namespace quatrain::report
