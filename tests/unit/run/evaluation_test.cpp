// SPDX-License-Identifier: Apache-2.0
// The evaluation step, from the state of a training run to the logits that the machine computes.
#include "sim/machine/machine.hpp"
#include "sim/run/check.hpp"
#include "sim/run/fidelity.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/target.hpp"
#include "sim/run/tensors.hpp"
#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

namespace quatrain::run {
namespace {

using training::BatchNormScope;

std::uint32_t code(float value) {
    return std::bit_cast<std::uint32_t>(value);
}

RunOptions options_of(const std::string& recipe, std::int64_t cores = 1) {
    RunOptions options = testing::small_options(recipe);
    options.architecture.cores = cores;
    options.batch = 3 * cores;
    options.training = false;
    return options;
}

training::Graph evaluation_of(const RunOptions& options) {
    return training::build_evaluation(
        options.network, options.recipe, options.batch,
        {.cores = options.architecture.cores, .batch_norm = options.batch_norm});
}

training::Graph training_of(const RunOptions& options) {
    return training::build(options.network, options.recipe, options.batch);
}

/// Images of another stream than that of testing::small_batch().
datasets::Batch other_images(std::int64_t count) {
    return datasets::open("synthetic", 9, 9, 3, 10, 77)->test_batch(0, count);
}

/// What a training run may have left: the first step's parameters, but for batch norms and bias.
golden::Tensors trained(const RunOptions& options) {
    const training::Graph graph = training_of(options);
    golden::Tensors state = initial_tensors(graph, testing::small_batch(graph.batch), 1);
    std::mt19937 random(5);
    const auto uniform = [&](double low, double high) {
        return static_cast<float>(low + (high - low) * static_cast<double>(random()) * 0x1p-32);
    };
    for (auto& [name, tensor] : state)
        for (std::uint32_t& element : tensor.codes) {
            if (name.ends_with(".running_mean")) element = code(uniform(-0.4, 0.4));
            if (name.ends_with(".running_variance")) element = code(uniform(0.05, 3));
            if (name.ends_with(".gamma")) element = code(uniform(0.5, 1.5));
            if (name.ends_with(".beta") || name.ends_with(".bias"))
                element = code(uniform(-0.3, 0.5));
        }
    return state;
}

/// An evaluation step on the machine.
class Evaluated {
public:
    using Execute = decltype(&machine::run_untimed);

    Evaluated(const RunOptions& of, const datasets::Batch& batch,
              Execute execute = machine::run_untimed)
        : Evaluated(of, evaluation_of(of), batch, execute) {}
    Evaluated(const RunOptions& of, const training::Graph& graph, const datasets::Batch& batch,
              Execute execute)
        : options(of),
          program(compiler::compile(graph, compiler_target(of.architecture))),
          inputs(graph, batch, inputs_of(of, graph, batch)),
          dram(dram::capacity_bytes(of.architecture.memory, of.architecture.dram)) {
        for (std::int64_t core = 0; core < inputs.cores(); ++core)
            load_image(dram, program, inputs.of_core(core), core * share());
        const machine::MachineParams& params = options.architecture;
        execute(params, operator_queues(program), {}, dram, nullptr);
    }

    TensorSource source() const {
        return [this](std::int64_t core, training::TensorId id) {
            return read_tensor({dram, none_, core * share()}, program, id);
        };
    }
    CheckResult checked(Golden golden) {
        options.golden = golden;
        Silent silent;
        return check(options, program.graph, inputs, source(), silent);
    }
    /// Codes, ten for each of the core's images.
    std::vector<std::uint32_t> logits(std::int64_t core = 0) const {
        return source()(core, program.graph.by_name.at("head.output")).codes;
    }

    RunOptions options;
    compiler::Program program;
    StepInputs inputs;
    dram::DramImage dram;

private:
    std::int64_t share() const { return config::dram_share_bytes(options.architecture); }
    static golden::Tensors inputs_of(const RunOptions& of, const training::Graph& graph,
                                     const datasets::Batch& batch) {
        if (graph.mode == training::Mode::evaluation) return evaluation_inputs(graph, trained(of));
        return initial_tensors(graph, batch, 1);
    }

