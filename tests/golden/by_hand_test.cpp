// SPDX-License-Identifier: Apache-2.0
// Networks whose numbers are worked out here, on paper.
#include "tests/golden/four_bit_by_hand.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace quatrain::golden {
namespace {

TEST(ByHand, SixteenBitConvolutionAndFullyConnected) {
    NetworkBuilder b(1, 2, 1);
    const auto conv = b.convolution("conv", 0, 2, 1, 1, 0);
    b.fully_connected("fc", b.average_pool("average", conv), 2, false);
    Options options = sixteen_bit_options(b.network(), 1);
    options.learning_rate = 0.5;
    options.momentum = 0.5;
    options.weight_decay = 0.25;
    const Tensors inputs{{"images", integer_tensor("uint8", {2, 4})},
                         {"labels", integer_tensor("int32", {1})},
                         {"input.scale", fp32_tensor({0.5F})},
                         {"input.shift", fp32_tensor({1})},
                         {"conv.weight", fp32_tensor({1, -2})},
                         {"conv.weight.momentum", fp32_tensor({1, 1})},
                         {"fc.weight", fp32_tensor({2, 0, 1, 0})},
                         {"fc.weight.momentum", fp32_tensor({0, 0, 0, 0})}};
    const Tensors step = compute_step(b.network(), options, inputs);
    const auto of = [&](const std::string& name) { return values(step.at(name)); };
    EXPECT_EQ(of("input.output"), (Doubles{2, 3}));
    EXPECT_EQ(of("conv.output"), (Doubles{2, -4, 3, -6}));
    EXPECT_EQ(of("average.output"), (Doubles{2.5, -5}));
    EXPECT_EQ(of("fc.output"), (Doubles{0, 0}));
    EXPECT_EQ(of("loss"), (Doubles{static_cast<double>(static_cast<float>(std::log(2.0)))}));
    EXPECT_EQ(of("loss.input_gradient"), (Doubles{0.5, -0.5}));
    EXPECT_EQ(of("fc.input_gradient"), (Doubles{1, 0.5}));
    EXPECT_EQ(of("fc.weight_gradient"), (Doubles{1.25, -1.25, -2.5, 2.5}));
    EXPECT_EQ(of("average.input_gradient"), (Doubles{0.5, 0.25, 0.5, 0.25}));
    EXPECT_EQ(of("conv.weight_gradient"), (Doubles{2.5, 1.25}));
    // d = g + wd w = {2.75, 0.75}; v' = v / 2 + d; w' = w - v' / 2.
    EXPECT_EQ(of("conv.weight.momentum.updated"), (Doubles{3.25, 1.25}));
    EXPECT_EQ(of("conv.weight.updated"), (Doubles{-0.625, -2.625}));
    EXPECT_FALSE(step.contains("conv.input_gradient")) << "nothing that learns lies before it";
}

TEST_F(FourBitByHand, Forward) {
    EXPECT_EQ(of("act.output"), (Doubles{10, 15}));
    EXPECT_EQ(of("act.step")[0], static_cast<double>(step));
    EXPECT_EQ(of("act.reciprocal")[0], 5.0);
    EXPECT_EQ(of("conv2.weight_alpha")[0], static_cast<double>(weight_alpha));
    EXPECT_NEAR(weight_alpha, 2.495, 1e-3);
    EXPECT_EQ(of("conv2.weight_codes"), (Doubles{3, 0})) << "1 / 0.356 = 2.8";
    EXPECT_EQ(of("conv2.output"), outputs);
    EXPECT_EQ(of("average.output")[0], static_cast<double>(average));
    EXPECT_EQ(of("fc.product"),
              (Doubles{static_cast<double>(average), static_cast<double>(triple)}));
    EXPECT_EQ(of("fc.output"), (Doubles{0, 0}));
}

TEST_F(FourBitByHand, Backward) {
    // dy of the logits {-1/2, 1/2}; of fc's input {1, 0}; of conv2's output {1/2, 0} at both
    // pixels; times 2^5: 16.
    EXPECT_EQ(of("fc.bias_gradient"), (Doubles{-0.5, 0.5}));
    EXPECT_EQ(of("average.input_gradient"), (Doubles{0.5, 0, 0.5, 0}));
    EXPECT_EQ(values(compute_step(builder.network(), options, inputs).at("conv2.gradient_even")),
              (Doubles{16, 0, 16, 0}));
    EXPECT_EQ(
        values(compute_step(builder.network(), options, inputs).at("conv2.gradient_odd"), 1, true),
        (Doubles{8, 0, 8, 0}))
        << "32 is below the middle of 16 and 64";
    EXPECT_EQ(of("conv2.gradient_max")[0], 16.0);
    EXPECT_EQ(of("conv2.gradscale_vote")[0], 1.0);
    EXPECT_EQ(of("conv2.gradscale_log2.updated")[0], 6.0);
    const double dx = rounded_product("dlfloat16", 16 * 3, weight_step / 32);
    EXPECT_EQ(of("conv2.input_gradient"), (Doubles{dx, dx}));
    const double dw = rounded_product("dlfloat16", 16 * (10 + 15), step / 32 / 2);
    EXPECT_EQ(of("conv2.weight_gradient"), (Doubles{dw, 0}));
    EXPECT_EQ(of("act.input_gradient"), (Doubles{dx, dx})) << "x = alpha passes";
    EXPECT_EQ(of("act.alpha_gradient"), (Doubles{dx})) << "only x = 3 is at least alpha";
}

TEST_F(FourBitByHand, GradientsThatLeaveTheRangeAreCounted) {
    // dy = {1/2, 0} at both pixels: a zero never counts.
    const auto counts = [&](std::int32_t log2_scale) {
        inputs["conv2.gradscale_log2"] = integer_tensor("int32", {log2_scale});
        return Doubles{of("conv2.gradient_underflow")[0], of("conv2.gradient_overflow")[0]};
    };
    EXPECT_EQ(counts(5), (Doubles{0, 0}));
    EXPECT_EQ(counts(7), (Doubles{0, 0})) << "64 is the largest value";
    EXPECT_EQ(counts(8), (Doubles{0, 2}));
    EXPECT_EQ(counts(-5), (Doubles{0, 0})) << "2^-6 is the smallest value";
    EXPECT_EQ(counts(-6), (Doubles{2, 0})) << "2^-7 is below 1.25 * 2^-7";
}

TEST_F(FourBitByHand, WithoutTwoPhaseRoundingTheWeightGradientTakesTheEvenPhase) {
    options.formats[3].two_phase = false;
    ASSERT_EQ(builder.network().nodes[3].name, "conv2");
    const double dw = rounded_product("dlfloat16", 16 * (10 + 15), step / 32);
    EXPECT_EQ(of("conv2.weight_gradient"), (Doubles{dw, 0}));
    EXPECT_FALSE(compute_step(builder.network(), options, inputs).contains("conv2.gradient_odd"));
}

TEST_F(FourBitByHand, WeightsBeyondAlphaGetNoGradientButDecay) {
    options.weight_decay = 0.25;
    options.learning_rate = 1;
    inputs["conv2.weight"] = fp32_tensor({1, 1});  // E[w^2] = E[|w|] = 1: alpha is 0.005
    const Tensors step_tensors = compute_step(builder.network(), options, inputs);
    EXPECT_LT(values(step_tensors.at("conv2.weight_alpha"))[0], 0.006);
    EXPECT_NE(values(step_tensors.at("conv2.weight_gradient"))[0], 0.0);
    EXPECT_EQ(values(step_tensors.at("conv2.weight.updated")), (Doubles{0.75, 0.75}));
}

}  // namespace
}  // namespace quatrain::golden
