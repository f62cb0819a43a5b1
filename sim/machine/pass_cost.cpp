// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/pass_cost.hpp"

#include "rtl_models/mac_array/function.hpp"

#include <type_traits>

namespace quatrain::machine {

namespace {

/// The stationary operand of a pass of either dataflow.
template <class Pass>
operand_streamer::DenseRows stationary_rows(const Pass& pass) {
    return {.address = pass.stationary_address,
            .stride = pass.stationary_stride,
            .element_bits = bits(pass.stationary_format),
            .columns = pass.columns};
}

std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
    return (a % b + b) % b;
}

/// The pass of the same cost that all passes like it have in common: in the first image, its tile
/// starting with row 0, at the lowest addresses that are in the same banks.
template <class Pass>
Pass representative(const operand_streamer::Params& streamer, Pass pass) {
    const std::int64_t period = streamer.word_bytes * streamer.banks;
    isa::Stream& stream = pass.moving;
    const std::int64_t image = stream.grid_height * stream.grid_width;
    const std::int64_t row_bytes = stream.width * stream.channels * bits(pass.moving_format) / 8;
    const std::int64_t first_row = stream.first_row - stream.first_pixel / image * stream.height;
    stream.address = floor_mod(stream.address - first_row * row_bytes, period);
    stream.first_row = 0;
    stream.first_pixel %= image;
    pass.stationary_address = floor_mod(pass.stationary_address, period);
    pass.accumulator_address = pass.accumulator_stride = 0;
    return pass;
}

}  // namespace

template <class Pass>
const PassCost& PassCosts::of(const Pass& pass, Known<Pass>& known) {
    Pass same = representative(params_.streamer, pass);
    if constexpr (std::is_same_v<Pass, isa::WeightStationaryPass>) same.accumulate = false;
    if constexpr (std::is_same_v<Pass, isa::OutputStationaryPass>) same.resume = false;
    const auto [found, is_new] = known.try_emplace(same);
    if (is_new) found->second = pass_cost(params_, pass);
    return found->second;
}

PassCost PassCosts::operator()(const isa::Instruction& instruction) {
    if (const auto* pass = std::get_if<isa::WeightStationaryPass>(&instruction.body))
        return of(*pass, weight_stationary_);
    if (const auto* pass = std::get_if<isa::OutputStationaryPass>(&instruction.body))
        return of(*pass, output_stationary_);
    return {};
}

PassCost pass_cost(const MachineParams& params, const isa::WeightStationaryPass& pass) {
    const std::int64_t lanes =
        mac_array::lanes(params.array, pass.moving_format, pass.stationary_format);
    const operand_streamer::StreamCost preload =
        operand_streamer::row_cost(params.streamer, stationary_rows(pass), pass.k_count, lanes);
    const operand_streamer::StreamCost moving = operand_streamer::weight_stationary_cost(
        params.streamer, pass.moving, bits(pass.moving_format), pass.k_offset, pass.k_count,
        pass.vectors);
    return {.preload_cycles = preload.cycles,
            .stream_cycles = moving.cycles,
            .stall_cycles = moving.cycles - pass.vectors,
            .conflict_cycles = preload.conflict_cycles + moving.conflict_cycles,
            .moving_words = moving.words,
            .stationary_words = preload.words};
}

PassCost pass_cost(const MachineParams& params, const isa::OutputStationaryPass& pass) {
    const std::int64_t lanes =
        mac_array::lanes(params.array, pass.moving_format, pass.stationary_format);
    const operand_streamer::JointCost cost = operand_streamer::output_stationary_cost(
        params.streamer, pass.moving, bits(pass.moving_format), pass.k_offset, pass.outputs,
        pass.pixels, lanes, stationary_rows(pass));
    return {.preload_cycles = 0,
            .stream_cycles = cost.cycles,
            .stall_cycles = cost.cycles - ceil_div(pass.pixels, lanes),
            .conflict_cycles = cost.moving.conflict_cycles + cost.stationary.conflict_cycles,
            .moving_words = cost.moving.words,
            .stationary_words = cost.stationary.words};
}

PassCost pass_cost(const MachineParams& params, const isa::Instruction& instruction) {
    if (const auto* pass = std::get_if<isa::WeightStationaryPass>(&instruction.body))
        return pass_cost(params, *pass);
    if (const auto* pass = std::get_if<isa::OutputStationaryPass>(&instruction.body))
        return pass_cost(params, *pass);
    return {};
}

}  // namespace quatrain::machine
