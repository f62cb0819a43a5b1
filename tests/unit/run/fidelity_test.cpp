// SPDX-License-Identifier: Apache-2.0
#include "sim/run/fidelity.hpp"

#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>

namespace quatrain::run {
namespace {

/// SQNR of a layer's GEMM in a pass [dB].
double sqnr(const RunResult& result, const std::string& layer, const std::string& pass) {
    for (const OperatorRow& row : result.operators)
        if (row.name == layer && row.pass == pass && row.macs > 0) return row.sqnr_db.value();
    throw std::logic_error("no GEMM of layer " + layer + " in pass " + pass);
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

TEST(Fidelity, SimilarityOfEveryRowIsAtMostOne) {
    const RunResult result = testing::run_silently(testing::small_options());
    std::size_t compared = 0;
    for (const OperatorRow& row : result.operators) {
        EXPECT_EQ(row.sqnr_db.has_value(), row.cosine.has_value()) << row.name;
        if (!row.cosine) continue;
        ++compared;
        EXPECT_LE(std::abs(*row.cosine), 1 + 1e-12) << row.name;
    }
    EXPECT_GT(compared, 20U);
}

}  // namespace
}  // namespace quatrain::run