    scratchpad::ScratchpadImage none_{0};
};

class EvaluationOf : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Recipes, EvaluationOf,
                         ::testing::Values("fp4-tpr", "fp16", "fp32", "hfp8", "int4-fp8"),
                         [](const auto& instance) {
                             std::string name = instance.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST_P(EvaluationOf, EveryBitEqualsTheReference) {
    Evaluated step(options_of(GetParam()), other_images(3));
    for (const Golden golden : {Golden::full, Golden::sample}) {
        const CheckResult result = step.checked(golden);
        for (const Mismatch& mismatch : result.first_mismatches)
            ADD_FAILURE() << mismatch.tensor << " " << mismatch.index;
        const auto id = step.program.graph.by_name.at("head.output");
        EXPECT_EQ(result.tensors.at(id).elements, 30U);
        EXPECT_FALSE(result.tensors.contains(step.program.graph.by_name.at("stem_norm.mean")));
    }
    // The statistics matter: with a running mean off by one, the comparison fails.
    golden::Tensors spoilt = evaluation_inputs(step.program.graph, trained(step.options));
    spoilt.at("conv_norm.mean").codes[3] = code(1.4F);
    step.inputs = StepInputs(step.program.graph, other_images(3), spoilt);
    EXPECT_FALSE(step.checked(Golden::full).first_mismatches.empty());
}

TEST_P(EvaluationOf, TakesTheSameBitsWithAClock) {
    const Evaluated untimed(options_of(GetParam()), other_images(3));
    const Evaluated timed(options_of(GetParam()), other_images(3), machine::run_timed);
    for (training::TensorId id = 0; id < untimed.program.graph.tensors.size(); ++id)
        EXPECT_EQ(timed.source()(0, id).codes, untimed.source()(0, id).codes)
            << untimed.program.graph.tensors[id].name;
}

/// Images `which` of a batch, in this order.
datasets::Batch picked(const datasets::Batch& all, std::initializer_list<std::int64_t> which) {
    const std::int64_t size = std::ssize(all.images) / std::ssize(all.labels);
    datasets::Batch batch;
    for (const std::int64_t i : which) {
        batch.images.insert(batch.images.end(), all.images.begin() + i * size,
                            all.images.begin() + (i + 1) * size);
        batch.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
    }
    return batch;
}

/// The ten logits of an image.
std::vector<std::uint32_t> of_image(const std::vector<std::uint32_t>& logits, std::int64_t image) {
    return {logits.begin() + image * 10, logits.begin() + (image + 1) * 10};
}

TEST_P(EvaluationOf, TheLogitsOfAnImageAreTheSameWhateverElseIsInTheBatch) {
    RunOptions options = options_of(GetParam());
    const datasets::Batch images = other_images(8);
    const auto three = Evaluated(options, picked(images, {0, 1, 2})).logits();
    const auto others = Evaluated(options, picked(images, {3, 4, 1})).logits();
    EXPECT_EQ(of_image(others, 2), of_image(three, 1));
    EXPECT_NE(of_image(others, 0), of_image(three, 0));
    options.batch = 1;
    EXPECT_EQ(Evaluated(options, picked(images, {1})).logits(), of_image(three, 1));
    options.batch = 8;
    const auto eight = Evaluated(options, images).logits();
    for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(of_image(eight, i), of_image(three, i));
}

TEST_P(EvaluationOf, WithTheStatisticsOfTheBatchTheyWouldNotBe) {
    const RunOptions options = options_of(GetParam());
    const datasets::Batch images = other_images(8);
    const training::Graph inference =
        training::build(options.network, options.recipe, options.batch, false);
    const auto logits = [&](std::initializer_list<std::int64_t> which) {
        return Evaluated(options, inference, picked(images, which), machine::run_untimed).logits();
    };
    EXPECT_NE(of_image(logits({3, 4, 1}), 2), of_image(logits({0, 1, 2}), 1));
}

TEST(EvaluationOfCores, EveryBitEqualsTheReferenceAndTheLogitsAreThoseOfOneCore) {
    const datasets::Batch images = other_images(6);
    for (const BatchNormScope scope : {BatchNormScope::per_core, BatchNormScope::synchronised}) {
        RunOptions options = options_of("fp4-tpr", 2);
        options.batch_norm = scope;
        Evaluated step(options, images);
        EXPECT_TRUE(step.checked(Golden::full).first_mismatches.empty());
        for (std::int64_t core = 0; core < 2; ++core) {
            const std::int64_t first = 3 * core;
            const Evaluated alone(options_of("fp4-tpr"),
                                  picked(images, {first, first + 1, first + 2}));
            EXPECT_EQ(step.logits(core), alone.logits());
        }
    }
}

TEST(EvaluationFidelity, SixteenBitsAreCloseToFp64) {
    const Evaluated step(options_of("fp16"), other_images(3));
    const auto rows = fidelity(step.program.graph, golden_options(step.options, step.program.graph),
                               step.inputs, step.source());
    int compared = 0;
    for (const auto& [index, tensors] : rows)
        for (const TensorFidelity& one : tensors) {
            EXPECT_GT(one.sqnr_db, 25) << one.name;
            ++compared;
        }
    EXPECT_GT(compared, 15);
}

TEST(EvaluationInputs, AreTheParametersWithStatisticsRoundedOncePerOperation) {
    const RunOptions options = options_of("fp4-tpr");
    const training::Graph graph = evaluation_of(options);
    const golden::Tensors state = trained(options);
    const golden::Tensors inputs = evaluation_inputs(graph, state);
    for (const training::Tensor& tensor : graph.tensors) {
        const bool wanted = tensor.origin == training::Origin::parameter ||
                            tensor.origin == training::Origin::constant;
        ASSERT_EQ(inputs.contains(tensor.name), wanted) << tensor.name;
        if (!wanted) continue;
        EXPECT_EQ(inputs.at(tensor.name).format, numerics::name(tensor.format)) << tensor.name;
        EXPECT_EQ(inputs.at(tensor.name).shape, tensor.shape) << tensor.name;
    }
    for (const char* name : {"stem.weight", "stem_act.alpha", "side_norm.gamma", "side_norm.beta",
                             "head.bias", "input.scale", "input.shift"})
        EXPECT_EQ(inputs.at(name).codes, state.at(name).codes) << name;
    EXPECT_EQ(inputs.at("conv_norm.mean").codes, state.at("conv_norm.running_mean").codes);
    const auto& variance = state.at("conv_norm.running_variance").codes;
    for (std::size_t c = 0; c < variance.size(); ++c) {
        const float sum = std::bit_cast<float>(variance[c]) + 1e-5F;
        const float root = std::sqrt(sum);
        EXPECT_EQ(inputs.at("conv_norm.inverse_deviation").codes[c], code(1.0F / root));
    }
}

TEST(EvaluationInputs, OfAnUntrainedNetworkAreTheInitialOnes) {
    const RunOptions options = options_of("fp4-tpr");
    const training::Graph graph = evaluation_of(options), before = training_of(options);
    const datasets::Batch batch = testing::small_batch(3);
    golden::Tensors fresh = initial_tensors(graph, batch, 1);
    const golden::Tensors made = evaluation_inputs(graph, initial_tensors(before, batch, 1));
    EXPECT_EQ(fresh.erase("images"), 1U);
    ASSERT_EQ(made.size(), fresh.size());
    for (const auto& [name, tensor] : fresh) EXPECT_EQ(made.at(name).codes, tensor.codes) << name;
    for (const std::uint32_t c : fresh.at("stem_norm.mean").codes) EXPECT_EQ(c, 0U);
    for (const std::uint32_t c : fresh.at("stem_norm.inverse_deviation").codes)
        EXPECT_EQ(c, code(1.0F / std::sqrt(1.0F + 1e-5F)));
}

TEST(EvaluationInputs, AMissingOrMisshapenParameterAndAnotherStepAreRefused) {
    const RunOptions options = options_of("fp4-tpr");
    const training::Graph graph = evaluation_of(options);
    const auto complaint = [&](const training::Graph& step, const golden::Tensors& state) {
        try {
            evaluation_inputs(step, state);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    golden::Tensors state = trained(options);
    EXPECT_EQ(complaint(training_of(options), state), "the step is not one of evaluation");
    state.at("conv_norm.running_variance").codes.pop_back();
    EXPECT_EQ(complaint(graph, state),
              "tensor conv_norm.running_variance: 7 elements, must have 8");
    state.erase("conv_norm.running_variance");
    EXPECT_EQ(complaint(graph, state), "tensor conv_norm.running_variance: missing");
}

}  // namespace
}  // namespace quatrain::run
