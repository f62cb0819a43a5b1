// SPDX-License-Identifier: Apache-2.0
#include "sim/run/check.hpp"

#include "sim/run/tensors.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/golden/step.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <set>

namespace quatrain::run {
namespace {

constexpr std::uint64_t sampled = 64;  ///< elements of every tensor that Golden::sample looks at

/// A step whose memory holds what the reference computed, but for what a test spoils.
class Check : public ::testing::Test {
protected:
    Check() {
        const golden::Tensors step = golden::compute_step(
            graph_.network, golden_options(options_, graph_), inputs_.of_core(0));
        memory_.resize(graph_.tensors.size());
        for (training::TensorId id = 0; id < memory_.size(); ++id) {
            const std::string name = checked_name(id);
            if (const auto found = step.find(name); found != step.end()) {
                memory_[id] = found->second;
                checked_.push_back(id);
            }
        }
    }

    /// What the reference calls the tensor's value after the step.
    std::string checked_name(training::TensorId id) const {
        const training::Tensor& tensor = graph_.tensors[id];
        return tensor.updated_name.empty() ? tensor.name : tensor.updated_name;
    }

    CheckResult check(Golden golden) {
        options_.golden = golden;
        Silent silent;
        return run::check(
            options_, graph_, inputs_,
            [&](std::int64_t, training::TensorId id) { return memory_.at(id); }, silent);
    }

    static GoldenCount total(const CheckResult& result) {
        GoldenCount sum;
        for (const auto& [id, count] : result.tensors) sum += count;
        return sum;
    }

    /// Flips the highest bit that a code of the tensor has.
    void flip(training::TensorId id, std::size_t index) {
        memory_[id].codes.at(index) ^= 1U << (numerics::bits(graph_.tensors[id].format) - 1);
    }

    /// Replaces every code by another that its format has.
    void spoil(training::TensorId id) {
        for (std::uint32_t& code : memory_[id].codes) code = code == 1 ? 2 : 1;
    }

