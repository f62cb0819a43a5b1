// SPDX-License-Identifier: Apache-2.0
#include "sim/run/fidelity.hpp"

#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <set>

namespace quatrain::run {
namespace {

/// SQNR of a layer's GEMM in a pass [dB].
double sqnr(const RunResult& result, const std::string& layer, const std::string& pass) {
    for (const OperatorRow& row : result.operators)
        if (row.name == layer && row.pass == pass && row.macs > 0) return row.sqnr_db.value();
    throw std::logic_error("no GEMM of layer " + layer + " in pass " + pass);
}

const TensorFidelity& tensor(const RunResult& result, const std::string& name) {
    for (const OperatorRow& row : result.operators)
        for (const TensorFidelity& found : row.tensors)
            if (found.name == name) return found;
    throw std::logic_error("tensor " + name + " was not compared");
}

/// The GradScale that puts the largest gradient of the layers near the largest value of fp4_r4.
int best_gradscale(RunOptions options) {
    options.golden = Golden::off;
    double largest = 0;
    for (const GradScaleRow& row : testing::run_silently(options).gradscale)
        largest = std::max(largest, std::ldexp(row.max_abs, -row.log2_scale));
    return static_cast<int>(std::floor(std::log2(64 / largest)));
}

TEST(Fidelity, SixteenBitsKeepTheForwardPassFarBetterThanFour) {
    const RunResult sixteen = testing::run_silently(testing::small_options("fp16"));
    const RunResult four = testing::run_silently(testing::small_options("fp4-tpr"));
    for (const char* layer : {"conv", "side", "last_conv"}) {
        EXPECT_GT(sqnr(sixteen, layer, "forward"), 30) << layer;
        EXPECT_LT(sqnr(four, layer, "forward"), 25) << layer;
        EXPECT_GT(sqnr(four, layer, "forward"), 3) << layer << ": it resembles the convolution";
    }
}

TEST(Fidelity, SixteenBitsKeepGradientsBetterThanFour) {
    const RunResult sixteen = testing::run_silently(testing::small_options("fp16"));
    const RunResult four = testing::run_silently(testing::small_options("fp4-tpr"));
    for (const char* layer : {"conv", "side", "last_conv"})
        EXPECT_GT(sqnr(sixteen, layer, "backward_weight"),
                  sqnr(four, layer, "backward_weight") + 10)
            << layer;
}

TEST(Fidelity, TheSixteenBitStemIsEqualInBothRecipes) {
    const RunResult sixteen = testing::run_silently(testing::small_options("fp16"));
    const RunResult four = testing::run_silently(testing::small_options("fp4-tpr"));
    EXPECT_EQ(sqnr(sixteen, "stem", "forward"), sqnr(four, "stem", "forward"));
    EXPECT_GT(sqnr(four, "stem", "forward"), 30);
}

TEST(Fidelity, IsLeftOutWhenNotAskedFor) {
    RunOptions options = testing::small_options();
    options.sqnr = false;
    for (const OperatorRow& row : testing::run_silently(options).operators)
        EXPECT_FALSE(row.sqnr_db) << row.name;
}

TEST(Fidelity, SixteenBitTensorsPointWhereTheirIdealsPoint) {
    // 16 bits keep 10 bits of every value. What is small only because large numbers cancel keeps
    // less: a mean, a gradient behind batch norm.
    const RunResult result = testing::run_silently(testing::small_options("fp16"));
    std::size_t compared = 0;
    for (const OperatorRow& row : result.operators)
        for (const TensorFidelity& tensor : row.tensors) {
            ++compared;
            EXPECT_GT(tensor.cosine, 0.99) << tensor.name;
            EXPECT_GT(tensor.sqnr_db, 15) << tensor.name;
        }
    EXPECT_GT(compared, 60U);
}

TEST(Fidelity, ARowTellsOfEveryTensorOfItsFusedOperators) {
    const RunResult result = testing::run_silently(testing::small_options());
    std::set<std::string> names;
    bool fused = false;
    for (const OperatorRow& row : result.operators) {
        fused = fused || (row.tensors.size() > 1 && row.kind.find('+') != std::string::npos);
        EXPECT_EQ(row.sqnr_db.has_value(), !row.tensors.empty()) << row.name;
        for (const TensorFidelity& tensor : row.tensors)
            EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name << " is told of twice";
    }
    EXPECT_TRUE(fused);
    for (const char* name :
         {"conv.output", "conv_norm.output", "conv.weight_codes", "conv.gradient_even",
          "conv.gradient_odd", "conv.input_gradient", "conv.weight_gradient", "conv.weight.updated",
          "conv_norm.gamma_gradient", "join_act.alpha_gradient", "loss"})
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Fidelity, BiasIsTheMeanErrorOfTheTensor) {
    // The loss is one number: its bias, its SQNR and the loss itself tell the same distance.
    const RunResult result = testing::run_silently(testing::small_options());
    const TensorFidelity loss = tensor(result, "loss");
    const double ideal = result.loss.value() - loss.bias;
    EXPECT_NE(loss.bias, 0);
    EXPECT_NEAR(loss.sqnr_db, 20 * std::log10(ideal / std::abs(loss.bias)), 1e-9);
}

TEST(Fidelity, GradientCodesAreScaledBackByTheGradScaleThatMadeThem) {
    // A gradient that fills the range of its 4 bits is closer to its ideal than a tensor of zeros
    // (0 dB), whatever the scale; without scaling back it would be orders of magnitude too large.
    RunOptions options = testing::small_options();
    options.recipe.initial_gradscale_log2 = best_gradscale(options);
    const RunResult result = testing::run_silently(options);
    for (const GradScaleRow& row : result.gradscale) {
        ASSERT_NE(row.log2_scale, 0);
        EXPECT_GT(tensor(result, row.layer + ".gradient_even").sqnr_db, 1) << row.layer;
        EXPECT_GT(tensor(result, row.layer + ".gradient_odd").sqnr_db, 0) << row.layer;
    }
    EXPECT_EQ(result.gradscale.size(), 3U);
}

}  // namespace
}  // namespace quatrain::run
