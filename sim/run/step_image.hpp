// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"
#include "sim/run/run.hpp"
#include "workloads/golden/step.hpp"

#include <vector>

namespace quatrain::run {

/// The operators' code as the machine takes it. `program` must outlive the result.
std::vector<machine::OperatorQueues> operator_queues(const compiler::Program& program);

/// Writes a core's inputs to where the program expects them in its share of the DRAM, which begins
/// at `share_begin` [bytes].
void load_image(dram::DramImage& dram, const compiler::Program& program,
                const golden::Tensors& inputs, std::int64_t share_begin = 0);

/// A core's shares of the memories, which begin at these addresses [bytes].
struct CoreMemories {
    const dram::DramImage& dram;
    const scratchpad::ScratchpadImage& scratchpad;
    std::int64_t dram_begin = 0, scratchpad_begin = 0;
};

/// A tensor as the step has left it.
golden::Tensor read_tensor(const CoreMemories& memories, const compiler::Program& program,
                           training::TensorId id);

}  // namespace quatrain::run
