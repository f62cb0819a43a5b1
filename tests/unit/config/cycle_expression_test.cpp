// SPDX-License-Identifier: Apache-2.0
#include "sim/config/cycle_expression.hpp"
#include "sim/config/error.hpp"

#include <gtest/gtest.h>
#include <map>

namespace quatrain::config {
namespace {

std::int64_t value(const std::string& expression) {
    const std::map<std::string, std::int64_t> timings{{"tCL", 22}, {"tCWL", 16}, {"tRRD_S", 4}};
    return evaluate_cycles(expression, [&](const std::string& name) { return timings.at(name); });
}

std::string error(const std::string& expression) {
    try {
        return std::to_string(value(expression));
    } catch (const ConfigError& error) {
        return error.what();
    }
}

TEST(CycleExpression, AddsAndSubtractsNamesAndIntegers) {
    EXPECT_EQ(value("tCL"), 22);
    EXPECT_EQ(value("7"), 7);
    EXPECT_EQ(value("tCL + 4 + 2 - tCWL"), 12);
    EXPECT_EQ(value("tCL-tRRD_S-tRRD_S"), 14);
    EXPECT_EQ(value("  tCWL  -  tCL "), -6);
    EXPECT_EQ(value("1 - 2 - 3 + 4"), 0);
}

TEST(CycleExpression, AnythingElseIsAnErrorThatSaysWhere) {
    const std::string rule = "must be timings and integers joined by + and -: ";
    EXPECT_EQ(error(""), rule + "a term is missing at the end");
    EXPECT_EQ(error("tCL +"), rule + "a term is missing at the end");
    EXPECT_EQ(error("- tCL"), rule + "a term is missing before '- tCL'");
    EXPECT_EQ(error("tCL + - 3"), rule + "a term is missing before '- 3'");
    EXPECT_EQ(error("(tCL)"), rule + "a term is missing before '(tCL)'");
    EXPECT_EQ(error("2 * tCL"), rule + "+ or - is missing before '* tCL'");
    EXPECT_EQ(error("tCL tCWL"), rule + "+ or - is missing before 'tCWL'");
    EXPECT_EQ(error("1.5"), rule + "+ or - is missing before '.5'");
    EXPECT_EQ(error("2tCL"), rule + "'2tCL' is neither");
    EXPECT_EQ(error("_tCL"), rule + "'_tCL' is neither");
}

TEST(CycleExpression, IntegersHaveABound) {
    EXPECT_EQ(error("1000000000"), "1000000000");
    for (const char* large : {"1000000001", "99999999999999999999"})
        EXPECT_NE(error(large).find("is above 1000000000"), std::string::npos);
}

TEST(CycleExpression, NamesBeginWithALetter) {
    EXPECT_TRUE(is_timing_name("tRRD_S"));
    EXPECT_TRUE(is_timing_name("x2"));
    EXPECT_FALSE(is_timing_name(""));
    EXPECT_FALSE(is_timing_name("2x"));
    EXPECT_FALSE(is_timing_name("_x"));
    EXPECT_FALSE(is_timing_name("t RC"));
}

}  // namespace
}  // namespace quatrain::config
