// SPDX-License-Identifier: Apache-2.0
// The small network of four_bit_by_hand.hpp with other formats in its middle layer. dy of conv2 is
// {1/2, 0} at both pixels; with s = 4, t = 8: even(8) = 4, odd(8) = 8 (of 2 t = 16), fp8(8) = 8.
#include "tests/golden/four_bit_by_hand.hpp"

#include <gtest/gtest.h>

namespace quatrain::golden {
namespace {

struct FormatsByHand : FourBitByHand {
    void take(const LayerFormats& formats, int log2_scale = 4) {
        options.formats[3] = formats;
        inputs["conv2.gradscale_log2"] = integer_tensor("int32", {log2_scale});
    }
    bool makes(const std::string& name) {
        return compute_step(builder.network(), options, inputs).contains(name);
    }
};

TEST_F(FormatsByHand, Fp8GradientsOfBothGemms) {
    take({"uint4", "int4", "fp8_152", "fp8_152", true});
    EXPECT_EQ(of("conv2.gradient_fp8"), (Doubles{8, 0, 8, 0}));
    EXPECT_FALSE(makes("conv2.gradient_even") || makes("conv2.gradient_odd"));
    const double dx = rounded_product("dlfloat16", 8 * 3, weight_step / 16);
    EXPECT_EQ(of("conv2.input_gradient"), (Doubles{dx, dx}));
    const double dw = rounded_product("dlfloat16", 8 * (10 + 15), step / 16);
    EXPECT_EQ(of("conv2.weight_gradient"), (Doubles{dw, 0}));
    EXPECT_EQ(of("conv2.output"), outputs) << "forward stays in 4 bits";
    EXPECT_EQ(of("conv2.gradscale_log2.updated")[0], 5.0);
}

TEST_F(FormatsByHand, Fp4ForDataAndFp8ForWeights) {
    take({"uint4", "int4", "fp4_r4", "fp8_152", true});
    EXPECT_EQ(of("conv2.gradient_even")[0], 4.0);
    EXPECT_FALSE(makes("conv2.gradient_odd"));
    const double dx = rounded_product("dlfloat16", 4 * 3, weight_step / 16);
    EXPECT_EQ(of("conv2.input_gradient"), (Doubles{dx, dx}));
    const double dw = rounded_product("dlfloat16", 8 * (10 + 15), step / 16);
    EXPECT_EQ(of("conv2.weight_gradient"), (Doubles{dw, 0}));
}

TEST_F(FormatsByHand, Fp4ForDataAndTheGradientItselfForWeights) {
    take({"uint4", "int4", "fp4_r4", "dlfloat16", true});
    const double dx = rounded_product("dlfloat16", 4 * 3, weight_step / 16);
    EXPECT_EQ(of("conv2.input_gradient"), (Doubles{dx, dx}));
    const double dw = rounded_product("dlfloat16", 0.5F * (10 + 15), step);
    EXPECT_EQ(of("conv2.weight_gradient"), (Doubles{dw, 0})) << "no scale to take back";
}

TEST_F(FormatsByHand, SixteenBitGradientsOfIntegerOperandsHaveNoScale) {
    take({"uint4", "int4", "dlfloat16", "dlfloat16", true});
    inputs.erase("conv2.gradscale_log2");
    const double dx = rounded_product("dlfloat16", 1.5F, weight_step);
    EXPECT_EQ(of("conv2.input_gradient"), (Doubles{dx, dx}));
    const double dw = rounded_product("dlfloat16", 12.5F, step);
    EXPECT_EQ(of("conv2.weight_gradient"), (Doubles{dw, 0}));
    for (const char* name : {"gradient_fp8", "gradient_max", "gradscale_vote"})
        EXPECT_FALSE(makes(std::string("conv2.") + name)) << name;
    EXPECT_EQ(of("conv2.weight.updated")[0],
              static_cast<double>(1 - 0.1F * (static_cast<float>(dw) + 1e-4F)));
}

TEST_F(FormatsByHand, Fp8GradientsSaturateAndAreCounted) {
    const auto counts = [&](int log2_scale) {
        take({"uint4", "int4", "fp8_152", "fp8_152", true}, log2_scale);
        return Doubles{of("conv2.gradient_fp8")[0], of("conv2.gradient_underflow")[0],
                       of("conv2.gradient_overflow")[0], of("conv2.gradscale_vote")[0]};
    };
    EXPECT_EQ(counts(16), (Doubles{32768, 0, 2, -1}));
    EXPECT_EQ(counts(17), (Doubles{57344, 0, 2, -1})) << "65536 is beyond the largest value";
    EXPECT_EQ(counts(7), (Doubles{64, 0, 0, 0}));
    EXPECT_EQ(counts(6), (Doubles{32, 0, 0, 1}));
    EXPECT_EQ(counts(-15), (Doubles{0x1p-16, 0, 0, 1})) << "the smallest value";
    EXPECT_EQ(counts(-16), (Doubles{0, 2, 0, 1})) << "a tie with zero";
    // Where even codes are made too, they decide.
    take({"uint4", "int4", "fp4_r4", "fp8_152", true}, -6);
    EXPECT_EQ(of("conv2.gradient_underflow")[0], 2.0);
    EXPECT_EQ(of("conv2.gradient_fp8")[0], 0x1p-7);
}

TEST_F(FormatsByHand, Fp8ForwardRoundsActivationsAndWeights) {
    take({"fp8_143", "fp8_143", "fp8_152", "fp8_152", true});
    inputs["images"] = integer_tensor("uint8", {2, 32});  // x = {2, 17}
    inputs["conv2.weight"] = fp32_tensor({1.07F, 0});
    EXPECT_EQ(of("act.output"), (Doubles{2, 16})) << "17 lies between 16 and 18";
    EXPECT_EQ(of("conv2.weight_codes"), (Doubles{1.125, 0}));
    EXPECT_EQ(of("conv2.output"), (Doubles{2.25, 0, 18, 0}));
    EXPECT_FALSE(makes("act.step") || makes("conv2.weight_step"));
    const Tensors made = compute_step(builder.network(), options, inputs);
    EXPECT_EQ(made.at("act.output").format, "fp8_143");
    EXPECT_EQ(made.at("conv2.weight_codes_transposed").format, "fp8_143");
}

TEST_F(FormatsByHand, AllIn32BitsRoundsOnlyToFp32) {
    options.activation_format = options.gradient_format = options.accumulator = "fp32";
    options.lanes_32bit = 2;
    options.lanes_16bit = options.lanes_8bit = options.lanes_4bit = 0;
    for (auto& formats : options.formats) formats = sixteen_bit_layer(options);
    inputs["conv2.weight"] = fp32_tensor({1 + 0x1p-23F, -2});
    const Tensors made = compute_step(builder.network(), options, inputs);
    // 2 (1 + 2^-23) is exact; 3 (1 + 2^-23) = 3 + 1.5 x 2^-22, a tie that goes to 3 + 2^-21.
    EXPECT_EQ(values(made.at("conv2.output")), (Doubles{2 + 0x1p-22, -4, 3 + 0x1p-21, -6}));
    EXPECT_EQ(made.at("conv2.weight_codes").codes, inputs.at("conv2.weight").codes);
    EXPECT_EQ(made.at("act.output").format, "fp32");
    EXPECT_EQ(made.at("conv2.weight_gradient").format, "fp32");
}

TEST_F(FormatsByHand, AModeWithoutLanesIsAnErrorThatNamesLayerAndFormats) {
    const auto error = [&] {
        try {
            computed_tensors(builder.network(), options);
        } catch (const std::invalid_argument& invalid) {
            return std::string(invalid.what());
        }
        return std::string();
    };
    take({"uint4", "int4", "fp4_r4", "fp8_152", true});
    options.lanes_8bit = 0;
    EXPECT_EQ(error(), "layer conv2: uint4 x fp8_152: lanes_8bit = 0: the array has no such mode");
    options.training = false;
    EXPECT_EQ(error(), "") << "forward needs 4 and 16 bits only";
    options.training = true;
    options.lanes_8bit = -1;
    EXPECT_EQ(error(), "lanes_8bit = -1: must not be negative");
    options.lanes_8bit = 2;
    take({"uint4", "int4", "fp8_152", "fp4_r4", true});
    EXPECT_EQ(error(),
              "layer conv2: gradient_weight fp4_r4: must be fp4_r4 beside int4 weights (dW: and an "
              "fp4_r4 dX), fp8_152 or dlfloat16");
    take({"uint4", "fp8_143", "fp8_152", "fp8_152", true});
    EXPECT_EQ(error(),
              "layer conv2: activation uint4, weight fp8_143: must be uint4 and int4, fp8_143 and "
              "fp8_143, or fp16 and fp16");
}

}  // namespace
}  // namespace quatrain::golden
