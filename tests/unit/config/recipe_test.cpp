// SPDX-License-Identifier: Apache-2.0
#include "sim/config/error.hpp"
#include "sim/config/reader.hpp"

#include <gtest/gtest.h>

namespace quatrain::config {
namespace {

using numerics::Format;

std::string recipe_error(const std::string& text) {
    try {
        read_recipe({"recipe.yaml", text});
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

const std::string four_bit_rule =
    "rules:\n"
    "  - {layers: '*', activation: uint4, weight: int4, gradient_data: fp4_r4, gradient_weight: "
    "fp4_r4}\n";

TEST(Recipe, TheDefaultIsFourBitsWithSixteenInTheFirstAndTheLastLayer) {
    const training::Recipe recipe = load_recipe("fp4-tpr");
    ASSERT_EQ(recipe.rules.size(), 3U);
    EXPECT_EQ(recipe.rules[0].pattern, "*");
    EXPECT_TRUE(training::has_int4_weights(recipe.rules[0].formats));
    EXPECT_TRUE(recipe.rules[0].formats.two_phase);
    EXPECT_EQ(recipe.rules[1].pattern, "first");
    EXPECT_EQ(recipe.rules[2].pattern, "last");
    for (const std::size_t rule : {1, 2}) {
        const training::GemmFormats& formats = recipe.rules[rule].formats;
        EXPECT_EQ(formats.activation, Format::fp16);
        EXPECT_EQ(formats.weight, Format::fp16);
        EXPECT_EQ(formats.gradient_data, Format::dlfloat16);
        EXPECT_EQ(formats.gradient_weight, Format::dlfloat16);
    }
    EXPECT_EQ(recipe.initial_gradscale_log2, 16);
    EXPECT_DOUBLE_EQ(recipe.weight_decay, 1e-4);
}

TEST(Recipe, WeightGradientsAreClippedUnlessTheRecipePassesAll) {
    EXPECT_TRUE(load_recipe("fp4-tpr").clip_weight_gradient);
    EXPECT_TRUE(read_recipe({"recipe.yaml", "name: a\n" + four_bit_rule}).clip_weight_gradient);
    EXPECT_FALSE(
        read_recipe({"recipe.yaml", "name: a\nclip_weight_gradient: false\n" + four_bit_rule})
            .clip_weight_gradient);
}

TEST(Recipe, WithoutTwoPhaseRoundingOnlyThePhaseDiffers) {
    const training::Recipe recipe = load_recipe("fp4-no-tpr");
    EXPECT_FALSE(recipe.rules[0].formats.two_phase);
    EXPECT_TRUE(training::has_int4_weights(recipe.rules[0].formats));
    EXPECT_EQ(recipe.rules.size(), load_recipe("fp4-tpr").rules.size());
}

TEST(Recipe, OfAnotherThresholdDifferFromTheFourBitOneInThatAlone) {
    EXPECT_EQ(load_recipe("fp4-tpr").threshold_factor, 1.6);
    for (const auto& [name, factor] :
         {std::pair{"fp4-threshold-1", 1.0}, std::pair{"fp4-threshold-2", 2.0}}) {
        const training::Recipe recipe = load_recipe(name), base = load_recipe("fp4-tpr");
        EXPECT_EQ(recipe.threshold_factor, factor);
        EXPECT_EQ(recipe.rules.size(), base.rules.size());
        EXPECT_TRUE(training::makes_odd_codes(recipe.rules[0].formats));
        EXPECT_EQ(recipe.learning_rate, base.learning_rate);
    }
}

TEST(Recipe, OfFourBitsForwardAloneHasNoQuantisedGradient) {
    const training::Recipe recipe = load_recipe("int4-fp32");
    EXPECT_EQ(recipe.accumulator, "fp32");
    for (const training::RecipeRule& rule : recipe.rules) {
        EXPECT_EQ(rule.formats.gradient_data, Format::fp32);
        EXPECT_EQ(rule.formats.gradient_weight, Format::fp32);
        EXPECT_EQ(training::has_int4_weights(rule.formats), rule.pattern == "*");
        EXPECT_EQ(training::has_uint4_activations(rule.formats), rule.pattern == "*");
    }
}

TEST(Recipe, TheSixteenBitRecipeHasNoFourBitLayer) {
    for (const training::RecipeRule& rule : load_recipe("fp16").rules) {
        EXPECT_FALSE(training::has_int4_weights(rule.formats));
    }
}

TEST(Recipe, EveryPresetHasTheNameOfItsFile) {
    for (const std::string& name : preset_names("recipes")) EXPECT_EQ(load_recipe(name).name, name);
    EXPECT_EQ(preset_names("recipes").size(), 14U);
}

TEST(Recipe, AFormatThatTheOperandCannotHaveIsAnErrorWithItsLine) {
    EXPECT_EQ(
        recipe_error("name: a\nrules:\n  - layers: '*'\n    activation: int4\n"),
        "recipe.yaml:4: key 'rules[0].activation' = int4: must be one of uint4, fp8_143, fp16, "
        "dlfloat16, bf16, fp32");
}

TEST(Recipe, ACombinationOutsideTheTableIsAnErrorWithTheLineOfItsKey) {
    const auto rule = [](const char* a, const char* w, const char* data, const char* weight) {
        return std::string("name: a\nrules:\n  - layers: '*'\n    activation: ") + a +
               "\n    weight: " + w + "\n    gradient_data: " + data +
               "\n    gradient_weight: " + weight + "\n";
    };
    EXPECT_EQ(recipe_error(rule("bf16", "bf16", "dlfloat16", "dlfloat16")),
              "recipe.yaml:4: key 'rules[0].activation' = bf16: must be uint4, fp8_143 or the "
              "recipe's activation_format, fp16");
    EXPECT_EQ(
        recipe_error(rule("uint4", "fp16", "dlfloat16", "dlfloat16")),
        "recipe.yaml:5: key 'rules[0].weight' = fp16: must be int4 where activation is uint4");
    EXPECT_EQ(recipe_error(rule("fp8_143", "fp8_143", "fp4_r4", "fp8_152")),
              "recipe.yaml:6: key 'rules[0].gradient_data' = fp4_r4: must be fp4_r4 (beside int4 "
              "weights), fp8_152 or the recipe's gradient_format, dlfloat16");
    EXPECT_EQ(recipe_error(rule("uint4", "int4", "fp8_152", "fp4_r4")),
              "recipe.yaml:7: key 'rules[0].gradient_weight' = fp4_r4: must be fp4_r4 (if "
              "gradient_data is), fp8_152 or the recipe's gradient_format, dlfloat16");
    EXPECT_EQ(recipe_error(rule("uint4", "int4", "fp4_r4", "fp8_152")), "no error");
    EXPECT_EQ(
        recipe_error("activation_format: bf16\n" + rule("bf16", "bf16", "fp8_152", "dlfloat16")),
        "no error");
}

TEST(Recipe, KernelAccumulatorAndGradscaleAreOptionalAndChecked) {
    const training::Recipe plain = read_recipe({"recipe.yaml", "name: a\n" + four_bit_rule});
    EXPECT_FALSE(plain.rules[0].kernel);
    EXPECT_EQ(plain.accumulator, "");
    EXPECT_EQ(plain.gradscale, training::GradScaleScope::per_layer);
    EXPECT_EQ(load_recipe("fp4-1x1-fp8").rules[1].kernel, 1);
    EXPECT_EQ(load_recipe("fp32").accumulator, "fp32");
    EXPECT_EQ(load_recipe("fp4-apex").gradscale, training::GradScaleScope::global);
    EXPECT_EQ(recipe_error("name: a\naccumulator: fp8\n" + four_bit_rule),
              "recipe.yaml:2: key 'accumulator' = fp8: must be one of dlfloat16, fp16, bf16, fp32, "
              "int32");
    EXPECT_EQ(recipe_error("name: a\ngradscale: layer\n" + four_bit_rule),
              "recipe.yaml:2: key 'gradscale' = layer: must be one of per_layer, global");
    EXPECT_EQ(recipe_error("name: a\nrules:\n  - layers: '*'\n    kernel: 0\n    activation: "
                           "uint4\n    weight: int4\n    gradient_data: fp4_r4\n    "
                           "gradient_weight: fp4_r4\n"),
              "recipe.yaml:4: key 'rules[0].kernel' = 0: must be at least 1");
}

TEST(Recipe, AnUnknownKeyIsAnErrorWithItsLine) {
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "optimizer: {}\n"),
              "recipe.yaml:4: key 'optimizer' = {...}: unknown key");
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "optimiser: {learning: 1}\n"),
              "recipe.yaml:4: key 'optimiser.learning' = 1: unknown key");
}

