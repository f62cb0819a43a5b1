// SPDX-License-Identifier: Apache-2.0
// Every built-in recipe: the graph and the reference, which are written separately, agree on the
// tensors of a step, and what is reported of them is what they hold.
#include "sim/config/presets.hpp"
#include "sim/run/fidelity.hpp"
#include "sim/run/rows.hpp"
#include "tests/unit/run/several_cores.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <map>

namespace quatrain::run {
namespace {

using training::BatchNormScope;

class EveryRecipe : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryRecipe, GraphAndReferenceHaveTheSameTensors) {
    for (const std::int64_t cores : {1, 2}) {
        testing::CoresMemory memory(
            testing::options_of_cores(cores, BatchNormScope::per_core, GetParam()));
        for (const training::Tensor& tensor : memory.graph.tensors) {
            const bool computed = tensor.origin == training::Origin::computed;
            if (!computed && tensor.updated_name.empty()) continue;
            const golden::Tensor& reference =
                memory.tensor(0, tensor.updated_name.empty() ? tensor.name : tensor.updated_name);
            EXPECT_EQ(reference.format, numerics::name(tensor.format)) << tensor.name;
            EXPECT_EQ(reference.shape, tensor.shape) << tensor.name;
        }
        Silent silent;
        for (const Golden golden : {Golden::full, Golden::sample}) {
            memory.options.golden = golden;
            const CheckResult result =
                check(memory.options, memory.graph, memory.inputs, memory.source(), silent);
            EXPECT_TRUE(result.first_mismatches.empty());
            EXPECT_FALSE(result.tensors.empty());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Presets, EveryRecipe, ::testing::ValuesIn(config::preset_names("recipes")),
                         [](const ::testing::TestParamInfo<std::string>& instance) {
                             std::string name = instance.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

std::map<std::string, TensorFidelity> fidelities(const testing::CoresMemory& memory,
                                                 const TensorSource& source) {
    std::map<std::string, TensorFidelity> by_name;
    for (const auto& [index, list] : fidelity(
             memory.graph, golden_options(memory.options, memory.graph), memory.inputs, source))
        for (const TensorFidelity& one : list) by_name.emplace(one.name, one);
    return by_name;
}

// Without the scale that the codes are under, or with half of it, the mean error would be as large
// as the gradients; with it, 8 bits are nearer than 4.
TEST(Fidelity, OfFp8GradientsIsThatOfTheirValues) {
    testing::CoresMemory memory(
        testing::options_of_cores(1, BatchNormScope::per_core, "fp4-dx-fp8-dw"));
    const auto found = fidelities(memory, memory.source());
    // The last layer's dy has passed nothing quantised backwards but the 16-bit head.
    const TensorFidelity &even = found.at("last_conv.gradient_even"),
                         &fp8 = found.at("last_conv.gradient_fp8");
    EXPECT_GT(fp8.sqnr_db, 0);
    EXPECT_GE(fp8.sqnr_db, even.sqnr_db);
    for (std::uint32_t& code : memory.tensor(0, "last_conv.gradient_fp8").codes)
        if ((code & 0x7C) > 4) code -= 4;  // half of every value
    EXPECT_LT(fidelities(memory, memory.source()).at("last_conv.gradient_fp8").sqnr_db,
              fp8.sqnr_db);
}

TEST(GradScaleRows, OfAGlobalScaleShowTheVoteThatDecided) {
    for (const std::int64_t cores : {1, 2}) {
        testing::CoresMemory memory(
            testing::options_of_cores(cores, BatchNormScope::per_core, "fp4-apex"));
        for (std::int64_t core = 0; core < cores; ++core) {
            memory.tensor(core, "conv.gradscale_vote").codes = {1};
            memory.tensor(core, cores > 1 ? "gradscale_vote.reduced" : "gradscale_vote").codes = {
                static_cast<std::uint32_t>(-cores)};
        }
        compiler::Program program;
        program.graph = memory.graph;
        RunResult result;
        add_numbers(program, memory.inputs, memory.source(), result);
        ASSERT_EQ(result.gradscale.size(), 3U);
        for (const GradScaleRow& row : result.gradscale) {
            EXPECT_EQ(row.vote_sum, -cores) << row.layer;
            EXPECT_EQ(row.vote, -1) << row.layer;
        }
    }
}

}  // namespace
}  // namespace quatrain::run
