// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/progress.hpp"
#include "sim/run/run.hpp"
#include "sim/run/step_image.hpp"
#include "workloads/compiler/compiler.hpp"
#include "workloads/datasets/dataset.hpp"

namespace quatrain::run {

/// A step of a training run on the machine itself: the machine's own program, timed, with its
/// numbers.
struct TimedStep {
    RunResult result;         ///< cycles, events, energies; zero_macs of the step's own data
    golden::Tensors lasting;  ///< what the step has made of the lasting tensors
};

/// Executes single steps on the machine itself.
class TimedMachine {
public:
    explicit TimedMachine(const RunOptions& options)
        : options_(options), program_(compile_step(options)) {}

    /// `lasting`: as lasting_tensors() names them. Incomplete after an interrupt.
    TimedStep step(const golden::Tensors& lasting, const datasets::Batch& batch,
                   double learning_rate, Progress& progress) const;

private:
    RunOptions options_;
    compiler::Program program_;
};

}  // namespace quatrain::run
