// SPDX-License-Identifier: Apache-2.0
// The streamer can read a tensor the other way round: a vector for every element of k, with pixels
// of one image as its elements. What it takes then is what the other dataflow takes.
#include "workloads/compiler/other_dataflow.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::compiler {
namespace {

/// One image of a padded 3 x 3 or 1 x 1 convolution.
GemmShape convolution(std::int64_t size, std::int64_t channels, std::int64_t kernel,
                      std::int64_t stride) {
    GemmShape gemm;
    gemm.stream.height = gemm.stream.width = size;
    gemm.stream.channels = gemm.tensor_channels = channels;
    gemm.stream.kernel_height = gemm.stream.kernel_width = kernel;
    gemm.stream.row_step = gemm.stream.column_step = stride;
    gemm.stream.row_offset = gemm.stream.column_offset = -(kernel / 2);
    gemm.stream.grid_height = gemm.stream.grid_width = (size - 1) / stride + 1;
    gemm.moving = numerics::Format::uint4;
    gemm.stationary = numerics::Format::int4;
    gemm.output = numerics::Format::fp16;
    gemm.k = kernel * kernel * channels;
    gemm.columns = 48;
    return gemm;
}

/// Vector (ky, kx, c) of it holds the tensor's elements (gy * stride - padding + ky, ..., c) for
/// all grid pixels: rows of single channels, `channels` of which are a pixel.
isa::Stream transposed(const GemmShape& gemm) {
    const isa::Stream& s = gemm.stream;
    isa::Stream t{.height = s.height, .width = s.width * s.channels, .channels = 1};
    t.grid_height = s.kernel_height;
    t.grid_width = s.kernel_width * s.channels;
    t.row_offset = s.row_offset;
    t.column_offset = s.column_offset * s.channels;
    t.row_kernel_step = s.row_step;
    t.column_kernel_step = s.column_step * s.channels;
    t.kernel_height = s.grid_height;
    t.kernel_width = s.grid_width;
    return t;
}

Target machine() {
    Target target;
    target.array.rows = 6;
    target.array.cols = 16;
    target.streamer = {.read_ports = 2, .word_bytes = 4, .banks = 4};
    target.buffers.word_bytes = 4;
    target.dram.ideal = true;
    target.scaling_unit.lanes = 1 << 20;
    return target;
}

class OtherDataflow : public ::testing::TestWithParam<std::tuple<int, int, int, int>> {
protected:
    GemmShape gemm_ = std::apply(convolution, GetParam());
    Target target_ = machine();
    isa::Stream stream_ = transposed(gemm_);
    std::int64_t ends_ = target_.array.rows + target_.array.cols - 2 + target_.scaling_unit.depth;
    std::int64_t groups_ = 3;  ///< of the 48 columns
};

TEST_P(OtherDataflow, KeepsOutputsForWhatTheTransposedStreamTakes) {
    operand_streamer::StreamCost sum;
    for (std::int64_t pixel = 0; pixel < gemm_.pixels(); pixel += target_.array.rows) {
        const auto cost = operand_streamer::output_stationary_cost(
            target_.streamer, stream_, 4, pixel,
            std::min(target_.array.rows, gemm_.pixels() - pixel), gemm_.k, target_.array.lanes_4bit,
            {.columns = 1});
        sum.cycles += cost.moving.cycles;
        sum.words += cost.moving.words;
    }
    const MappingWork work = least_with_stationary_outputs(gemm_, target_);
    EXPECT_EQ(work.moving_words, groups_ * sum.words);
    EXPECT_EQ(work.cycles, groups_ * sum.cycles + ends_);
}

TEST_P(OtherDataflow, KeepsGradientsForWhatTheTransposedStreamTakes) {
    const std::int64_t depth = target_.array.rows * target_.array.lanes_4bit;
    operand_streamer::StreamCost sum;
    for (std::int64_t pixel = 0; pixel < gemm_.pixels(); pixel += depth) {
        const auto cost = operand_streamer::weight_stationary_cost(
            target_.streamer, stream_, 4, pixel, std::min(depth, gemm_.pixels() - pixel), gemm_.k);
        sum.cycles += cost.cycles;
        sum.words += cost.words;
    }
    const MappingWork work = least_with_stationary_gradients(gemm_, target_);
    EXPECT_EQ(work.moving_words, groups_ * sum.words);
    EXPECT_EQ(work.cycles, groups_ * sum.cycles + ends_);
}

// Less may be counted then, never more.
TEST_P(OtherDataflow, CountsNoMoreWhereTilesMeetWordsAnywhere) {
    const MappingWork exact = least_with_stationary_outputs(gemm_, target_);
    const MappingWork exact_gradients = least_with_stationary_gradients(gemm_, target_);
    target_.buffers.moving_bytes += 2;
    const MappingWork outputs = least_with_stationary_outputs(gemm_, target_);
    EXPECT_LE(outputs.cycles, exact.cycles);
    EXPECT_LE(outputs.moving_words, exact.moving_words);
    const MappingWork gradients = least_with_stationary_gradients(gemm_, target_);
    EXPECT_LE(gradients.cycles, exact_gradients.cycles);
    EXPECT_LE(gradients.moving_words, exact_gradients.moving_words);
    EXPECT_EQ(gradients.moving_words > 0, gemm_.stream.channels >= 8);
}

INSTANTIATE_TEST_SUITE_P(Convolutions, OtherDataflow,
                         ::testing::Values(std::tuple{8, 4, 3, 1}, std::tuple{8, 8, 3, 1},
                                           std::tuple{6, 16, 3, 2}, std::tuple{7, 24, 1, 1},
                                           std::tuple{16, 12, 1, 2}));

}  // namespace
}  // namespace quatrain::compiler
