// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/check.hpp"
#include "workloads/golden/step.hpp"

#include <map>
#include <vector>

namespace quatrain::run {

/// What 4 bits cost: how far the tensors that each operator makes, those of all cores as one, are
/// from the same step in FP64, its main output first, by index into Graph::operators. Quantised
/// weights are compared with the weights, quantised gradients (both phases, scaled back) with the
/// gradient of the FP64 step. Tensors that have no meaning without quantisation are left out, and
/// operators that make no others have no entry.
std::map<std::size_t, std::vector<TensorFidelity>> fidelity(const training::Graph& graph,
                                                            const golden::Options& options,
                                                            const StepInputs& inputs,
                                                            const TensorSource& source);

}  // namespace quatrain::run
