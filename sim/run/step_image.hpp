// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"
#include "sim/run/run.hpp"
#include "workloads/golden/step.hpp"

#include <vector>

namespace quatrain::run {

/// The operators' code as the machine takes it. `program` must outlive the result.
std::vector<machine::OperatorQueues> operator_queues(const compiler::Program& program);

/// Writes the step's inputs to where the program expects them.
void load_image(dram::DramImage& dram, const compiler::Program& program,
                const golden::Tensors& inputs);

/// A tensor as the step has left it.
golden::Tensor read_tensor(const dram::DramImage& dram, const compiler::Program& program,
                           training::TensorId id);

}  // namespace quatrain::run
