// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/progress.hpp"
#include "sim/run/result.hpp"
#include "sim/run/run.hpp"
#include "sim/run/tensors.hpp"
#include "workloads/compiler/compiler.hpp"
#include "workloads/golden/step.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace quatrain::run {

/// A tensor of the graph as it lies in a core's memory after the step.
using TensorSource = std::function<golden::Tensor(std::int64_t core, training::TensorId)>;

/// What the bit-exact reference needs to know of the step, the recipe and the array. What the step
/// is for is the graph's to say.
golden::Options golden_options(const RunOptions& options, const training::Graph& graph);

struct CheckResult {
    std::map<training::TensorId, GoldenCount> tensors;  ///< of all cores
    std::vector<Mismatch> first_mismatches;             ///< at most 10, in order of computation
};

/// Compares the tensors of every core with the bit-exact reference: every element of every tensor
/// (Golden::full), or a sample of each that depends on seed and core alone (Golden::sample),
/// recomputed from the machine's own operands. Throws InternalError when the graph computes a
/// tensor that the reference does not know, or the reverse.
CheckResult check(const RunOptions& options, const training::Graph& graph, const StepInputs& inputs,
                  const TensorSource& source, Progress& progress);

}  // namespace quatrain::run
