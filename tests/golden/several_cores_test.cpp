// SPDX-License-Identifier: Apache-2.0
// docs/several-cores.md.
#include "tests/golden/sample_cores.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <set>

namespace quatrain::golden {
namespace {

using Codes = std::vector<std::uint32_t>;

bool equal(const Tensors& a, const Tensors& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.codes == y.second.codes &&
               x.second.shape == y.second.shape;
    });
}

/// Number of cores; synchronised batch norm.
class SeveralCores : public testing::TestWithParam<std::tuple<int, bool>> {
public:
    static std::string name(const testing::TestParamInfo<ParamType>& instance) {
        const auto [cores, synchronised] = instance.param;
        return std::to_string(cores) + (synchronised ? "_synchronised" : "_per_core");
    }

protected:
    network::Network network = sample_resnet();
    Options options = parallel_options(four_bit_options(network, 2), std::get<0>(GetParam()),
                                       std::get<1>(GetParam()));
    std::vector<Tensors> inputs = inputs_of_cores(network, options, 21);
    std::vector<Tensors> step = compute_parallel_step(network, options, inputs);
};

TEST_P(SeveralCores, ReduceToTheSumThatTravelsRoundTheRing) {
    std::set<std::string> reduced;
    for (const auto& [name, sum] : step[0]) {
        if (!name.ends_with(".reduced")) continue;
        const std::string own = name.substr(0, name.size() - std::string(".reduced").size());
        reduced.insert(own);
        std::vector<Codes> terms;
        for (const Tensors& core : step) {
            EXPECT_EQ(core.at(name).codes, sum.codes) << name;
            terms.push_back(core.at(own).codes);
        }
        EXPECT_EQ(sum.format, step[0].at(own).format) << name;
        EXPECT_EQ(sum.shape, step[0].at(own).shape) << name;
        EXPECT_EQ(sum.codes, travel_round_the_ring(sum.format, terms)) << name;
    }
    for (const auto& [name, tensor] : step[0]) {
        const bool wanted = name == "loss" || name.ends_with("_vote") ||
                            name.ends_with("weight_gradient") || name.ends_with("bias_gradient") ||
                            name.ends_with("gamma_gradient") || name.ends_with("beta_gradient") ||
                            name.ends_with("alpha_gradient") || name.ends_with(".sum") ||
                            name.ends_with(".sum_of_squares");
        EXPECT_EQ(reduced.contains(name), wanted) << name;
    }
    EXPECT_EQ(reduced.contains("bn1.sum"), options.synchronised_batch_norm);
}

TEST_P(SeveralCores, KeepEqualParameters) {
    std::size_t updated = 0, different = 0;
    for (const auto& [name, tensor] : step[0]) {
        if (!name.ends_with(".updated")) continue;
        ++updated;
        for (const Tensors& core : step) {
            const bool same = core.at(name).codes == tensor.codes;
            const bool running = name.find(".running_") != std::string::npos;
            EXPECT_TRUE(same || (running && !options.synchronised_batch_norm)) << name;
            if (!same) ++different;
        }
    }
    EXPECT_GT(updated, 40u);
    if (!options.synchronised_batch_norm) {
        EXPECT_GT(different, 0u) << "each core has its own running statistics";
    }
    EXPECT_NE(step[0].at("fc.output").codes, step[1].at("fc.output").codes);
    EXPECT_NE(step[0].at("conv1.weight_gradient").codes, step[1].at("conv1.weight_gradient").codes);
}

TEST_P(SeveralCores, ElementsEqualTheWholeStepAndOnlySumsAskOtherCores) {
    const std::int64_t core = options.cores - 1;
    for (const auto& [name, tensor] : step.back()) {
        std::set<std::int64_t> cores;
        const auto lookup = [&](std::int64_t asked, const std::string& wanted) -> const Tensor& {
            cores.insert(asked);
            const auto c = static_cast<std::size_t>(asked);
            return step.at(c).contains(wanted) ? step[c].at(wanted) : inputs.at(c).at(wanted);
        };
        std::vector<std::int64_t> indices(tensor.codes.size());
        std::iota(indices.begin(), indices.end(), 0);
        EXPECT_EQ(compute_elements_of_core(network, options, core, name, indices, lookup),
                  tensor.codes)
            << name;
        EXPECT_EQ(cores.size(), name.ends_with(".reduced") ? step.size() : 1u) << name;
        EXPECT_TRUE(cores.contains(core)) << name;
    }
}

