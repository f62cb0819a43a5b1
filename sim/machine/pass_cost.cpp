// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/pass_cost.hpp"

#include "rtl_models/mac_array/function.hpp"

#include <algorithm>

namespace quatrain::machine {

PassCost pass_cost(const MachineParams& params, const isa::WeightStationaryPass& pass) {
    const std::int64_t lanes =
        mac_array::lanes(params.array, pass.moving_format, pass.stationary_format);
    const operand_streamer::StreamCost preload =
        operand_streamer::row_cost(params.streamer, pass.stationary_address, pass.stationary_stride,
                                   bits(pass.stationary_format), pass.columns, pass.k_count, lanes);
    const operand_streamer::StreamCost moving = operand_streamer::weight_stationary_cost(
        params.streamer, pass.moving, bits(pass.moving_format), pass.k_offset, pass.k_count,
        pass.vectors);
    return {.preload_cycles = preload.cycles,
            .stream_cycles = moving.cycles,
            .stall_cycles = moving.cycles - pass.vectors,
            .moving_words = moving.words,
            .stationary_words = preload.words};
}

PassCost pass_cost(const MachineParams& params, const isa::OutputStationaryPass& pass) {
    const std::int64_t lanes =
        mac_array::lanes(params.array, pass.moving_format, pass.stationary_format);
    const operand_streamer::StreamCost moving = operand_streamer::output_stationary_cost(
        params.streamer, pass.moving, bits(pass.moving_format), pass.k_offset, pass.outputs,
        pass.pixels, lanes);
    const operand_streamer::StreamCost stationary =
        operand_streamer::row_cost(params.streamer, pass.stationary_address, pass.stationary_stride,
                                   bits(pass.stationary_format), pass.columns, pass.pixels, lanes);
    const std::int64_t cycles = std::max(moving.cycles, stationary.cycles);
    return {.preload_cycles = 0,
            .stream_cycles = cycles,
            .stall_cycles = cycles - ceil_div(pass.pixels, lanes),
            .moving_words = moving.words,
            .stationary_words = stationary.words};
}

PassCost pass_cost(const MachineParams& params, const isa::Instruction& instruction) {
    if (const auto* pass = std::get_if<isa::WeightStationaryPass>(&instruction.body))
        return pass_cost(params, *pass);
    if (const auto* pass = std::get_if<isa::OutputStationaryPass>(&instruction.body))
        return pass_cost(params, *pass);
    return {};
}

}  // namespace quatrain::machine
