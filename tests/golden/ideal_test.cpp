// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/ideal.hpp"

#include "tests/golden/sample_networks.hpp"
#include "tests/golden/slopes.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <numeric>

namespace quatrain::golden {
namespace {

double loss_with(const network::Network& network, const Options& options, Tensors inputs,
                 const std::string& parameter, std::size_t index, float value) {
    inputs[parameter].codes[index] = encode_fp32(value);
    return compute_ideal_step(network, options, inputs).at("loss")[0];
}

/// Compares the gradients of every parameter with differences of the loss, at a few elements of
/// each.
void expect_numerical_gradients(const Options& options) {
    const network::Network network = sample_resnet();
    const Tensors inputs = random_inputs(network, options, 3);
    const IdealTensors ideal = compute_ideal_step(network, options, inputs);
    int checked = 0;
    for (const auto& [name, parameter] : inputs) {
        const auto gradient = ideal.find(name + "_gradient");
        if (gradient == ideal.end()) continue;
        checked +=
            expect_slopes(name, parameter, gradient->second, 5,
                          [&, &parameter_name = name](std::size_t i, float value) {
                              return loss_with(network, options, inputs, parameter_name, i, value);
                          });
    }
    EXPECT_GT(checked, 80);
}

TEST(Ideal, GradientsAreTheSlopesOfTheLossWithRelu) {
    expect_numerical_gradients(sixteen_bit_options(sample_resnet(), 3));
}

TEST(Ideal, GradientsAreTheSlopesOfTheLossWithPact) {
    expect_numerical_gradients(four_bit_options(sample_resnet(), 3));
}

TEST(Ideal, SixteenBitStepIsCloseToItInEveryTensor) {
    const network::Network network = sample_resnet();
    Options options = sixteen_bit_options(network, 3);
    options.accumulator = "fp32";
    const Tensors inputs = random_inputs(network, options, 3);
    const Tensors step = compute_step(network, options, inputs);
    const IdealTensors ideal = compute_ideal_step(network, options, inputs);
    for (const auto& [name, numbers] : ideal) {
        ASSERT_TRUE(step.contains(name)) << name;
        EXPECT_GT(compare(values(step.at(name)), numbers).sqnr_db, 35) << name;
    }
    EXPECT_TRUE(ideal.contains("block2.conv1.input_gradient"));
    EXPECT_TRUE(ideal.contains("pool.output_gradient"));
}

/// Lets every GradScale settle, as it does over the first steps of a training run.
void settle_gradscales(const network::Network& network, const Options& options, Tensors& inputs) {
    for (int repetition = 0; repetition < 12; ++repetition) {
        const Tensors step = compute_step(network, options, inputs);
        for (auto& [name, tensor] : inputs) {
            if (name.ends_with(".gradscale_log2")) tensor = step.at(name + ".updated");
        }
    }
}

TEST(Ideal, FourBitStepPointsTheSameWayAndIsAsLong) {
    const network::Network network = sample_resnet();
    const Options options = four_bit_options(network, 6);
    Tensors inputs = random_inputs(network, options, 3);
    settle_gradscales(network, options, inputs);
    const Tensors step = compute_step(network, options, inputs);
    const IdealTensors ideal = compute_ideal_step(network, options, inputs);
    for (const std::string layer :
         {"block1.conv1", "block1.conv2", "block2.conv1", "block2.conv2", "block2.down.conv"}) {
        for (const std::string suffix : {".output", ".input_gradient", ".weight_gradient"}) {
            const std::vector<double> quantised = values(step.at(layer + suffix));
            const std::vector<double>& numbers = ideal.at(layer + suffix);
            const double norm = std::sqrt(
                std::inner_product(quantised.begin(), quantised.end(), quantised.begin(), 0.0));
            const double ideal_norm =
                std::sqrt(std::inner_product(numbers.begin(), numbers.end(), numbers.begin(), 0.0));
            EXPECT_GT(compare(quantised, numbers).cosine, suffix == ".output" ? 0.9 : 0.5)
                << layer << suffix;
            // The odd phase clips the largest gradients to half.
            EXPECT_NEAR(norm / ideal_norm, 1, suffix == ".weight_gradient" ? 0.6 : 0.3)
                << layer << suffix;
        }
    }
}

TEST(Ideal, DoesNotDependOnTheNumberOfThreads) {
    const network::Network network = sample_resnet();
    Options options = sixteen_bit_options(network, 3);
    const Tensors inputs = random_inputs(network, options, 5);
    const IdealTensors one = compute_ideal_step(network, options, inputs);
    options.threads = 2;
    EXPECT_EQ(compute_ideal_step(network, options, inputs), one);
}

TEST(Fidelity, MeasuresNoiseDirectionAndBias) {
    const std::vector<double> ideal{3, 4}, values{3, 3.5};
    const Fidelity fidelity = compare(values, ideal);
    EXPECT_NEAR(fidelity.sqnr_db, 20, 1e-12);
    EXPECT_NEAR(fidelity.cosine, 23 / (5 * std::sqrt(21.25)), 1e-12);
    EXPECT_EQ(fidelity.bias, -0.25);
    EXPECT_TRUE(std::isinf(compare(ideal, ideal).sqnr_db));
    EXPECT_EQ(compare(ideal, std::vector<double>{0, 0}).cosine, 0);
    EXPECT_THROW(compare(ideal, std::vector<double>{1}), std::invalid_argument);
}

TEST(Fidelity, ValuesTakeStepAndPhase) {
    EXPECT_EQ(values(integer_tensor("int4", {15, 7}), 0.5), (std::vector<double>{-0.5, 3.5}));
    EXPECT_EQ(values(integer_tensor("fp4_r4", {7, 9})), (std::vector<double>{64, -0x1p-6}));
    EXPECT_EQ(values(integer_tensor("fp4_r4", {7, 9}), 1, true),
              (std::vector<double>{32, -0x1p-7}));
    EXPECT_EQ(values(integer_tensor("fp4_r4", {7, 9}), 0.25), (std::vector<double>{16, -0x1p-8}));
    EXPECT_EQ(values(integer_tensor("fp4_r4", {7, 9}), 0.25, true),
              (std::vector<double>{8, -0x1p-9}));
    EXPECT_EQ(values(integer_tensor("int32", {-3})), (std::vector<double>{-3}));
    EXPECT_EQ(values(fp32_tensor({0.1F})), (std::vector<double>{static_cast<double>(0.1F)}));
}

}  // namespace
}  // namespace quatrain::golden
