// SPDX-License-Identifier: Apache-2.0
#include "sim/run/training_machine.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "sim/run/check.hpp"
#include "sim/run/lasting_tensors.hpp"
#include "sim/run/timed_step.hpp"
#include "tests/support/allocations.hpp"
#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <limits>

namespace quatrain::run {
namespace {

using testing::batch_of;

RunOptions options_of(const std::string& recipe, std::int64_t cores = 1) {
    return testing::training_options(recipe, 4, cores);
}

void expect_equal(const golden::Tensors& a, const golden::Tensors& b) {
    ASSERT_EQ(a.size(), b.size());
    for (const auto& [name, tensor] : a) EXPECT_EQ(tensor.codes, b.at(name).codes) << name;
}

/// Trains, and compares every element of every step with the reference.
void expect_bit_exact(const std::string& recipe, std::int64_t steps) {
    RunOptions options = options_of(recipe);
    options.golden = Golden::full;
    TrainingMachine machine(options);
    Silent silent;
    for (std::int64_t step = 0; step < steps; ++step) {
        const datasets::Batch batch = batch_of(options, step);
        const double rate = 0.1 / static_cast<double>(step + 1);
        options.recipe.learning_rate = rate;
        const training::Graph& graph = machine.graph();
        const StepInputs inputs = step_inputs(graph, machine.lasting(), batch, rate);
        const StepNumbers& numbers = machine.step(batch, rate);
        const auto source = [&](std::int64_t core, training::TensorId id) {
            return machine.tensor(core, id);
        };
        const CheckResult checked = check(options, graph, inputs, source, silent);
        GoldenCount count;
        for (const auto& [id, one] : checked.tensors) count += one;
        EXPECT_GT(count.elements, 10000U);
        EXPECT_EQ(count.mismatches, 0U) << "step " << step;
        EXPECT_EQ(numbers.loss,
                  std::bit_cast<float>(machine.tensor(0, graph.by_name.at("loss")).codes.at(0)));
    }
}

class AnyRecipe : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(TrainingMachine, AnyRecipe,
                         ::testing::Values("fp4-tpr", "fp4-apex", "hfp8", "fp16", "fp32"));

TEST_P(AnyRecipe, EveryStepIsThatOfTheMachinesOwnTimedProgram) {
    const RunOptions options = options_of(GetParam());
    TrainingMachine fast(options);
    const TimedMachine slow(options);
    Silent silent;
    for (std::int64_t step = 0; step < 3; ++step) {
        const double rate = 0.1 / static_cast<double>(step + 1);
        const golden::Tensors before = fast.lasting();
        fast.step(batch_of(options, step), rate);
        const TimedStep timed = slow.step(before, batch_of(options, step), rate, silent);
        expect_equal(fast.lasting(), timed.lasting);
        EXPECT_GT(timed.result.cycles, 0U);
        EXPECT_NE(fast.lasting().at("conv.weight").codes, before.at("conv.weight").codes);
    }
}

TEST_P(AnyRecipe, FourStepsAreBitExact) {
    expect_bit_exact(GetParam(), 4);
}

TEST(TrainingMachine, TwentyStepsAreBitExact) {
    expect_bit_exact("fp4-tpr", 20);
}

TEST(TrainingMachine, NoNumberDependsOnTheHostsThreads) {
    for (const auto& [recipe, cores] :
         {std::pair{"fp4-tpr", 1}, std::pair{"fp16", 1}, std::pair{"fp4-apex", 2}}) {
        RunOptions options = options_of(recipe, cores);
        options.threads = 1;
        TrainingMachine one(options);
        options.threads = 3;
        TrainingMachine three(options);
        for (std::int64_t step = 0; step < 5; ++step) {
            const StepNumbers in_order = one.step(batch_of(options, step), 0.1);
            const StepNumbers& side_by_side = three.step(batch_of(options, step), 0.1);
            EXPECT_EQ(in_order.events, side_by_side.events);
            EXPECT_EQ(in_order.loss, side_by_side.loss);
        }
        expect_equal(one.lasting(), three.lasting());
    }
}

TEST(TrainingMachine, AStepAllocatesNothingOnceItsMemoryIsThere) {
    for (const char* recipe : {"fp4-tpr", "hfp8", "fp16", "fp32"}) {
        RunOptions options = options_of(recipe);
        options.threads = 1;
        TrainingMachine machine(options);
        const datasets::Batch batch = batch_of(options, 0);
        for (int step = 0; step < 2; ++step) machine.step(batch, 0.1);
        const std::int64_t before = test::allocations();
        machine.step(batch, 0.1);
        EXPECT_EQ(test::allocations(), before) << recipe;
    }
}

TEST(TrainingMachine, ContinuesFromTensorsThatAnotherLeft) {
    const RunOptions options = options_of("fp4-tpr");
    TrainingMachine whole(options), second(options);
    whole.step(batch_of(options, 0), 0.1);
    second.load(whole.lasting());
    whole.step(batch_of(options, 1), 0.1);
    second.step(batch_of(options, 1), 0.1);
    expect_equal(whole.lasting(), second.lasting());
}

TEST(TrainingMachine, SeveralCoresKeepTheRunningStatisticsOfEach) {
    const RunOptions options = options_of("fp4-tpr", 2);
    TrainingMachine fast(options), resumed(options);
    const TimedMachine slow(options);
    Silent silent;
    for (std::int64_t step = 0; step < 2; ++step) {
        const golden::Tensors before = fast.lasting();
        fast.step(batch_of(options, step), 0.1);
        expect_equal(fast.lasting(),
                     slow.step(before, batch_of(options, step), 0.1, silent).lasting);
        resumed.load(before);
        resumed.step(batch_of(options, step), 0.1);
        expect_equal(fast.lasting(), resumed.lasting());
    }
    const golden::Tensors lasting = fast.lasting();
    EXPECT_NE(lasting.at("conv_norm.running_mean").codes,
              lasting.at("conv_norm.running_mean.core1").codes);
}

TEST(TrainingMachine, CountsTheImagesWhoseLargestLogitIsThatOfTheirLabel) {
    const RunOptions options = options_of("fp16");
    TrainingMachine machine(options);
    const datasets::Batch batch = batch_of(options, 0);
    const std::int64_t correct = machine.step(batch, 0.1).correct;
    const golden::Tensor logits = machine.tensor(0, machine.graph().by_name.at("head.output"));
    std::int64_t expected = 0;
    const std::size_t classes = logits.codes.size() / batch.labels.size();
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        std::size_t best = 0;
        const auto value = [&](std::size_t c) {
            return numerics::decode(numerics::Format::fp16, logits.codes[i * classes + c]);
        };
        for (std::size_t c = 0; c < classes; ++c)
            if (value(c) > value(best)) best = c;
        expected += static_cast<std::int32_t>(best) == batch.labels[i] ? 1 : 0;
    }
    EXPECT_EQ(correct, expected);
}

TEST(TrainingMachine, RefusesWhatDoesNotFit) {
    const RunOptions options = options_of("fp4-tpr");
    TrainingMachine machine(options);
    golden::Tensors lasting = machine.lasting();
    lasting.at("conv.weight").shape = {1, 1, 1, 1};
    EXPECT_THROW(machine.load(lasting), std::invalid_argument);
    lasting.erase("conv.weight");
    EXPECT_THROW(machine.load(lasting), std::invalid_argument);
    datasets::Batch batch = batch_of(options, 0);
    batch.labels.pop_back();
    EXPECT_THROW(machine.step(batch, 0.1), std::invalid_argument);
}

TEST(Largest, IsTheFirstOfEqualsAndNeverNaNUnlessAllAre) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(largest(std::vector{1.0F, 3.0F, 3.0F, 2.0F}), 1);
    EXPECT_EQ(largest(std::vector{nan, -3.0F, nan, -2.0F}), 3);
    EXPECT_EQ(largest(std::vector{nan, nan}), 0);
}

}  // namespace
}  // namespace quatrain::run
