// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/step.hpp"

namespace quatrain::golden {

/// Reference 2: the same step in FP64 from the same parameters and images. No quantisation; an
/// activation clips to 0..alpha where the recipe has PACT. Values by tensor name
/// (docs/training-step.md), for the tensors that have a meaning without quantisation: outputs,
/// input_gradient, output_gradient, weight/bias/gamma/beta/alpha gradients, loss, updated
/// parameters.
using IdealTensors = std::map<std::string, std::vector<double>>;
IdealTensors compute_ideal_step(const network::Network& network, const Options& options,
                                const Tensors& inputs);

/// The same of every core of a step over several (docs/several-cores.md): batch norm over the
/// images that it is over there, and sums over the cores ("... .reduced").
std::vector<IdealTensors> compute_ideal_parallel_step(const network::Network& network,
                                                      const Options& options,
                                                      std::span<const Tensors> inputs_of_cores);

/// How far a tensor is from its ideal.
struct Fidelity {
    double sqnr_db = 0;  ///< 10 log10( sum ideal^2 / sum (value - ideal)^2 ); infinite when equal
    double cosine = 0;   ///< of the two tensors as vectors; 0 when one is zero
    double bias = 0;     ///< mean of (value - ideal)
};
Fidelity compare(std::span<const double> values, std::span<const double> ideal);

/// The values of a tensor's codes, as doubles. `step` multiplies all but uint8 and int32; `odd`
/// halves fp4_r4.
std::vector<double> values(const Tensor& tensor, double step = 1.0, bool odd = false);

}  // namespace quatrain::golden
