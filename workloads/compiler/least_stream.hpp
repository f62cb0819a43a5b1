// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/operand_streamer/timing.hpp"
#include "workloads/compiler/gemm_shape.hpp"

#include <cstdint>

// What the streamer needs for the moving operand of all tiles of a GEMM together.
namespace quatrain::compiler {

/// Whether a vector meets words and banks alike in every tile: tiles start with a row, and at a
/// half.
inline bool tiles_meet_words_alike(const GemmShape& gemm, const Target& target) {
    const std::int64_t word = target.streamer.word_bytes;
    return gemm.row_bytes() % word == 0 && target.buffers.moving_bytes / 2 % word == 0;
}

/// Steps of `together` pixels' elements [first, first + count) of k each.
inline operand_streamer::StreamCost steps_of_pixels(const GemmShape& gemm, const Target& target,
                                                    std::int64_t first, std::int64_t count,
                                                    std::int64_t together) {
    return operand_streamer::output_stationary_cost(target.streamer, gemm.stream,
                                                    numerics::bits(gemm.moving), first, count,
                                                    gemm.pixels(), together, {.columns = 1})
        .moving;
}

/// The moving operand in the dataflow that is not the pass's usual one: steps of `together` pixels,
/// of `depth` elements of k each. A lower bound, wherever tiles and images cut the pixels.
operand_streamer::StreamCost least_transposed_steps(const GemmShape& gemm, const Target& target,
                                                    std::int64_t depth, std::int64_t together);

}  // namespace quatrain::compiler
