// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocations.hpp"
#include "tests/unit/vector_unit/bench.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

/// A pooling of square windows over images of height x width x channels.
struct Shape {
    std::int64_t kernel, stride, padding, height, width, channels, images;

    std::int64_t output_height() const { return (height + 2 * padding - kernel) / stride + 1; }
    std::int64_t output_width() const { return (width + 2 * padding - kernel) / stride + 1; }
    std::int64_t inputs() const { return images * height * width * channels; }
    std::int64_t outputs() const { return images * output_height() * output_width() * channels; }
    isa::WindowGeometry whole() const {
        return {kernel, stride, padding, height,          width, output_height(), output_width(),
                0,      height, 0,       output_height(), 0,     height};
    }
};

constexpr std::array<Shape, 5> shapes{{{3, 2, 1, 16, 16, 5, 2},
                                       {2, 2, 0, 7, 9, 3, 2},
                                       {3, 1, 1, 6, 5, 17, 1},
                                       {1, 1, 0, 3, 3, 1, 1},
                                       {2, 3, 0, 11, 11, 4, 1}}};

struct Golden {
    std::vector<float> output;
    std::vector<float> gradient;  ///< FP32 sums, not rounded
};

/// The definition, element by element: docs/training-step.md, 7 and 9.
Golden pool(const Shape& s, const std::vector<float>& x, const std::vector<float>& dy) {
    Golden result{{}, std::vector<float>(x.size(), 0.0F)};
    for (std::int64_t n = 0; n < s.images; ++n)
        for (std::int64_t oy = 0; oy < s.output_height(); ++oy)
            for (std::int64_t ox = 0; ox < s.output_width(); ++ox)
                for (std::int64_t c = 0; c < s.channels; ++c) {
                    std::int64_t best = -1;
                    for (std::int64_t ky = 0; ky < s.kernel; ++ky)
                        for (std::int64_t kx = 0; kx < s.kernel; ++kx) {
                            const std::int64_t y = oy * s.stride - s.padding + ky;
                            const std::int64_t xx = ox * s.stride - s.padding + kx;
                            if (y < 0 || y >= s.height || xx < 0 || xx >= s.width) continue;
                            const std::int64_t at =
                                ((n * s.height + y) * s.width + xx) * s.channels + c;
                            if (best < 0 ||
                                x[static_cast<std::size_t>(at)] > x[static_cast<std::size_t>(best)])
                                best = at;
                        }
                    const std::size_t window = result.output.size();
                    result.output.push_back(x[static_cast<std::size_t>(best)]);
                    float& sum = result.gradient[static_cast<std::size_t>(best)];
                    sum = sum + dy[window];
                }
    return result;
}

/// Small integers: most windows have ties.
std::vector<float> tied_values(std::int64_t count, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::vector<float> result;
    for (std::int64_t i = 0; i < count; ++i) result.push_back(static_cast<float>(generator() % 4));
    return result;
}

TEST(MaxPool, TakesTheLargestElementInsideTheImage) {
    for (const Format format : {Format::uint4, Format::fp8_143, Format::fp16, Format::dlfloat16,
                                Format::bf16, Format::fp32})
        for (const Shape& s : shapes) {
            Bench bench;
            auto x = tied_values(s.inputs(), 1);
            if (format != Format::uint4)
                for (float& value : x)
                    value -= 5.0F;  // padding must not win over negative elements
            VectorInstruction op =
                instruction(VectorOperation::max_pool, s.outputs() / s.channels, s.channels);
            op.window = s.whole();
            op.in[0] = bench.tile(format, x);
            op.out[0] = bench.room(format, s.outputs());
            bench.run(op);
            EXPECT_EQ(bench.values(op.out[0], s.outputs()),
                      pool(s, x, std::vector<float>(static_cast<std::size_t>(s.outputs()))).output);
        }
}