TEST_P(SeveralCores, DoNotDependOnTheNumberOfThreads) {
    options.threads = 2;
    const std::vector<Tensors> two = compute_parallel_step(network, options, inputs);
    EXPECT_TRUE(std::equal(two.begin(), two.end(), step.begin(), step.end(), equal));
}

INSTANTIATE_TEST_SUITE_P(Cores, SeveralCores,
                         testing::Combine(testing::Values(2, 3, 4), testing::Bool()),
                         SeveralCores::name);

TEST(OneCore, IsTheStepOfOneWhateverItsBatchNorm) {
    const network::Network network = sample_resnet();
    Options options = four_bit_options(network, 2);
    const Tensors inputs = random_inputs(network, options, 22);
    const Tensors one = compute_step(network, options, inputs);
    options.synchronised_batch_norm = true;
    const std::vector<Tensors> parallel = compute_parallel_step(network, options, {&inputs, 1});
    ASSERT_EQ(parallel.size(), 1u);
    EXPECT_TRUE(equal(parallel[0], one));
    EXPECT_FALSE(one.contains("loss.reduced"));
}

TEST(Inference, ReducesTheSumsOfASynchronisedBatchNormOnly) {
    const network::Network network = sample_resnet();
    for (const bool synchronised : {false, true}) {
        Options options = parallel_options(four_bit_options(network, 2), 2, synchronised);
        const auto inputs = inputs_of_cores(network, options, 23);
        const auto training = compute_parallel_step(network, options, inputs);
        options.training = false;
        const auto inference = compute_parallel_step(network, options, inputs);
        EXPECT_EQ(inference[1].at("fc.output").codes, training[1].at("fc.output").codes);
        for (const auto& [name, tensor] : inference[0]) {
            const bool sum =
                name.ends_with(".sum.reduced") || name.ends_with(".sum_of_squares.reduced");
            EXPECT_TRUE(!name.ends_with(".reduced") || sum) << name;
        }
        EXPECT_EQ(inference[0].contains("bn1.sum.reduced"), synchronised);
    }
}

TEST(SeveralCoresErrors, NameTheFieldOrTensorAndTheRule) {
    const network::Network network = sample_resnet();
    Options options = parallel_options(four_bit_options(network, 1), 2, false);
    const auto inputs = inputs_of_cores(network, options, 24);
    const auto error_of = [&](const auto& call) -> std::string {
        try {
            call();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return {};
    };
    const auto step = [&](const std::vector<Tensors>& given) {
        return error_of([&] { compute_parallel_step(network, options, given); });
    };
    EXPECT_EQ(step({inputs[0]}), "inputs of 1 cores: must be of 2");
    auto broken = inputs;
    broken[1]["conv1.weight"].codes[3] ^= 1;
    EXPECT_EQ(step(broken), "tensor conv1.weight: must be equal on all cores");
    broken = inputs;
    broken[1]["fc.bias.momentum"].codes[0] ^= 1;
    EXPECT_EQ(step(broken), "tensor fc.bias.momentum: must be equal on all cores");
    broken = inputs;
    broken[1]["bn1.running_mean"].codes[0] ^= 1;
    EXPECT_EQ(step(broken), "");
    options.synchronised_batch_norm = true;
    EXPECT_EQ(step(broken), "tensor bn1.running_mean: must be equal on all cores");
    broken = inputs;
    broken[1].erase("labels");
    EXPECT_EQ(step(broken), "tensor labels: missing");
    const auto one = [&](const std::string&) -> const Tensor& { return inputs[0].at("labels"); };
    const auto element_of = [&](std::int64_t core) {
        return error_of([&] {
            compute_elements_of_core(
                network, options, core, "loss", std::vector<std::int64_t>{0},
                [&](std::int64_t, const std::string& name) -> const Tensor& { return one(name); });
        });
    };
    EXPECT_EQ(element_of(2), "core 2 must be in 0..1");
    EXPECT_EQ(element_of(-1), "core -1 must be in 0..1");
    const std::string rule = "cores = 2: must be 1 where one core's step is computed";
    EXPECT_EQ(error_of([&] { compute_step(network, options, inputs[0]); }), rule);
    EXPECT_EQ(error_of([&] {
                  compute_elements(network, options, "loss", std::vector<std::int64_t>{0}, one);
              }),
              rule);
    options.cores = 0;
    EXPECT_EQ(step(inputs), "cores = 0: must be at least 1");
}

}  // namespace
}  // namespace quatrain::golden
