// SPDX-License-Identifier: Apache-2.0
#include "sim/run/fidelity.hpp"

#include "tests/unit/run/several_cores.hpp"
#include "workloads/golden/ideal.hpp"

#include <gtest/gtest.h>

namespace quatrain::run {
namespace {

using training::BatchNormScope;

class FidelityOfCores : public ::testing::TestWithParam<BatchNormScope> {
protected:
    std::map<std::string, TensorFidelity> tensors() {
        std::map<std::string, TensorFidelity> by_name;
        for (const auto& [index, list] :
             fidelity(memory_.graph, step_, memory_.inputs, memory_.source()))
            for (const TensorFidelity& one : list)
                EXPECT_TRUE(by_name.emplace(one.name, one).second);
        return by_name;
    }

    testing::CoresMemory memory_{testing::options_of_cores(2, GetParam(), "fp16")};
    golden::Options step_ = golden_options(memory_.options, memory_.graph);
};

TEST_P(FidelityOfCores, IsThatOfTheTensorsOfAllCoresTogether) {
    std::vector<golden::Tensors> inputs{memory_.inputs.of_core(0), memory_.inputs.of_core(1)};
    const auto ideal = golden::compute_ideal_parallel_step(memory_.graph.network, step_, inputs);
    const auto found = tensors();
    for (const std::string name : {"conv.output", "conv.input_gradient", "conv.weight_gradient",
                                   "conv.weight_gradient.reduced", "loss.reduced"}) {
        std::vector<double> actual, expected;
        for (std::size_t core = 0; core < 2; ++core) {
            const std::vector<double> values = golden::values(memory_.step[core].at(name));
            actual.insert(actual.end(), values.begin(), values.end());
            expected.insert(expected.end(), ideal[core].at(name).begin(),
                            ideal[core].at(name).end());
        }
        const golden::Fidelity whole = golden::compare(actual, expected);
        ASSERT_TRUE(found.contains(name)) << name;
        EXPECT_EQ(found.at(name).sqnr_db, whole.sqnr_db) << name;
        EXPECT_EQ(found.at(name).cosine, whole.cosine) << name;
        EXPECT_EQ(found.at(name).bias, whole.bias) << name;
    }
}

TEST_P(FidelityOfCores, SixteenBitTensorsPointWhereTheirIdealsPoint) {
    const auto found = tensors();
    EXPECT_GT(found.size(), 80U);
    for (const auto& [name, tensor] : found) EXPECT_GT(tensor.cosine, 0.99) << name;
}

TEST_P(FidelityOfCores, ATensorThatIsWrongOnOneCoreIsFar) {
    const double sound = tensors().at("side.output").sqnr_db;
    for (std::uint32_t& code : memory_.tensor(1, "side.output").codes) code = 0;
    const double spoilt = tensors().at("side.output").sqnr_db;
    EXPECT_GT(sound, 30);
    EXPECT_LT(spoilt, 10);
    EXPECT_GT(spoilt, 0);
}

INSTANTIATE_TEST_SUITE_P(Scopes, FidelityOfCores, testing::scopes(), testing::scope_name);

}  // namespace
}  // namespace quatrain::run
