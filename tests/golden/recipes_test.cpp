// SPDX-License-Identifier: Apache-2.0
// Whole steps of a small ResNet with the formats of the recipes beyond 4 and 16 bits.
#include "tests/golden/sample_networks.hpp"
#include "workloads/golden/ideal.hpp"
#include "workloads/golden/step.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <numeric>

namespace quatrain::golden {
namespace {

/// First and last layer in A and G, the others in these formats.
Options with_middle(const network::Network& network, const LayerFormats& middle) {
    Options options = four_bit_options(network, 2);
    for (LayerFormats& formats : options.formats)
        if (formats.weight == "int4") formats = middle;
    return options;
}

Options all_fp32(const network::Network& network) {
    Options options = sixteen_bit_options(network, 2);
    options.activation_format = options.gradient_format = options.accumulator = "fp32";
    options.lanes_32bit = 2;
    options.formats.assign(network.nodes.size(), sixteen_bit_layer(options));
    return options;
}

const LayerFormats int4_fp16{"uint4", "int4", "dlfloat16", "dlfloat16", true};
const LayerFormats int4_fp8{"uint4", "int4", "fp8_152", "fp8_152", true};
const LayerFormats fp4_dx_fp8_dw{"uint4", "int4", "fp4_r4", "fp8_152", true};
const LayerFormats hfp8{"fp8_143", "fp8_143", "fp8_152", "fp8_152", true};

struct RecipeSteps : testing::Test {
    network::Network network = sample_resnet();
    std::map<std::string, Options> recipes{{"int4-fp16", with_middle(network, int4_fp16)},
                                           {"int4-fp8", with_middle(network, int4_fp8)},
                                           {"fp4-dx-fp8-dw", with_middle(network, fp4_dx_fp8_dw)},
                                           {"hfp8", with_middle(network, hfp8)},
                                           {"fp32", all_fp32(network)}};
    Tensors step(const Options& options) {
        return compute_step(network, options, random_inputs(network, options, 21));
    }
};

TEST_F(RecipeSteps, ElementsEqualTheWholeStep) {
    Options global = recipes.at("fp4-dx-fp8-dw");
    global.global_gradscale = true;
    recipes.emplace("fp4-apex", global);
    for (const auto& [recipe, options] : recipes) {
        const Tensors inputs = random_inputs(network, options, 21);
        const Tensors made = compute_step(network, options, inputs);
        ASSERT_EQ(made.size(), computed_tensors(network, options).size());
        for (const auto& [name, tensor] : made) {
            const auto lookup = [&](const std::string& wanted) -> const Tensor& {
                return made.contains(wanted) ? made.at(wanted) : inputs.at(wanted);
            };
            std::vector<std::int64_t> indices(std::min<std::size_t>(tensor.codes.size(), 40));
            std::iota(indices.begin(), indices.end(), 0);
            const auto codes = compute_elements(network, options, name, indices, lookup);
            EXPECT_TRUE(std::equal(codes.begin(), codes.end(), tensor.codes.begin()))
                << recipe << ": " << name;
        }
    }
}

// A weight-stationary chunk is rows x lanes. An output-stationary one is not, and sums of uint4 and
// fp8_152 are exact in FP32 whatever the lanes: dW alone in the 8-bit mode shows nothing.
TEST_F(RecipeSteps, OnlyTheLanesOfModesThatAreUsedDecide) {
    const std::map<std::string, std::string> used{{"int4-fp16", "1010"},
                                                  {"int4-fp8", "1110"},
                                                  {"fp4-dx-fp8-dw", "1010"},
                                                  {"hfp8", "0110"},
                                                  {"fp32", "0001"}};
    for (auto& [recipe, options] : recipes) {
        if (recipe != "fp32") options.accumulator = "bf16";  // of 8 bits, so that integers round
        const Tensors made = step(options);
        std::string matters;
        for (const auto lanes : {&Options::lanes_4bit, &Options::lanes_8bit, &Options::lanes_16bit,
                                 &Options::lanes_32bit}) {
            Options changed = options;
            changed.*lanes += 1;
            const Tensors other = step(changed);
            const bool same = std::ranges::all_of(made, [&](const auto& one) {
                return one.second.codes == other.at(one.first).codes;
            });
            matters += same ? '0' : '1';
        }
        EXPECT_EQ(matters, used.at(recipe)) << recipe;
    }
}

/// The worst agreement of all weight gradients with FP64 [dB].
double worst_gradient(const network::Network& network, const Options& options) {
    const Tensors inputs = random_inputs(network, options, 21);
    const Tensors made = compute_step(network, options, inputs);
    const IdealTensors ideal = compute_ideal_step(network, options, inputs);
    double worst = HUGE_VAL;
    for (const auto& [name, tensor] : made)
        if (name.ends_with(".weight_gradient"))
            worst = std::min(worst, compare(values(tensor), ideal.at(name)).sqnr_db);
    return worst;
}

// 24 bits are 144 dB; a few are lost in sums and batch norms.
TEST_F(RecipeSteps, Fp32IsTheIdealStepToItsPrecision) {
    const double worst = worst_gradient(network, recipes.at("fp32"));
    EXPECT_GT(worst, 100);
    EXPECT_LT(worst, 180) << "it is not computed in FP64";
}

// Of the same forward codes and the same 16-bit gradient of the last layers: how far the gradients
// of the layer before the classifier are from those without quantised gradients.
TEST_F(RecipeSteps, GradientsOfFewerBitsAreFartherFromThoseOfSixteen) {
    const Tensors inputs = random_inputs(network, recipes.at("int4-fp8"), 21);
    const Tensors plain = compute_step(network, recipes.at("int4-fp16"), inputs);
    const auto sqnr = [&](const LayerFormats& middle, const std::string& name) {
        const Tensors made = compute_step(network, with_middle(network, middle), inputs);
        EXPECT_EQ(made.at("fc.output").codes, plain.at("fc.output").codes);
        return compare(values(made.at(name)), values(plain.at(name))).sqnr_db;
    };
    const std::string dw = "block2.conv2.weight_gradient", dx = "block2.conv2.input_gradient";
    // fp4_r4 has one value in two binades, fp8_152 four in one: three bits, of 6 dB each.
    EXPECT_GT(sqnr(int4_fp8, dx), sqnr({}, dx) + 10);
    EXPECT_GT(sqnr(int4_fp8, dw), sqnr({}, dw) + 10);
    EXPECT_EQ(sqnr(fp4_dx_fp8_dw, dw), sqnr(int4_fp8, dw));
    EXPECT_EQ(sqnr(fp4_dx_fp8_dw, dx), sqnr({}, dx));
}

TEST_F(RecipeSteps, AGlobalScaleFollowsTheLeastVote) {
    Options options = recipes.at("fp4-dx-fp8-dw");
    options.global_gradscale = true;
    Tensors inputs = random_inputs(network, options, 21);
    const std::vector<std::string> layers{"block1.conv1", "block1.conv2", "block2.conv1",
                                          "block2.conv2", "block2.down.conv"};
    const auto updates = [&] {
        const Tensors made = compute_step(network, options, inputs);
        int least = 1;
        for (const std::string& layer : layers)
            least =
                std::min(least, static_cast<int>(values(made.at(layer + ".gradscale_vote"))[0]));
        EXPECT_EQ(values(made.at("gradscale_vote"))[0], least);
        std::vector<double> next;
        for (const std::string& layer : layers)
            next.push_back(values(made.at(layer + ".gradscale_log2.updated"))[0]);
        return next;
    };
    for (const std::string& layer : layers)
        inputs[layer + ".gradscale_log2"] = integer_tensor("int32", {0});
    EXPECT_EQ(updates(), std::vector<double>(5, 1)) << "all gradients are small: up";
    inputs["block2.conv1.gradscale_log2"] = integer_tensor("int32", {30});
    EXPECT_EQ(updates(), (std::vector<double>{-1, -1, 29, -1, -1})) << "one is too large: down";
}

TEST_F(RecipeSteps, CoresAddTheirLeastVotes) {
    Options options = recipes.at("fp4-dx-fp8-dw");
    options.global_gradscale = true;
    options.cores = 2;
    const std::vector<Tensors> inputs(2, random_inputs(network, options, 21));
    const std::vector<Tensors> made = compute_parallel_step(network, options, inputs);
    EXPECT_FALSE(made[0].contains("block1.conv1.gradscale_vote.reduced"));
    const double sum = values(made[0].at("gradscale_vote"))[0] * 2;
    EXPECT_EQ(values(made[0].at("gradscale_vote.reduced"))[0], sum);
    const double direction = sum > 0 ? 1 : sum < 0 ? -1 : 0;
    EXPECT_EQ(values(made[1].at("block1.conv1.gradscale_log2.updated"))[0], 12 + direction);
}

}  // namespace
}  // namespace quatrain::golden