TEST(MaxPoolBackward, GivesTheGradientToTheFirstOfTheLargestElements) {
    for (const Format format : {Format::uint4, Format::fp8_143, Format::fp16})
        for (const Format gradient : {Format::dlfloat16, Format::fp32})
            for (const Shape& s : shapes) {
                Bench bench;
                const auto x = tied_values(s.inputs(), 2);
                const auto dy = random_values(gradient, s.outputs(), 3);
                VectorInstruction op = instruction(VectorOperation::max_pool_backward,
                                                   s.inputs() / s.channels, s.channels);
                op.window = s.whole();
                op.in[0] = bench.tile(gradient, dy);
                op.in[1] = bench.tile(format, x);
                op.out[0] = bench.room(gradient, s.inputs());
                bench.run(op);
                EXPECT_EQ(bench.codes(op.out[0], s.inputs()),
                          encoded(gradient, pool(s, x, dy).gradient));
            }
}

/// Whole images and bands of one, large enough for several host threads.
constexpr std::array<Shape, 4> large_shapes{{{3, 2, 1, 56, 57, 9, 3},
                                             {2, 2, 0, 91, 33, 7, 3},
                                             {3, 1, 1, 8, 9, 33, 41},
                                             {3, 2, 1, 111, 112, 5, 1}}};

TEST(MaxPool, GivesTheSameBitsWithAnyNumberOfThreads) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    Scratch scratch;
    for (const Format format : {Format::uint4, Format::fp16})
        for (const Shape& s : large_shapes) {
            const auto x = tied_values(s.inputs(), 11);
            const auto dy = random_values(Format::dlfloat16, s.outputs(), 12);
            const Golden golden = pool(s, x, dy);
            for (const int threads : {1, 2, 3, 7}) {
                Bench bench;
                VectorInstruction op =
                    instruction(VectorOperation::max_pool, s.outputs() / s.channels, s.channels);
                op.window = s.whole();
                op.in[0] = bench.tile(format, x);
                op.out[0] = bench.room(format, s.outputs());
                bench.run(op, scratch, threads);
                EXPECT_EQ(bench.values(op.out[0], s.outputs()), golden.output) << threads;
                op.operation = VectorOperation::max_pool_backward;
                op.rows = s.inputs() / s.channels;
                op.in[1] = op.in[0];
                op.in[0] = bench.tile(Format::dlfloat16, dy);
                op.out[0] = bench.room(Format::dlfloat16, s.inputs());
                bench.run(op, scratch, threads);
                EXPECT_EQ(bench.codes(op.out[0], s.inputs()),
                          encoded(Format::dlfloat16, golden.gradient))
                    << threads;
            }
        }
}

TEST(MaxPool, AllocatesNothingOnceTheScratchMemoryIsWarm) {
    const Shape& s = large_shapes[0];
    Bench bench;
    VectorInstruction forward =
        instruction(VectorOperation::max_pool, s.outputs() / s.channels, s.channels);
    forward.window = s.whole();
    forward.in[0] = bench.tile(Format::fp16, tied_values(s.inputs(), 13));
    forward.out[0] = bench.room(Format::fp16, s.outputs());
    VectorInstruction backward = forward;
    backward.operation = VectorOperation::max_pool_backward;
    backward.rows = s.inputs() / s.channels;
    backward.in = {forward.out[0], forward.in[0]};
    backward.out[0] = bench.room(Format::fp16, s.inputs());
    Scratch scratch;
    const auto run = [&] {
        bench.run(forward, scratch, 1);
        bench.run(backward, scratch, 1);
    };
    run();
    const std::int64_t before = test::allocations();
    run();
    EXPECT_EQ(test::allocations(), before);
}

TEST(MaxPoolBackward, AnAllEqualWindowGivesItsGradientToItsFirstElement) {
    Bench bench;
    const Shape s{2, 2, 0, 2, 2, 1, 1};
    VectorInstruction op = instruction(VectorOperation::max_pool_backward, 4, 1);
    op.window = s.whole();
    op.in[0] = bench.vector({3.0F});
    op.in[1] = bench.vector({7.0F, 7.0F, 7.0F, 7.0F});
    op.out[0] = bench.room(Format::fp32, 4);
    bench.run(op);
    EXPECT_EQ(bench.values(op.out[0], 4), (std::vector<float>{3.0F, 0.0F, 0.0F, 0.0F}));
}

