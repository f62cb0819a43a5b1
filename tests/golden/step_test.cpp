// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/step.hpp"

#include "tests/golden/sample_networks.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <numeric>
#include <set>

namespace quatrain::golden {
namespace {

/// Text of the std::invalid_argument that a call throws; empty when it throws none.
template <class Call>
std::string error_of(Call call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

bool equal(const Tensors& a, const Tensors& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.codes == y.second.codes &&
               x.second.shape == y.second.shape;
    });
}

struct StepTest : testing::Test {
    network::Network network = sample_resnet();
    Options options = four_bit_options(network, 2);
    Tensors inputs = random_inputs(network, options, 7);

    /// Recomputes every element of every tensor from the whole step's tensors.
    void expect_elements_equal_step();
};

void StepTest::expect_elements_equal_step() {
    const Tensors step = compute_step(network, options, inputs);
    for (const auto& [name, tensor] : step) {
        std::set<std::string> asked;
        const auto lookup = [&, &self = name](const std::string& wanted) -> const Tensor& {
            EXPECT_NE(wanted, self) << "a tensor is not made of itself";
            asked.insert(wanted);
            return step.contains(wanted) ? step.at(wanted) : inputs.at(wanted);
        };
        std::vector<std::int64_t> indices(tensor.codes.size());
        std::iota(indices.rbegin(), indices.rend(), 0);
        std::vector<std::uint32_t> codes =
            compute_elements(network, options, name, indices, lookup);
        std::reverse(codes.begin(), codes.end());
        EXPECT_EQ(codes, tensor.codes) << name;
        EXPECT_FALSE(asked.empty()) << name;
        EXPECT_LE(asked.size(), 7u) << name << ": asks only for its operands";
    }
}

TEST_F(StepTest, ElementsEqualTheWholeStepInFourBits) {
    expect_elements_equal_step();
}

TEST_F(StepTest, ElementsEqualTheWholeStepInSixteenBits) {
    options = sixteen_bit_options(network, 2);
    options.lanes_16bit = 3;
    inputs = random_inputs(network, options, 8);
    expect_elements_equal_step();
}

TEST_F(StepTest, DoesNotDependOnTheNumberOfThreads) {
    const Tensors one = compute_step(network, options, inputs);
    options.threads = 2;
    EXPECT_TRUE(equal(compute_step(network, options, inputs), one));
}

TEST_F(StepTest, ComputedTensorsAreInAnOrderInWhichEachIsMadeOfEarlierOnes) {
    const Tensors step = compute_step(network, options, inputs);
    std::set<std::string> known;
    for (const auto& [name, tensor] : inputs) known.insert(name);
    for (const std::string& name : computed_tensors(network, options)) {
        compute_elements(network, options, name, std::vector<std::int64_t>{0},
                         [&](const std::string& wanted) -> const Tensor& {
                             EXPECT_TRUE(known.contains(wanted)) << name << " needs " << wanted;
                             return step.contains(wanted) ? step.at(wanted) : inputs.at(wanted);
                         });
        known.insert(name);
    }
    EXPECT_EQ(known.size(), step.size() + inputs.size());
}

TEST_F(StepTest, ProgressEndsWithAllOperators) {
    std::size_t calls = 0, last = 0, all = 0;
    compute_step(network, options, inputs, [&](std::size_t done, std::size_t total) {
        ++calls;
        last = done;
        all = total;
    });
    EXPECT_EQ(last, all);
    EXPECT_EQ(calls, computed_tensors(network, options).size());
}

TEST_F(StepTest, InferenceMakesTheForwardTensorsOnly) {
    const Tensors training = compute_step(network, options, inputs);
    options.training = false;
    const Tensors inference = compute_step(network, options, inputs);
    EXPECT_EQ(inference.at("fc.output").codes, training.at("fc.output").codes);
    for (const auto& [name, tensor] : inference) {
        EXPECT_EQ(name.find("gradient"), std::string::npos) << name;
        EXPECT_FALSE(name.ends_with(".updated")) << name;
    }
    EXPECT_FALSE(inference.contains("loss"));
    EXPECT_FALSE(inference.contains("conv1.weight_codes_transposed"));
}

TEST_F(StepTest, Int32AndFp32AccumulatorsAgreeWhileNothingRounds) {
    NetworkBuilder b(8, 8, 4);
    const auto conv = b.convolution("conv", b.activation("act1", 0), 3, 8, 1, 0);
    b.fully_connected("fc", b.activation("act2", conv), 5, true);
    Options small = sixteen_bit_options(b.network(), 2);
    small.accumulator = "int32";
    EXPECT_EQ(error_of([&] { computed_tensors(b.network(), small); }),
              "layer conv: fp16 x fp16: int32 accumulators serve the 4-bit mode only");
    small.formats.assign(b.network().nodes.size(), LayerFormats{});
    const Tensors given = random_inputs(b.network(), small, 11);
    const Tensors integers = compute_step(b.network(), small, given);
    small.accumulator = "fp32";
    EXPECT_TRUE(equal(compute_step(b.network(), small, given), integers));
    small.accumulator = "dlfloat16";
    EXPECT_FALSE(equal(compute_step(b.network(), small, given), integers)) << "10 bits are too few";
}

TEST_F(StepTest, ErrorsNameTheTensorOrLayerAndTheRule) {
    Tensors broken = inputs;
    broken.erase("fc.bias");
    EXPECT_EQ(error_of([&] { compute_step(network, options, broken); }), "tensor fc.bias: missing");
    broken = inputs;
    broken["bn1.gamma"].codes.pop_back();
    EXPECT_EQ(error_of([&] { compute_step(network, options, broken); }),
              "tensor bn1.gamma: 4 elements, must have 5");
    broken = inputs;
    broken["labels"].codes[1] = 4;
    EXPECT_EQ(error_of([&] { compute_step(network, options, broken); }),
              "tensor labels: element 1 = 4, must be in 0..3");
    Options wrong = options;
    wrong.formats.back() = LayerFormats{};
    EXPECT_EQ(error_of([&] { compute_step(network, wrong, inputs); }),
              "layer fc: a layer that takes uint4 must be fed by a PACT activation");
    wrong = options;
    wrong.rows = 0;
    EXPECT_EQ(error_of([&] { compute_step(network, wrong, inputs); }),
              "rows = 0: must be at least 1");
    const auto element = [&](const std::string& name, std::int64_t index) {
        return error_of([&] {
            compute_elements(
                network, options, name, std::vector{index},
                [&](const std::string& wanted) -> const Tensor& { return inputs.at(wanted); });
        });
    };
    EXPECT_EQ(element("bn9.output", 0),
              "tensor bn9.output: not computed by a step of network sample");
    EXPECT_EQ(element("conv1.weight_codes", 135),
              "tensor conv1.weight_codes: index 135 must be in 0..134");
}

}  // namespace
}  // namespace quatrain::golden
