// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/run/several_cores.hpp"

#include <gtest/gtest.h>
#include <set>

namespace quatrain::run {
namespace {

GoldenCount total(const CheckResult& result) {
    GoldenCount sum;
    for (const auto& [id, count] : result.tensors) sum += count;
    return sum;
}

class CheckOfCores : public ::testing::TestWithParam<training::BatchNormScope> {
protected:
    CheckResult check(Golden golden) {
        memory_.options.golden = golden;
        Silent silent;
        return run::check(memory_.options, memory_.graph, memory_.inputs, memory_.source(), silent);
    }

    void flip(std::int64_t core, const std::string& name, std::size_t index) {
        memory_.tensor(core, name).codes.at(index) ^= 1;
    }

    /// Indices of the first mismatches when every element of a core's tensor is wrong.
    std::vector<std::int64_t> sampled(std::int64_t core, const std::string& name) {
        const golden::Tensor whole = memory_.tensor(core, name);
        for (std::uint32_t& code : memory_.tensor(core, name).codes) code ^= 1;
        std::vector<std::int64_t> indices;
        for (const Mismatch& mismatch : check(Golden::sample).first_mismatches)
            if (mismatch.tensor == name) indices.push_back(mismatch.index);
        memory_.tensor(core, name) = whole;
        return indices;
    }

    testing::CoresMemory memory_{testing::options_of_cores(3, GetParam())};
};

TEST_P(CheckOfCores, AcceptsTheReferencesOwnStepOfEveryCore) {
    const CheckResult full = check(Golden::full);
    std::uint64_t elements = 0;
    for (const golden::Tensors& of_core : memory_.step)
        for (const auto& [name, tensor] : of_core) elements += tensor.codes.size();
    EXPECT_EQ(total(full).elements, elements);
    EXPECT_EQ(total(full).mismatches, 0U);
    const CheckResult sample = check(Golden::sample);
    EXPECT_GT(total(sample).elements, 3000U);
    EXPECT_EQ(total(sample).mismatches, 0U);
}

TEST_P(CheckOfCores, AMismatchNamesItsCore) {
    flip(2, "conv.output", 5);
    flip(1, "conv.weight_gradient.reduced", 7);
    const CheckResult result = check(Golden::full);
    EXPECT_EQ(total(result).mismatches, 2U);
    ASSERT_EQ(result.first_mismatches.size(), 2U);
    EXPECT_EQ(result.first_mismatches[0].tensor, "conv.output");
    EXPECT_EQ(result.first_mismatches[0].core, 2);
    EXPECT_EQ(result.first_mismatches[0].index, 5);
    EXPECT_EQ(result.first_mismatches[1].tensor, "conv.weight_gradient.reduced");
    EXPECT_EQ(result.first_mismatches[1].core, 1);
}

TEST_P(CheckOfCores, ASampleRecomputesASumFromTheTensorsOfAllCores) {
    // What core 1 adds is not what the sum was made of any more: the sum is wrong on every core.
    memory_.tensor(1, "head.bias_gradient").codes.at(3) ^= 1U << 30;
    std::set<std::int64_t> cores;
    for (const Mismatch& mismatch : check(Golden::sample).first_mismatches)
        if (mismatch.tensor == "head.bias_gradient.reduced") cores.insert(mismatch.core);
    EXPECT_EQ(cores, (std::set<std::int64_t>{0, 1, 2}));
}

TEST_P(CheckOfCores, ASampleLooksAtOtherElementsOnEveryCore) {
    const auto zero = sampled(0, "last_norm.output");
    const auto one = sampled(1, "last_norm.output");
    const auto two = sampled(2, "last_norm.output");
    EXPECT_FALSE(zero.empty());
    EXPECT_NE(zero, one);
    EXPECT_NE(zero, two);
    EXPECT_NE(one, two);
    EXPECT_EQ(one, sampled(1, "last_norm.output"));
}

INSTANTIATE_TEST_SUITE_P(Scopes, CheckOfCores, testing::scopes(), testing::scope_name);

}  // namespace
}  // namespace quatrain::run