/// Whole image rows [first, first + count) of one image's tensor.
std::vector<float> band(const std::vector<float>& values, std::int64_t first, std::int64_t count,
                        std::int64_t width, std::int64_t channels) {
    return slice(values, first, count, width * channels);
}

TEST(MaxPool, BandsOfOutputRowsGiveTheSameAsTheWholeImage) {
    for (Shape s : shapes) {
        s.images = 1;
        const auto x = tied_values(s.inputs(), 4);
        const auto expected =
            pool(s, x, std::vector<float>(static_cast<std::size_t>(s.outputs()))).output;
        for (std::int64_t height = 1; height <= s.output_height(); ++height) {
            std::vector<float> result;
            for (std::int64_t first = 0; first < s.output_height(); first += height) {
                Bench bench;
                isa::WindowGeometry w = s.whole();
                w.first_output_row = first;
                w.output_rows = std::min(height, s.output_height() - first);
                w.first_input_row = std::max<std::int64_t>(0, first * s.stride - s.padding);
                const std::int64_t end =
                    (first + w.output_rows - 1) * s.stride - s.padding + s.kernel;
                w.input_rows = std::min(end, s.height) - w.first_input_row;
                VectorInstruction op = instruction(VectorOperation::max_pool,
                                                   w.output_rows * w.output_width, s.channels);
                op.window = w;
                op.in[0] = bench.tile(
                    Format::uint4, band(x, w.first_input_row, w.input_rows, s.width, s.channels));
                op.out[0] = bench.room(Format::uint4, op.rows * s.channels);
                bench.run(op);
                for (const float value : bench.values(op.out[0], op.rows * s.channels))
                    result.push_back(value);
            }
            EXPECT_EQ(result, expected) << "bands of " << height << " output rows";
        }
    }
}

/// The least dy and x that a band of result rows needs.
isa::WindowGeometry backward_band(const Shape& s, std::int64_t first, std::int64_t count) {
    isa::WindowGeometry w = s.whole();
    w.first_result_row = first;
    w.result_rows = count;
    w.output_rows = w.input_rows = 0;
    for (std::int64_t oy = 0; oy < s.output_height(); ++oy) {
        const std::int64_t top = std::max<std::int64_t>(oy * s.stride - s.padding, 0);
        const std::int64_t bottom = std::min(oy * s.stride - s.padding + s.kernel, s.height);
        if (top >= first + count || bottom <= first) continue;
        if (w.output_rows == 0) {
            w.first_output_row = oy;
            w.first_input_row = top;
        }
        w.output_rows = oy - w.first_output_row + 1;
        w.input_rows = bottom - w.first_input_row;
    }
    return w;
}

TEST(MaxPoolBackward, BandsOfResultRowsGiveTheSameAsTheWholeImage) {
    for (Shape s : shapes) {
        s.images = 1;
        const auto x = tied_values(s.inputs(), 5);
        const auto dy = random_values(Format::dlfloat16, s.outputs(), 6);
        const auto expected = encoded(Format::dlfloat16, pool(s, x, dy).gradient);
        for (std::int64_t height = 1; height <= s.height; ++height) {
            std::vector<std::uint32_t> result;
            for (std::int64_t first = 0; first < s.height; first += height) {
                Bench bench;
                const auto w = backward_band(s, first, std::min(height, s.height - first));
                VectorInstruction op = instruction(VectorOperation::max_pool_backward,
                                                   w.result_rows * s.width, s.channels);
                op.window = w;
                op.in[0] = bench.tile(Format::dlfloat16, band(dy, w.first_output_row, w.output_rows,
                                                              s.output_width(), s.channels));
                op.in[1] = bench.tile(
                    Format::fp16, band(x, w.first_input_row, w.input_rows, s.width, s.channels));
                op.out[0] = bench.room(Format::dlfloat16, op.rows * s.channels);
                bench.run(op);
                for (const std::uint32_t code : bench.codes(op.out[0], op.rows * s.channels))
                    result.push_back(code);
            }
            EXPECT_EQ(result, expected) << "bands of " << height << " result rows";
        }
    }
}

