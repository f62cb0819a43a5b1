// SPDX-License-Identifier: Apache-2.0
// A training run in 32 bits beside one whose steps are computed in FP64 from the same images. The
// latter keeps its parameters in FP32 between the steps, as the former does.
#include "sim/run/check.hpp"
#include "sim/run/lasting_tensors.hpp"
#include "sim/run/training_machine.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/golden/ideal.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace quatrain::run {
namespace {

constexpr double rate = 0.05;
constexpr std::int64_t steps = 20;

using testing::batch_of;

RunOptions options_of(const std::string& recipe) {
    RunOptions options = testing::training_options(recipe, 16);
    options.recipe.learning_rate = rate;
    return options;
}

std::vector<double> machine_losses(const RunOptions& options) {
    TrainingMachine machine(options);
    std::vector<double> losses;
    for (std::int64_t step = 0; step < steps; ++step)
        losses.push_back(machine.step(batch_of(options, step), rate).loss);
    return losses;
}

std::vector<double> ideal_losses(const RunOptions& options) {
    const TrainingMachine start(options);
    const training::Graph& graph = start.graph();
    const golden::Options reference = golden_options(options, graph);
    golden::Tensors state = start.lasting();
    std::vector<double> losses;
    for (std::int64_t step = 0; step < steps; ++step) {
        const StepInputs inputs = step_inputs(graph, state, batch_of(options, step), rate);
        const golden::IdealTensors ideal =
            golden::compute_ideal_step(options.network, reference, inputs.of_core(0));
        losses.push_back(ideal.at("loss").at(0));
        for (const LastingTensor& one : list_lasting(graph)) {
            const std::vector<double>& updated = ideal.at(graph.tensors[one.id].updated_name);
            std::vector<std::uint32_t>& codes = state.at(one.name).codes;
            for (std::size_t i = 0; i < codes.size(); ++i)
                codes[i] = std::bit_cast<std::uint32_t>(static_cast<float>(updated.at(i)));
        }
    }
    return losses;
}

double largest_distance(const std::vector<double>& a, const std::vector<double>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::fabs(a[i] - b[i]) / b[i]);
    return largest;
}

TEST(LossCurve, In32BitsStaysTogetherWithThatOfStepsInFp64) {
    const RunOptions options = options_of("fp32");
    const std::vector<double> machine = machine_losses(options), ideal = ideal_losses(options);
    EXPECT_LT(ideal.back(), 0.9 * ideal.front()) << "it learns";
    EXPECT_LT(largest_distance(machine, ideal), 1e-4);
    EXPECT_NE(machine, ideal) << "FP32 rounds";
}

TEST(LossCurve, In16BitsIsFartherFromFp64ThanIn32) {
    const RunOptions wide = options_of("fp32"), narrow = options_of("fp16");
    const double distance = largest_distance(machine_losses(narrow), ideal_losses(narrow));
    EXPECT_GT(distance, 10 * largest_distance(machine_losses(wide), ideal_losses(wide)));
    EXPECT_LT(distance, 0.2);
}

}  // namespace
}  // namespace quatrain::run
