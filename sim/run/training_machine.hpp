// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "sim/run/host_machine.hpp"
#include "sim/run/lasting_tensors.hpp"
#include "sim/run/run.hpp"
#include "workloads/datasets/dataset.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quatrain::run {

/// Gradients of one layer in one step, over all cores.
struct GradientCounts {
    int log2_scale = 0;           ///< used in this step
    double max_abs = 0;           ///< largest |scaled gradient|
    std::uint64_t underflow = 0;  ///< elements that were not zero, but became 0
    std::uint64_t overflow = 0;   ///< elements that were clipped to the largest value
    std::uint64_t elements = 0;
};

/// What a step found out.
struct StepNumbers {
    double loss = 0;                        ///< of the whole batch
    std::int64_t correct = 0;               ///< images whose largest logit is that of their label
    std::vector<GradientCounts> gradients;  ///< in the order of TrainingMachine::gradient_layers()
    EventCounts events;  ///< that depend on the data: faults, clipped odd gradients
};

/// Executes training steps, one after the other, as fast as the host can, to the bit as the machine
/// of the options does.
class TrainingMachine {
public:
    /// `options`: network, recipe, batch, architecture, threads. Parameters are those of the seed.
    explicit TrainingMachine(const RunOptions& options);

    const training::Graph& graph() const { return host_.graph(); }
    const compiler::Program& program() const { return host_.program(); }
    /// That a step executes on the host.
    std::size_t instructions() const { return host_.instructions(); }
    const std::vector<std::string>& gradient_layers() const { return gradient_layers_; }

    /// The tensors that last, as lasting_tensors() names them.
    golden::Tensors lasting() const { return lasting_tensors(graph(), host_.memory()); }
    /// Replaces all of them, on all cores. Throws std::invalid_argument when one is missing or
    /// misshapen.
    void load(const golden::Tensors& lasting);

    /// One step on a batch of the size of the options. `seconds`: none, or one per operator of
    /// program().code, to which the host's time is added [s].
    const StepNumbers& step(const datasets::Batch& batch, double learning_rate,
                            std::span<double> seconds = {});

    /// A core's tensor as the last step has left it.
    golden::Tensor tensor(std::int64_t core, training::TensorId id) const {
        return host_.memory().tensor(core, id);
    }

private:
    struct Gradient {
        training::TensorId scale, max, underflow, overflow;
        std::uint64_t elements;
    };

    void write_scalar(training::TensorId id, std::uint32_t word);
    std::uint32_t scalar(std::int64_t core, training::TensorId id) const;
    std::int64_t count_correct(const datasets::Batch& batch);
    void read_gradients();

    HostMachine host_;
    std::vector<std::string> gradient_layers_;
    std::vector<Gradient> gradients_;
    training::TensorId loss_, learning_rate_;
    StepNumbers numbers_;
};

}  // namespace quatrain::run
