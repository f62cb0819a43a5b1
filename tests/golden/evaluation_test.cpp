// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/sample_networks.hpp"
#include "workloads/golden/ideal.hpp"
#include "workloads/golden/step.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace quatrain::golden {
namespace {

/// Text of the std::invalid_argument that a call throws; empty when it throws none.
template <class Call>
std::string error_of(Call call) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

Options evaluation(Options options) {
    options.training = false;
    options.evaluation = true;
    return options;
}

class Evaluation : public testing::TestWithParam<bool> {
protected:
    network::Network network_ = sample_resnet();
    Options training_ =
        GetParam() ? four_bit_options(network_, 3) : sixteen_bit_options(network_, 3);
    Options options_ = evaluation(training_);
    Tensors inputs_ = random_inputs(network_, options_, 7);
};

INSTANTIATE_TEST_SUITE_P(Formats, Evaluation, testing::Bool(), [](const auto& instance) {
    return instance.param ? "four_bits" : "sixteen_bits";
});

TEST_P(Evaluation, GivenTheBatchsOwnStatisticsIsTheForwardPassOfTraining) {
    const Tensors whole = random_inputs(network_, training_, 5);
    const Tensors training = compute_step(network_, training_, whole);
    Tensors given = whole;  // what the evaluation does not ask for is no mistake
    for (const network::Node& node : network_.nodes)
        if (node.kind == network::NodeKind::batch_norm)
            for (const char* suffix : {".mean", ".inverse_deviation"})
                given[node.name + suffix] = training.at(node.name + suffix);
    const Tensors evaluated = compute_step(network_, options_, given);
    EXPECT_TRUE(evaluated.contains("fc.output"));
    EXPECT_FALSE(evaluated.contains("bn1.mean"));
    EXPECT_FALSE(evaluated.contains("loss"));
    for (const auto& [name, tensor] : evaluated)
        EXPECT_EQ(tensor.codes, training.at(name).codes) << name;
}

TEST_P(Evaluation, NormalisesWithWhatItIsGiven) {
    const Tensors step = compute_step(network_, options_, inputs_);
    const std::vector<double> z = values(step.at("conv1.output"));
    const auto of = [&](const char* name, std::size_t c) {
        return decode_fp32(inputs_.at(name).codes[c]);
    };
    const FloatFormat layout = float_format(options_.activation_format);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const std::size_t c = i % 5;
        const float centred = static_cast<float>(z[i]) - of("bn1.mean", c);
        const float normalised = centred * of("bn1.inverse_deviation", c);
        const float scaled = normalised * of("bn1.gamma", c);
        EXPECT_EQ(step.at("bn1.output").codes[i], encode(layout, scaled + of("bn1.beta", c))) << i;
    }
}

/// Image i of the first becomes image j of the second.
void copy_image(const Tensor& from, std::int64_t i, Tensor& to, std::int64_t j) {
    const std::int64_t size = std::ssize(from.codes) / 3;
    std::copy_n(from.codes.begin() + i * size, size, to.codes.begin() + j * size);
}

TEST_P(Evaluation, ImagesDoNotInfluenceEachOther) {
    const Tensor before = compute_step(network_, options_, inputs_).at("fc.output");
    Tensors others = random_inputs(network_, options_, 99);
    Tensors changed = inputs_;
    changed["images"] = others["images"];
    copy_image(inputs_["images"], 0, changed["images"], 2);
    const Tensor after = compute_step(network_, options_, changed).at("fc.output");
    EXPECT_TRUE(std::equal(before.codes.begin(), before.codes.begin() + 4, after.codes.end() - 4));
    EXPECT_NE(before.codes, after.codes);
}

TEST_P(Evaluation, ElementsEqualTheWholeStep) {
    const Tensors step = compute_step(network_, options_, inputs_);
    EXPECT_EQ(computed_tensors(network_, options_).size(), step.size());
    for (const auto& [name, tensor] : step) {
        std::vector<std::int64_t> indices(tensor.codes.size());
        std::iota(indices.begin(), indices.end(), 0);
        EXPECT_EQ(compute_elements(network_, options_, name, indices,
                                   [&](const std::string& wanted) -> const Tensor& {
                                       return step.contains(wanted) ? step.at(wanted)
                                                                    : inputs_.at(wanted);
                                   }),
                  tensor.codes)
            << name;
    }
}

TEST_P(Evaluation, OfSeveralCoresIsThatOfEachWhateverTheScopeOfBatchNorm) {
    std::vector<Tensors> inputs{inputs_, inputs_};
    inputs[1]["images"] = random_inputs(network_, options_, 99)["images"];
    Options several = options_;
    several.cores = 2;
    for (const bool synchronised : {false, true}) {
        several.synchronised_batch_norm = synchronised;
        const auto steps = compute_parallel_step(network_, several, inputs);
        for (std::size_t core = 0; core < 2; ++core) {
            const Tensors alone = compute_step(network_, options_, inputs[core]);
            ASSERT_EQ(steps[core].size(), alone.size());
            for (const auto& [name, tensor] : alone)
                EXPECT_EQ(steps[core].at(name).codes, tensor.codes) << name;
        }
    }
    inputs[1]["bn1.mean"].codes[0] ^= 1;
    EXPECT_EQ(error_of([&] { compute_parallel_step(network_, several, inputs); }),
              "tensor bn1.mean: must be equal on all cores");
}

TEST(IdealEvaluation, TakesTheSameStatistics) {
    const network::Network network = sample_resnet();
    Options options = evaluation(sixteen_bit_options(network, 3));
    options.accumulator = "fp32";
    const Tensors inputs = random_inputs(network, options, 7);
    const Tensors step = compute_step(network, options, inputs);
    const IdealTensors ideal = compute_ideal_step(network, options, inputs);
    EXPECT_TRUE(ideal.contains("fc.output"));
    for (const auto& [name, numbers] : ideal) {
        ASSERT_TRUE(step.contains(name)) << name;
        EXPECT_GT(compare(values(step.at(name)), numbers).sqnr_db, 35) << name;
    }
}

TEST_P(Evaluation, NeedsItsStatisticsAndNoTraining) {
    Tensors broken = inputs_;
    broken.erase("block2.down.bn.inverse_deviation");
    EXPECT_EQ(error_of([&] { compute_step(network_, options_, broken); }),
              "tensor block2.down.bn.inverse_deviation: missing");
    options_.training = true;
    EXPECT_EQ(error_of([&] { compute_step(network_, options_, inputs_); }),
              "evaluation = true: training must be false");
}

}  // namespace
}  // namespace quatrain::golden
