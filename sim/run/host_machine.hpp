// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/replay.hpp"
#include "sim/run/run.hpp"
#include "sim/run/step_image.hpp"
#include "workloads/compiler/compiler.hpp"
#include "workloads/datasets/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quatrain::run {

/// A step of training or evaluation that the host executes as fast as it can, again and again
/// (host_architecture()): the same graph on the same arrays as the machine's, so the numbers are
/// the machine's own to the bit. Tensors stay in its memory from step to step.
class HostMachine {
public:
    /// `options`: architecture, threads and mapping.other_dataflow count. `graph`: of as many
    /// cores.
    HostMachine(const RunOptions& options, training::Graph graph);
    HostMachine(const HostMachine&) = delete;
    HostMachine& operator=(const HostMachine&) = delete;

    const training::Graph& graph() const { return program_.graph; }
    const compiler::Program& program() const { return program_; }
    StepMemory& memory() { return memory_; }
    const StepMemory& memory() const { return memory_; }

    /// Writes images, and labels where the graph has them, of all cores together. Throws
    /// std::invalid_argument when they are not as many as the graph takes.
    void write_batch(const datasets::Batch& batch);
    /// As machine::Replay::run(), but zero_macs_* stay zero.
    EventCounts run(std::span<double> seconds = {}) { return replay_.run(seconds); }
    /// That a run executes.
    std::size_t instructions() const { return replay_.instructions(); }
    /// The logits of the last step, a row per image of the batch. Valid until the next call.
    std::span<const float> logits();
    std::int64_t classes() const { return graph().tensors[logits_].columns(); }

private:
    config::Architecture architecture_;
    compiler::Program program_;
    StepMemory memory_;
    machine::Replay replay_;
    training::TensorId logits_;
    std::vector<std::byte> logit_bytes_;  ///< of one core
    std::vector<float> logit_values_;     ///< of all
};

/// The first position of the largest value of a row; a NaN is never the largest, unless all are.
std::int64_t largest(std::span<const float> row);

}  // namespace quatrain::run