TEST(Recipe, AMissingKeyAndAnEmptyListAreErrors) {
    EXPECT_EQ(recipe_error(four_bit_rule), "recipe.yaml:1: key 'name' is missing");
    EXPECT_EQ(recipe_error("name: a\nrules: []\n"),
              "recipe.yaml:2: key 'rules' = [...]: must hold at least one rule");
}

TEST(Recipe, NumbersOutsideTheirRangeAreErrors) {
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "optimiser:\n  momentum: 1.5\n"),
              "recipe.yaml:5: key 'optimiser.momentum' = 1.5: must be at most 1");
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "optimiser:\n  learning_rate: nan\n"),
              "recipe.yaml:5: key 'optimiser.learning_rate' = nan: must be at least 0");
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "initial_gradscale_log2: 41\n"),
              "recipe.yaml:4: key 'initial_gradscale_log2' = 41: must be at most 40");
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "threshold_factor: 0.5\n"),
              "recipe.yaml:4: key 'threshold_factor' = 0.5: must be at least 1");
    EXPECT_EQ(recipe_error("name: a\n" + four_bit_rule + "threshold_factor: 4.5\n"),
              "recipe.yaml:4: key 'threshold_factor' = 4.5: must be at most 4");
}

}  // namespace
}  // namespace quatrain::config
