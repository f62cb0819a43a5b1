// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/function.hpp"

#include "tests/unit/mac_array/definition.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdexcept>

namespace quatrain::mac_array {
namespace {

constexpr int one_thread[] = {1};

TEST(ArrayFunction, WeightStationaryPassesEqualTheDefinition) {
    Random random(1);
    for (const Pair& pair : pairs)
        for (const Accumulator accumulator : accumulators)
            for (int repeat = 0; allowed(pair, accumulator) && repeat < 3; ++repeat) {
                SCOPED_TRACE(fmt::format("{} x {}", numerics::name(pair.moving),
                                         numerics::name(pair.stationary)));
                check_weight_stationary(pair, random_array(random, accumulator), repeat != 0,
                                        1 + below(random, 300), one_thread, random);
            }
}

TEST(ArrayFunction, OutputStationaryPassesEqualTheDefinition) {
    Random random(2);
    for (const Pair& pair : pairs)
        for (const Accumulator accumulator : accumulators)
            for (int repeat = 0; allowed(pair, accumulator) && repeat < 3; ++repeat) {
                SCOPED_TRACE(fmt::format("{} x {}", numerics::name(pair.moving),
                                         numerics::name(pair.stationary)));
                check_output_stationary(pair, random_array(random, accumulator), repeat != 0,
                                        1 + below(random, 200), one_thread, random);
            }
}

TEST(ArrayFunction, LongOutputStationaryPassesKeepChunksWhole) {
    Random random(3);
    Params params = random_array(random, Accumulator::dlfloat16);
    params.rows = 2;
    params.chunk = 48 * 12;  // no divisor of the host's block length
    check_output_stationary({Format::uint4, Format::fp4_r4}, params, true, 5000, one_thread,
                            random);
}

TEST(ArrayFunction, APassLargerThanTheArrayIsAnError) {
    Params params;
    isa::WeightStationaryPass pass;
    pass.columns = params.cols + 1;
    Scratch scratch;
    const MovingVectors none;
    EXPECT_THROW(weight_stationary_pass(params, pass, none, {}, {}, scratch, 1),
                 std::invalid_argument);
    pass.columns = 1;
    pass.k_count = params.rows * params.lanes_4bit + 1;
    EXPECT_THROW(weight_stationary_pass(params, pass, none, {}, {}, scratch, 1),
                 std::invalid_argument);
}

TEST(ArrayFunction, AnAddressOutsideABufferIsAnError) {
    Params params;
    isa::WeightStationaryPass pass;
    pass.columns = 4;
    pass.k_count = 3;
    pass.vectors = 2;
    pass.stationary_stride = 2;
    pass.accumulator_stride = 8;
    Random random(4);
    const Matrix moving = random_matrix(Format::uint4, 2, 3, random);
    Scratch scratch;
    const auto run = [&](std::size_t stationary_bytes, std::size_t accumulator_bytes) {
        const std::vector<std::byte> stationary(stationary_bytes);
        std::vector<std::byte> buffer(accumulator_bytes);
        weight_stationary_pass(params, pass, vectors_of(moving), stationary, buffer, scratch, 1);
    };
    EXPECT_NO_THROW(run(6, 16));
    EXPECT_THROW(run(5, 16), std::out_of_range);
    EXPECT_THROW(run(6, 15), std::out_of_range);
}

}  // namespace
}  // namespace quatrain::mac_array
