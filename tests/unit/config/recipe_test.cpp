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
    EXPECT_TRUE(training::is_four_bit(recipe.rules[0].formats));
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
    EXPECT_TRUE(training::is_four_bit(recipe.rules[0].formats));
    EXPECT_EQ(recipe.rules.size(), load_recipe("fp4-tpr").rules.size());
}

TEST(Recipe, TheSixteenBitRecipeHasNoFourBitLayer) {
    for (const training::RecipeRule& rule : load_recipe("fp16").rules) {
        EXPECT_FALSE(training::is_four_bit(rule.formats));
    }
}

TEST(Recipe, EveryPresetHasTheNameOfItsFile) {
    for (const std::string& name : preset_names("recipes")) EXPECT_EQ(load_recipe(name).name, name);
    EXPECT_EQ(preset_names("recipes").size(), 3U);
}

TEST(Recipe, AFormatThatTheOperandCannotHaveIsAnErrorWithItsLine) {
    EXPECT_EQ(
        recipe_error("name: a\nrules:\n  - layers: '*'\n    activation: int4\n"),
        "recipe.yaml:4: key 'rules[0].activation' = int4: must be one of uint4, fp16, dlfloat16, "
        "bf16");
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
}

}  // namespace
}  // namespace quatrain::config
