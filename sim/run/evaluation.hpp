// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/host_machine.hpp"
#include "sim/run/progress.hpp"
#include "workloads/datasets/dataset.hpp"

#include <cstdint>
#include <optional>

namespace quatrain::run {

/// What a network does with images that it was not trained on.
struct TestNumbers {
    std::int64_t images = 0;
    std::int64_t correct = 0;
    double loss = 0;  ///< mean softmax cross-entropy of the machine's logits, in FP64

    double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
};

/// Executes the evaluation step (docs/training-step.md, "Evaluation") over the test images.
class Evaluator {
public:
    /// `options`: network, recipe, batch, architecture, threads.
    explicit Evaluator(const RunOptions& options);

    /// With the parameters and running statistics that `lasting` (lasting_tensors()) holds; of
    /// several cores those of the first. A last batch that is not full is filled up with its last
    /// image, which counts once. Nothing after an interrupt.
    std::optional<TestNumbers> evaluate(const golden::Tensors& lasting,
                                        const datasets::Dataset& dataset, Progress& progress);

private:
    void add(std::span<const float> logits, const datasets::Batch& batch, std::int64_t images,
             TestNumbers& numbers) const;

    HostMachine host_;
};

}  // namespace quatrain::run
