// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/golden/sample_networks.hpp"
#include "workloads/golden/ideal.hpp"
#include "workloads/golden/step.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace quatrain::golden {

using Doubles = std::vector<double>;

/// value * step in FP32, rounded to a format.
inline double rounded_product(const std::string& format, float value, float step) {
    return round_to(float_format(format), static_cast<double>(value * step));
}

/// input -> conv1 (16 bits) -> PACT -> conv2 (4 bits) -> average -> fc (16 bits, bias). x = {2, 3};
/// codes of x = {10, 15} with alpha = 3; codes of conv2's weights {1, 0} = {3, 0}; both logits 0 by
/// fc's bias.
struct FourBitByHand : testing::Test {
    FourBitByHand() {
        auto x = builder.activation("act", builder.convolution("conv1", 0, 1, 1, 1, 0));
        x = builder.average_pool("average", builder.convolution("conv2", x, 2, 1, 1, 0));
        builder.fully_connected("fc", x, 2, true);
        options = four_bit_options(builder.network(), 1);
        inputs = {{"images", integer_tensor("uint8", {2, 4})},
                  {"labels", integer_tensor("int32", {0})},
                  {"input.scale", fp32_tensor({0.5F})},
                  {"input.shift", fp32_tensor({1})},
                  {"conv1.weight", fp32_tensor({1})},
                  {"act.alpha", fp32_tensor({3})},
                  {"conv2.weight", fp32_tensor({1, 0})},
                  {"fc.weight", fp32_tensor({1, 3, 0, 0})},
                  {"fc.bias", fp32_tensor({-average, -triple})},
                  {"conv2.gradscale_log2", integer_tensor("int32", {5})}};
        const Tensors parameters = inputs;
        for (const char* name :
             {"conv1.weight", "act.alpha", "conv2.weight", "fc.weight", "fc.bias"}) {
            Tensor zeros = parameters.at(name);
            for (auto& code : zeros.codes) code = 0;
            inputs[std::string(name) + ".momentum"] = zeros;
        }
    }
    Doubles of(const std::string& name) {
        return values(compute_step(builder.network(), options, inputs).at(name));
    }

    NetworkBuilder builder{1, 2, 1};
    Options options;
    Tensors inputs;
    const float weight_alpha = 12.035F * std::sqrt(0.5F) - 12.03F * 0.5F;
    const float weight_step = weight_alpha / 7, step = 3.0F / 15;
    // Outputs of channel 0 are 10 * 3 and 15 * 3 steps; the sum over pixels is rounded in FP32.
    const Doubles outputs{rounded_product("fp16", 30, step* weight_step), 0,
                          rounded_product("fp16", 45, step* weight_step), 0};
    const float average = static_cast<float>(
        round_to(float_format("fp16"),
                 (static_cast<float>(outputs[0]) + static_cast<float>(outputs[2])) / 2));
    const float triple = static_cast<float>(round_to(float_format("fp16"), 3 * average));
};

}  // namespace quatrain::golden