    RunOptions options_ = testing::small_options();
    training::Graph graph_ = training::build(options_.network, options_.recipe, options_.batch);
    StepInputs inputs_{graph_, testing::small_batch(options_.batch), 1};
    std::vector<golden::Tensor> memory_;  ///< by TensorId
    std::vector<training::TensorId> checked_;
};

TEST_F(Check, TheNetworkMakesTensorsOfEveryFormat) {
    std::set<std::string> formats;
    for (const training::TensorId id : checked_) formats.insert(memory_[id].format);
    EXPECT_EQ(formats, (std::set<std::string>{"uint4", "int4", "fp4_r4", "fp16", "dlfloat16",
                                              "fp32", "int32"}));
}

TEST_F(Check, AcceptsTheReferencesOwnStepElementByElement) {
    std::uint64_t elements = 0;
    for (const training::TensorId id : checked_) elements += memory_[id].codes.size();
    const CheckResult result = check(Golden::full);
    EXPECT_EQ(total(result).elements, elements);
    EXPECT_EQ(total(result).mismatches, 0U);
    EXPECT_TRUE(result.first_mismatches.empty());
}

TEST_F(Check, AcceptsASampleOfTheReferencesOwnStep) {
    const CheckResult result = check(Golden::sample);
    EXPECT_EQ(total(result).mismatches, 0U);
    for (const training::TensorId id : checked_) {
        const std::uint64_t elements = memory_[id].codes.size();
        const std::uint64_t seen = result.tensors.at(id).elements;
        EXPECT_LE(seen, std::min(elements, sampled)) << checked_name(id);
        EXPECT_GE(seen, std::min(elements, sampled / 2)) << checked_name(id);
    }
}

TEST_F(Check, OneFlippedBitInAnyTensorIsFoundWhereItIs) {
    // One pass over the reference for all tensors: each tensor is spoilt in one place.
    std::map<std::string, std::size_t> spoilt;
    for (const training::TensorId id : checked_) {
        const std::size_t index = (7 * id) % memory_[id].codes.size();
        flip(id, index);
        spoilt.emplace(checked_name(id), index);
    }
    const CheckResult result = check(Golden::full);
    EXPECT_EQ(total(result).mismatches, checked_.size());
    for (const training::TensorId id : checked_)
        EXPECT_EQ(result.tensors.at(id).mismatches, 1U) << checked_name(id);
    ASSERT_EQ(result.first_mismatches.size(), 10U) << "no more than ten are shown";
    for (const Mismatch& mismatch : result.first_mismatches) {
        EXPECT_EQ(mismatch.index, static_cast<std::int64_t>(spoilt.at(mismatch.tensor)));
        EXPECT_EQ(std::popcount(mismatch.expected ^ mismatch.actual), 1) << mismatch.tensor;
    }
}

TEST_F(Check, CountsOfGradientsThatLeaveTheRangeAreCompared) {
    for (const char* name : {"conv.gradient_underflow", "side.gradient_overflow"}) {
        const training::TensorId id = graph_.by_name.at(name);
        ASSERT_FALSE(memory_[id].codes.empty()) << name << ": the reference does not compute it";
        ++memory_[id].codes[0];
        const CheckResult result = check(Golden::sample);
        --memory_[id].codes[0];
        EXPECT_EQ(result.tensors.at(id).mismatches, 1U) << name;
    }
}

TEST_F(Check, AFlippedBitIsChargedToItsTensorAlone) {
    std::set<std::string> formats;
    for (const training::TensorId id : checked_) {
        if (!formats.insert(memory_[id].format).second) continue;  // one tensor of each format
        flip(id, 0);
        const CheckResult result = check(Golden::full);
        flip(id, 0);
        EXPECT_EQ(total(result).mismatches, 1U) << checked_name(id);
        ASSERT_EQ(result.first_mismatches.size(), 1U) << checked_name(id);
        EXPECT_EQ(result.first_mismatches[0].tensor, checked_name(id));
        EXPECT_EQ(result.first_mismatches[0].index, 0);
    }
}

TEST_F(Check, ASampleFindsOneFlippedBitInTensorsThatItSeesWhole) {
    std::set<std::string> kinds, formats;
    for (const training::TensorId id : checked_) {
        if (memory_[id].codes.size() > sampled) continue;
        const std::string name = checked_name(id);
        if (!kinds.insert(name.substr(name.find('.') + 1)).second) continue;  // one of each kind
        formats.insert(memory_[id].format);
        const std::size_t last = memory_[id].codes.size() - 1;
        flip(id, last);
        const CheckResult result = check(Golden::sample);
        flip(id, last);
        EXPECT_EQ(result.tensors.at(id).mismatches, 1U) << name;
    }
    EXPECT_EQ(formats, (std::set<std::string>{"int4", "fp16", "dlfloat16", "fp32", "int32"}));
}

TEST_F(Check, ASampleFindsEveryTensorThatIsWrongThroughout) {
    std::set<std::string> kinds, formats;
    for (const training::TensorId id : checked_) {
        if (memory_[id].codes.size() <= sampled) continue;
        const std::string name = checked_name(id);
        if (!kinds.insert(name.substr(name.find('.') + 1) + memory_[id].format).second) continue;
        formats.insert(memory_[id].format);
        const golden::Tensor whole = memory_[id];
        spoil(id);
        const CheckResult result = check(Golden::sample);
        memory_[id] = whole;
        const GoldenCount count = result.tensors.at(id);
        EXPECT_EQ(count.mismatches, count.elements) << name;
    }
    EXPECT_EQ(formats,
              (std::set<std::string>{"uint4", "int4", "fp4_r4", "fp16", "dlfloat16", "fp32"}));
}

TEST_F(Check, ACodeThatNoQuantiserMakesIsAnInternalError) {
    memory_[graph_.by_name.at("conv.weight_codes")].codes[0] = 8;  // int4's -8
    try {
        check(Golden::sample);
        FAIL() << "accepted";
    } catch (const InternalError& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("conv.weight_codes"));
    }
}

TEST_F(Check, TheSampleDependsOnTheSeedAlone) {
    const auto large = std::find_if(checked_.begin(), checked_.end(), [&](training::TensorId id) {
        return memory_[id].codes.size() > 4 * sampled;
    });
    ASSERT_NE(large, checked_.end());
    spoil(*large);
    const auto indices = [&] {
        std::vector<std::int64_t> found;
        for (const Mismatch& mismatch : check(Golden::sample).first_mismatches)
            found.push_back(mismatch.index);
        return found;
    };
    options_.seed = 1;
    const auto one = indices();
    EXPECT_EQ(one, indices());
    options_.seed = 2;
    EXPECT_NE(one, indices());
}

TEST_F(Check, ATensorThatTheReferenceDoesNotKnowIsAnInternalError) {
    graph_.tensors[graph_.by_name.at("stem.output")].name = "stem.surprise";
    EXPECT_THROW(check(Golden::full), InternalError);
}

}  // namespace
}  // namespace quatrain::run
