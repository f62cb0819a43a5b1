// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/mapping_space.hpp"

namespace quatrain::compiler {

// What a GEMM would need at least in the dataflow that is not its pass's, with its tensors as they
// lie in memory, pixels and elements of k in their order, and every operand loaded once. It tells
// whether the choice of dataflow is open; code is made for the pass's own alone.

/// Forward and dX: outputs of the array's rows of pixels stay, weights and activations pass by.
MappingWork least_with_stationary_outputs(const GemmShape& gemm, const Target& target);
/// dW: gradients of as many pixels as a pass is deep stay, activations pass by.
MappingWork least_with_stationary_gradients(const GemmShape& gemm, const Target& target);

}  // namespace quatrain::compiler