TEST(MaxPool, RejectsABandWithoutTheRowsThatItsWindowsNeed) {
    Bench bench;
    const Shape s{3, 2, 1, 8, 8, 1, 1};
    VectorInstruction op = instruction(VectorOperation::max_pool, 4, 1);
    op.window = s.whole();
    op.window.first_output_row = 1;
    op.window.output_rows = 1;
    op.window.first_input_row = 2;  // row 1 is missing
    op.window.input_rows = 2;
    op.in[0] = bench.room(Format::fp16, 16);
    op.out[0] = bench.room(Format::fp16, 4);
    EXPECT_THROW(bench.run(op), std::invalid_argument);
}

TEST(MaxPoolBackward, RejectsADyBandThatMissesAWindow) {
    Bench bench;
    const Shape s{3, 2, 1, 8, 8, 1, 1};
    VectorInstruction op = instruction(VectorOperation::max_pool_backward, 8, 1);
    op.window = s.whole();
    op.window.first_result_row = 1;  // windows 0 and 1 touch it
    op.window.result_rows = 1;
    op.window.first_output_row = 1;
    op.window.output_rows = 1;
    op.in[0] = bench.room(Format::fp16, 4);
    op.in[1] = bench.room(Format::fp16, 64);
    op.out[0] = bench.room(Format::fp16, 8);
    EXPECT_THROW(bench.run(op), std::invalid_argument);
}

TEST(AveragePool, SumsTheImagesPixelsInOrderAndDivides) {
    constexpr std::int64_t images = 21, pixels = 49, channels = 33;
    for (const Format format :
         {Format::uint4, Format::fp16, Format::dlfloat16, Format::bf16, Format::fp32}) {
        Bench bench;
        const bool coded = format == Format::uint4;
        constexpr float step = 0.217F;
        const auto x = coded ? tied_values(images * pixels * channels, 7)
                             : random_values(format, images * pixels * channels, 7);
        VectorInstruction op = instruction(VectorOperation::average_pool, images, channels);
        op.immediate = pixels;
        op.in[0] = bench.tile(format, x);
        op.out[0] = bench.room(Format::fp16, images * channels);
        if (coded) op.scalars[0] = bench.scalar(step);
        bench.run(op);
        std::vector<float> sums(images * channels, 0.0F);
        for (std::size_t i = 0; i < x.size(); ++i) {
            float& sum = sums[i / (pixels * channels) * channels + i % channels];
            const float value = coded ? x[i] * step : x[i];
            sum = sum + value;
        }
        for (float& sum : sums) sum = sum / static_cast<float>(pixels);
        EXPECT_EQ(bench.codes(op.out[0], images * channels), encoded(Format::fp16, sums));
    }
}

TEST(AveragePoolBackward, GivesEveryPixelTheSameShare) {
    constexpr std::int64_t images = 21, pixels = 49, channels = 33;
    Bench bench;
    const auto dy = random_values(Format::dlfloat16, images * channels, 8);
    VectorInstruction op = instruction(VectorOperation::average_pool_backward, images, channels);
    op.immediate = pixels;
    op.in[0] = bench.tile(Format::dlfloat16, dy);
    op.out[0] = bench.room(Format::dlfloat16, images * pixels * channels);
    const Outcome outcome = bench.run(op);
    std::vector<float> expected;
    for (std::size_t i = 0; i < images * pixels * channels; ++i)
        expected.push_back(dy[i / (pixels * channels) * channels + i % channels] /
                           static_cast<float>(pixels));
    EXPECT_EQ(bench.codes(op.out[0], images * pixels * channels),
              encoded(Format::dlfloat16, expected));
    EXPECT_EQ(outcome.elements, images * pixels * channels);
}

}  // namespace
}  // namespace quatrain::vector_unit
