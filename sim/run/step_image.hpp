// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"
#include "sim/run/run.hpp"
#include "sim/run/tensors.hpp"
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

/// The memories of a machine that executes a program, and the program's tensors in them.
class StepMemory {
public:
    /// `program` must outlive the object. Without numerics nothing is ever in them.
    StepMemory(const config::Architecture& architecture, const compiler::Program& program,
               bool numerics = true);

    /// Writes the inputs of all cores.
    void load(const StepInputs& inputs);
    /// Writes the packed bytes of a core's tensor, which lies in DRAM.
    void write(std::int64_t core, training::TensorId id, std::span<const std::byte> bytes);
    /// Reads the packed bytes of a core's tensor.
    void read(std::int64_t core, training::TensorId id, std::span<std::byte> bytes) const;
    /// A core's tensor as the last step has left it.
    golden::Tensor tensor(std::int64_t core, training::TensorId id) const;

    dram::DramImage& dram() { return dram_; }
    scratchpad::ScratchpadImage& scratchpad() { return scratchpad_; }

private:
    CoreMemories of_core(std::int64_t core) const;

    const compiler::Program& program_;
    dram::DramImage dram_;
    scratchpad::ScratchpadImage scratchpad_;
    std::int64_t dram_share_, scratchpad_share_;  ///< of a core [bytes]
};

}  // namespace quatrain::run
