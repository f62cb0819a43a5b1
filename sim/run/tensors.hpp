// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"
#include "workloads/datasets/dataset.hpp"
#include "workloads/golden/step.hpp"
#include "workloads/training/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quatrain::run {

/// The inputs of a core's step by name (docs/training-step.md, "Inputs of the step"): images and
/// labels from `batch`, parameters from the seed (He-normal weights, identity batch norm, zero
/// momenta) and the recipe, constants.
/// A graph of Mode::evaluation has the mean and deviation of running statistics that are still 0
/// and 1.
golden::Tensors initial_tensors(const training::Graph& graph, const datasets::Batch& batch,
                                std::uint64_t seed);

/// The inputs of an evaluation step but for its images (docs/training-step.md, "Evaluation"): the
/// parameters of a training run of the same network and recipe, by name; mean and inverse deviation
/// made of its running statistics; constants. `parameters` may hold more. Throws
/// std::invalid_argument when the graph is not of Mode::evaluation, or a parameter is missing or
/// has another number of elements.
golden::Tensors evaluation_inputs(const training::Graph& graph, const golden::Tensors& parameters);

/// The step's inputs of all cores: each has its share of the batch, and all have the same
/// parameters and constants.
class StepInputs {
public:
    /// Those of the first step. `batch` is that of all cores together.
    StepInputs(const training::Graph& graph, const datasets::Batch& batch, std::uint64_t seed);
    /// Parameters and constants as given: all inputs but data.
    StepInputs(const training::Graph& graph, const datasets::Batch& batch, golden::Tensors common);

    std::int64_t cores() const { return static_cast<std::int64_t>(own_.size()); }
    /// Null when the step has no such input.
    const golden::Tensor* find(std::int64_t core, const std::string& name) const;
    /// Throws std::out_of_range when the step has no such input.
    const golden::Tensor& at(std::int64_t core, const std::string& name) const;
    /// Replaces an input on one core. Throws std::out_of_range when the step has no such input.
    void set(std::int64_t core, const std::string& name, const golden::Tensor& tensor);
    /// All of a core.
    golden::Tensors of_core(std::int64_t core) const;

private:
    golden::Tensors common_;
    std::vector<golden::Tensors> own_;  ///< by core; in place of the common ones
};

/// The codes packed as the tensor lies in memory (two 4-bit codes to a byte, low nibble first).
std::vector<std::byte> pack(const training::Tensor& tensor, const golden::Tensor& codes);

/// Inverse of pack().
golden::Tensor unpack(const training::Tensor& tensor, std::span<const std::byte> bytes);

}  // namespace quatrain::run
