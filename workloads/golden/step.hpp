// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/tensor.hpp"
#include "workloads/network/network.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace quatrain::golden {

/// Formats of one GEMM layer by the names of the numerics page, in one of the combinations of
/// docs/training-step.md; "fp4_r4" gradients are even for dX.
struct LayerFormats {
    std::string activation = "uint4", weight = "int4", gradient_data = "fp4_r4",
                gradient_weight = "fp4_r4";
    bool two_phase = true;
};

/// A GEMM that the array does in the dataflow that is not the usual one of its pass
/// (docs/training-step.md, "GEMM"): "forward", "backward_data" or "backward_weight" of a layer, and
/// of the phases of a strided backward_data that any kernel position reaches which, row by row.
struct OtherDataflow {
    std::string layer, pass;
    std::int64_t phase = 0;
};

/// Everything besides tensors that decides the numbers of a step.
struct Options {
    std::int64_t batch = 1;  ///< images of one core
    std::int64_t cores = 1;  ///< that share the batch of batch * cores images
    /// Mean and deviation over the whole batch; else over the core's own images.
    bool synchronised_batch_norm = false;
    bool training = true;
    /// Without training: batch norm is given mean and inverse deviation, which are those of no
    /// batch ("Evaluation" on the page).
    bool evaluation = false;
    std::vector<LayerFormats> formats;  ///< per node of the network; meaningful for GEMM nodes
    std::string activation_format = "fp16", gradient_format = "dlfloat16";
    std::string accumulator = "dlfloat16";
    std::int64_t rows = 32;        ///< of the array
    std::int64_t lanes_4bit = 4;   ///< per PE; a mode with 0 lanes does not exist
    std::int64_t lanes_8bit = 2;   ///< per PE
    std::int64_t lanes_16bit = 1;  ///< per PE
    std::int64_t lanes_32bit = 0;  ///< per PE
    std::int64_t chunk = 64;       ///< output-stationary chunk
    std::vector<OtherDataflow> other_dataflow = {};
    bool clip_weight_gradient = true;  ///< of 4-bit weights beyond their alpha
    bool global_gradscale = false;     ///< one scale of the gradients for the whole network
    double threshold_factor = 1.6;     ///< of fp4_r4 gradients
    double learning_rate = 0.1, momentum = 0.9, weight_decay = 1e-4, alpha_weight_decay = 1e-4;
    int threads = 1;
};

/// The values of a step by tensor name.
using Tensors = std::map<std::string, Tensor>;

/// Reference 1, whole: from the step's inputs (docs/training-step.md, "Inputs of the step") to
/// every tensor of the step, by plain loops and exact arithmetic. `progress` is called with
/// (operators done, operators in all). Throws std::invalid_argument when an input is missing or
/// misshapen, or there are several cores, std::overflow_error when an int32 accumulator overflows.
Tensors compute_step(const network::Network& network, const Options& options, const Tensors& inputs,
                     const std::function<void(std::size_t, std::size_t)>& progress = {});

/// The same of every core of a step over several (docs/several-cores.md), operator by operator.
/// Throws std::invalid_argument also when there are not inputs for every core, or cores differ in
/// something that they hold in common.
std::vector<Tensors> compute_parallel_step(
    const network::Network& network, const Options& options,
    std::span<const Tensors> inputs_of_cores,
    const std::function<void(std::size_t, std::size_t)>& progress = {});

/// Reference 1, element by element: recomputes single elements of one tensor from the tensors it is
/// made of, which `lookup` gives by name. Used for --golden sample, with the machine's own tensors
/// as operands. Returns the codes of elements `indices` (row-major) of tensor `name`. Throws
/// std::invalid_argument when there are several cores.
std::vector<std::uint32_t> compute_elements(
    const network::Network& network, const Options& options, const std::string& name,
    std::span<const std::int64_t> indices,
    const std::function<const Tensor&(const std::string&)>& lookup);

/// The same of a tensor of core `core` of several. Only a sum over the cores ("... .reduced") asks
/// for tensors of other cores than this one.
std::vector<std::uint32_t> compute_elements_of_core(
    const network::Network& network, const Options& options, std::int64_t core,
    const std::string& name, std::span<const std::int64_t> indices,
    const std::function<const Tensor&(std::int64_t core, const std::string& name)>& lookup);

/// Names of the tensors that a step computes on every core, in an order in which each is made of
/// earlier ones and inputs.
std::vector<std::string> computed_tensors(const network::Network& network, const Options& options);

}  // namespace quatrain::golden
