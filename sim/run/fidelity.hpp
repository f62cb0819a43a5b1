// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/check.hpp"
#include "workloads/golden/ideal.hpp"

#include <map>

namespace quatrain::run {

/// What 4 bits cost: how far each operator's main output is from the same step in FP64, by index
/// into Graph::operators. Quantised weights are compared with the weights, quantised gradients
/// (even phase, scaled back) with the gradient of the FP64 step. Operators whose output has no
/// meaning without quantisation have no entry.
std::map<std::size_t, golden::Fidelity> fidelity(const training::Graph& graph,
                                                 const golden::Options& options,
                                                 const golden::Tensors& inputs,
                                                 const TensorSource& source);

}  // namespace quatrain::run
