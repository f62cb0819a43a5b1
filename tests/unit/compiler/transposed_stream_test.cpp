// SPDX-License-Identifier: Apache-2.0
// A tensor that the streamer reads the other way round has the same elements.
#include "workloads/compiler/transposed_stream.hpp"

#include "rtl_models/operand_streamer/function.hpp"
#include "workloads/compiler/mapping_space.hpp"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace quatrain::compiler {
namespace {

using operand_streamer::Block;

class TransposedStream : public ::testing::Test {
protected:
    std::int64_t below(std::int64_t limit) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
    }

    /// A tile of all rows of some images; kernel columns beside each other.
    isa::Stream any_stream(std::int64_t images) {
        isa::Stream s;
        s.height = 1 + below(6), s.width = 1 + below(6), s.channels = 2 * (1 + below(4));
        s.grid_height = 1 + below(5), s.grid_width = 1 + below(5);
        s.kernel_height = 1 + below(3), s.kernel_width = 1 + below(3);
        s.row_step = 1 + below(2), s.column_step = 1 + below(2);
        s.row_offset = below(5) - 2, s.column_offset = below(5) - 2;
        s.row_kernel_step = 1 + below(2);
        s.column_kernel_step = s.kernel_width == 1 ? 1 + below(3) : 1;
        s.address = 4 * below(3);
        buffer_.resize(
            static_cast<std::size_t>(s.address + images * s.height * s.width * s.channels / 2));
        for (std::byte& one : buffer_) one = static_cast<std::byte>(random_());
        return s;
    }

    /// Element k of vector t: [vectors][elements].
    std::vector<int> matrix(const isa::Stream& stream, std::int64_t vectors,
                            std::int64_t elements) {
        numerics::DecodedBuffer memory;
        const auto rows = memory.zeroed(numerics::ProductKind::integer4, vectors, elements);
        gather(stream, numerics::Format::uint4, buffer_, Block{0, vectors, 0, elements}, rows,
               elements);
        const std::int8_t* const first = std::get<std::int8_t*>(rows);
        return {first, first + vectors * elements};
    }

    std::mt19937 random_{7};
    std::vector<std::byte> buffer_;
};

TEST_F(TransposedStream, HasTheTransposedElementsOfEveryImage) {
    for (int repeat = 0; repeat < 500; ++repeat) {
        constexpr std::int64_t images = 2;
        const isa::Stream stream = any_stream(images);
        ASSERT_TRUE(can_be_transposed(stream));
        const std::int64_t pixels = pixels_of_image(stream);
        const std::int64_t k = stream.kernel_height * stream.kernel_width * stream.channels;
        const auto straight = matrix(stream, images * pixels, k);
        const auto other = matrix(transposed(stream), images * k, pixels);
        for (std::int64_t image = 0; image < images; ++image)
            for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
                for (std::int64_t i = 0; i < k; ++i)
                    ASSERT_EQ(other[(image * k + i) * pixels + pixel],
                              straight[(image * pixels + pixel) * k + i]);
    }
}

TEST_F(TransposedStream, FlippedHasTheKernelPositionsInReverse) {
    for (int repeat = 0; repeat < 200; ++repeat) {
        const isa::Stream stream = any_stream(1);
        const std::int64_t pixels = pixels_of_image(stream), channels = stream.channels;
        const std::int64_t positions = stream.kernel_height * stream.kernel_width;
        const auto straight = matrix(stream, pixels, positions * channels);
        const auto reverse = matrix(flipped(stream), pixels, positions * channels);
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
            for (std::int64_t at = 0; at < positions; ++at)
                for (std::int64_t c = 0; c < channels; ++c)
                    ASSERT_EQ(reverse[(pixel * positions + at) * channels + c],
                              straight[(pixel * positions + positions - 1 - at) * channels + c]);
        EXPECT_EQ(flipped(flipped(stream)), stream);
    }
}

TEST_F(TransposedStream, ImagesAreOneWhereNoKernelReachesAnotherRow) {
    int together = 0;
    for (int repeat = 0; repeat < 10000; ++repeat) {
        constexpr std::int64_t images = 3;
        const isa::Stream stream = any_stream(images);
        const isa::Stream one = images_as_one(stream, images);
        const std::int64_t k = stream.kernel_height * stream.kernel_width * stream.channels;
        const std::int64_t pixels = images * pixels_of_image(stream);
        if (one.height == stream.height) continue;
        ++together;
        EXPECT_EQ(pixels_of_image(one), pixels);
        ASSERT_EQ(matrix(one, pixels, k), matrix(stream, pixels, k));
    }
    EXPECT_GT(together, 20);
}

TEST_F(TransposedStream, NeedsKernelColumnsBesideEachOther) {
    GemmShape gemm;
    isa::Stream& stream = gemm.stream;
    stream.kernel_width = 3;
    for (const std::int64_t step : {-1, 2}) {
        stream.column_kernel_step = step;
        EXPECT_FALSE(can_be_transposed(stream));
    }
    stream.width = 5;
    gemm.moving = gemm.stationary = numerics::Format::fp16;
    gemm.output = numerics::Format::fp16;
    gemm.k = 3;
    gemm.columns = 2;
    ActivationMapping mapping{.pixels = 1, .columns = 2, .k = 3};
    EXPECT_NO_THROW(tiles_of(gemm, Target{}, mapping));
    mapping.dataflow = Dataflow::output_stationary;
    try {
        tiles_of(gemm, Target{}, mapping);
        ADD_FAILURE() << "a kernel with gaps was taken";
    } catch (const CompileError& error) {
        EXPECT_NE(std::string(error.what()).find("output stationary: columns of the kernel are 2"),
                  std::string::npos)
            << error.what();
    }
    EXPECT_TRUE(activation_space(gemm, Target{}, Dataflow::output_stationary).empty());
    EXPECT_FALSE(activation_space(gemm, Target{}).empty());
}

}  // namespace
}  // namespace quatrain::compiler
