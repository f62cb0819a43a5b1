// SPDX-License-Identifier: Apache-2.0
// Passes that are large enough for several host threads.
#include "tests/support/allocations.hpp"
#include "tests/unit/mac_array/definition.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <stdexcept>
#include <string>

namespace quatrain::mac_array {
namespace {

constexpr int thread_counts[] = {1, 2, 3, 7};

/// As many workers as are asked for, also on a host with fewer processors.
class LargePasses : public testing::Test {
    oneapi::tbb::global_control control_{oneapi::tbb::global_control::max_allowed_parallelism, 7};
};

constexpr Pair large_pairs[] = {{Format::uint4, Format::int4},
                                {Format::uint4, Format::fp4_r4},
                                {Format::dlfloat16, Format::fp16}};

/// Rows, columns and lanes that divide nothing.
Params large_array(Accumulator accumulator) {
    Params params;
    params.rows = 11;
    params.cols = 23;
    params.chunk = 60;
    params.accumulator = accumulator;
    return params;
}

TEST_F(LargePasses, OfStationaryWeightsEqualTheDefinitionWithAnyNumberOfThreads) {
    Random random(5);
    for (const Pair& pair : large_pairs)
        for (const std::int64_t vectors : {8192L, 5001L})
            check_weight_stationary(pair, large_array(Accumulator::dlfloat16), true, vectors,
                                    thread_counts, random);
    check_weight_stationary(large_pairs[0], large_array(Accumulator::int32), false, 4000,
                            thread_counts, random);
}

TEST_F(LargePasses, OfStationaryOutputsEqualTheDefinitionWithAnyNumberOfThreads) {
    Random random(6);
    for (const Pair& pair : large_pairs)
        for (const std::int64_t pixels : {12000L, 7001L})
            check_output_stationary(pair, large_array(Accumulator::dlfloat16), true, pixels,
                                    thread_counts, random);
    check_output_stationary(large_pairs[0], large_array(Accumulator::int32), false, 9000,
                            thread_counts, random);
}

/// Passes over 4000 vectors or pixels of 8 elements.
struct LargePass {
    Params params = large_array(Accumulator::fp16);
    std::int64_t count = 4000;
    isa::WeightStationaryPass weights{.moving = {},
                                      .k_count = 8,
                                      .vectors = count,
                                      .stationary_stride = 12,
                                      .columns = 23,
                                      .accumulator_stride = 46};
    isa::OutputStationaryPass outputs{.stationary_format = Format::int4,
                                      .moving = {},
                                      .outputs = 8,
                                      .pixels = count,
                                      .stationary_stride = 12,
                                      .columns = 23,
                                      .accumulator_stride = 46};
    std::vector<std::byte> stationary =
        std::vector<std::byte>(static_cast<std::size_t>(count) * 12);
    std::vector<std::byte> buffer = std::vector<std::byte>(static_cast<std::size_t>(count) * 46);
    Scratch scratch;

    void run(const MovingVectors& moving, int threads) {
        weight_stationary_pass(params, weights, moving, stationary, buffer, scratch, threads,
                               false);
        output_stationary_pass(params, outputs, moving, stationary, buffer, scratch, threads,
                               false);
    }
};

TEST_F(LargePasses, MeetTheFirstErrorOfTheStreamWithAnyNumberOfThreads) {
    for (const int threads : thread_counts) {
        LargePass t;
        try {
            t.run(
                [](std::int64_t first, std::int64_t count, numerics::DecodedRows, std::int64_t) {
                    if (first + count > 1500) throw std::out_of_range(std::to_string(first));
                },
                threads);
            FAIL();
        } catch (const std::out_of_range& error) {
            EXPECT_STREQ(error.what(), "1280");
        }
    }
}

TEST_F(LargePasses, OntoTheSameAccumulatorsLeaveTheLastVector) {
    for (const int threads : thread_counts) {
        LargePass t;
        t.weights.accumulator_stride = 0;
        for (std::size_t i = 0; i < 12 * 8; ++i) t.stationary[i] = std::byte{0x11};  // ones
        const MovingVectors ramp = [](std::int64_t first, std::int64_t count,
                                      numerics::DecodedRows rows, std::int64_t stride) {
            for (std::int64_t i = 0; i < count; ++i)
                std::get<std::int8_t*>(rows)[i * stride] =
                    static_cast<std::int8_t>((first + i) % 16);
        };
        weight_stationary_pass(t.params, t.weights, ramp, t.stationary, t.buffer, t.scratch,
                               threads);
        EXPECT_EQ(
            numerics::decode(Format::fp16, numerics::load_code(t.buffer.data(), Format::fp16, 0)),
            static_cast<float>((t.count - 1) % 16));
    }
}

TEST_F(LargePasses, AllocateNothingOnceTheScratchMemoryIsWarm) {
    LargePass t;
    const MovingVectors zeros = [](std::int64_t, std::int64_t, numerics::DecodedRows,
                                   std::int64_t) {};
    t.run(zeros, 1);
    const std::int64_t before = test::allocations();
    t.run(zeros, 1);
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace quatrain::mac_array
