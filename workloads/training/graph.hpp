// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/network/network.hpp"
#include "workloads/training/parallel.hpp"
#include "workloads/training/recipe.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::training {

using TensorId = std::size_t;

enum class Pass : std::uint8_t { forward, backward_data, backward_weight, update };
std::string_view name(Pass pass);

/// Where a tensor's first value comes from.
enum class Origin : std::uint8_t {
    data,       ///< images, labels: given with every step
    constant,   ///< input.scale, input.shift, and the optimiser's constants
    parameter,  ///< weights and other state: given at the start, updated in place
    computed,
};

/// A tensor of the step. Layout: dense, row-major in `shape`, packed (two 4-bit codes to a byte,
/// low nibble first). Weights are {ky, kx, cin, cout}; their transposed codes {ky, kx, cout, cin};
/// vectors {1, 1, 1, C}.
struct Tensor {
    std::string name;  ///< as docs/training-step.md names it
    Format format = Format::fp32;
    std::array<std::int64_t, 4> shape{1, 1, 1, 1};
    Origin origin = Origin::computed;
    bool scalar = false;             ///< lives in the scalar buffer (4 bytes) during the step
    std::optional<TensorId> step;    ///< uint4 tensors: the scalar that turns codes into values
    std::optional<double> constant;  ///< value of a scalar with Origin::constant
    /// In-place updates: the name of the value after the step (docs/training-step.md), empty if
    /// never updated.
    std::string updated_name;

    std::int64_t elements() const { return shape[0] * shape[1] * shape[2] * shape[3]; }
    std::int64_t columns() const { return shape[3]; }
    std::int64_t rows() const { return shape[0] * shape[1] * shape[2]; }
};

/// One operator of the step. Inputs and outputs are listed in the order that the comment beside
/// each kind gives.
enum class OperatorKind : std::uint8_t {
    input_normalise,    ///< images, scale, shift -> output
    activation_scale,   ///< alpha -> step, reciprocal (scalars only)
    weight_statistics,  ///< w -> weight_alpha, weight_step
    weight_quantise,    ///< w, step (int4 only) -> codes[, codes_transposed]
    convolution,  ///< x, codes -> output      (also fully connected: kernel 1 on 1 x 1 images)
    bias_add,     ///< product, bias -> output
    batch_norm_statistics,  ///< training: z, running_mean, running_variance, epsilon, momentum_new,
                            ///< momentum_old, unbias
                            ///< -> mean, inverse_deviation (running_* updated in place); inference:
                            ///< z, epsilon -> same
    batch_norm_sums,        ///< z -> sum, sum_of_squares     (synchronised batch norm: these two
                            ///< kinds in place of batch_norm_statistics)
    batch_norm_finish,      ///< sum.reduced, sum_of_squares.reduced, and what batch_norm_statistics
                            ///< takes after z -> mean, inverse_deviation (running_* updated in
                            ///< place); the count M is that of the whole batch
    batch_norm_normalise,   ///< z, mean, inverse_deviation, gamma, beta -> output      (evaluation:
                            ///< mean and inverse_deviation are parameters)
    add,  ///< a, b -> output      (uint4 operands: their Tensor::step gives the value)
    quantise_activation,  ///< x, alpha, reciprocal -> codes
    relu,                 ///< x -> output
    max_pool,             ///< x -> output
    average_pool,         ///< x -> output
    loss,                 ///< logits, labels -> input_gradient, loss      (divided by whole_batch)
    gradient_add,         ///< dy1, dy2 -> sum                (more consumers: chained, intermediate
                          ///< "n.output_gradient.1"...)
    average_pool_backward,           ///< dy -> input_gradient
    max_pool_backward,               ///< dy, x -> input_gradient
    activation_backward,             ///< dy, x, alpha -> input_gradient, alpha_gradient
    relu_backward,                   ///< dy, x -> input_gradient
    batch_norm_backward_statistics,  ///< dy, z, mean, inverse_deviation -> beta_gradient,
                                     ///< gamma_gradient
    batch_norm_backward_apply,       ///< dy, z, mean, inverse_deviation, gamma, beta_gradient,
                                     ///< gamma_gradient -> input_gradient      (synchronised: the
                                     ///< reduced ones, and the count of the whole batch)
    gradient_quantise,  ///< dy, gradscale_log2 -> first codes[, second codes], gradient_max,
                        ///< underflow, overflow (last three scalars). First: even, or fp8 where no
                        ///< even ones are made; second: odd, or fp8
    gradscale_update,   ///< gradscale_log2, gradient_max -> vote      (gradscale_log2 updated in
                        ///< place; scalars only)
    gradscale_vote,     ///< gradient_max -> vote      (several cores, or a global loss scale: these
                        ///< two in place of gradscale_update; scalars only)
    gradscale_apply,    ///< gradscale_log2, vote (several cores: vote.reduced) -> nothing
                        ///< (gradscale_log2 updated in place; scalars only)
    gradscale_least,    ///< every layer's vote -> the least      (a global loss scale: before
                        ///< gradscale_apply, which takes the least; scalars only)
    convolution_backward_data,    ///< gradient codes (even or fp8) or dy, codes_transposed ->
                                  ///< input_gradient (step_b: weight_step)
    convolution_backward_weight,  ///< x, gradient codes (odd, even or fp8) or dy -> weight_gradient
                                  ///< (step_a: of x)
    bias_gradient,                ///< dy -> bias_gradient
    sgd,         ///< gradient, parameter, momentum, lr, mu[, wd][, weight_alpha] -> nothing
                 ///< (parameter, momentum updated in place)
    sgd_scalar,  ///< the same for scalars
    all_reduce,  ///< x -> reduced      (the sum over all cores; both may be scalars)
};
std::string_view name(OperatorKind kind);

struct Operator {
    std::string name;  ///< the node's name ("input", "layer1.0.conv1", "loss")
    OperatorKind kind{};
    Pass pass = Pass::forward;
    std::size_t node = 0;  ///< index into Network::nodes; nodes.size() for the loss
    std::vector<TensorId> inputs, outputs;
    /// Convolutions: scalars whose product scales the GEMM (steps of uint4 and int4 operands), and
    /// the GradScale scalar of a scaled gradient; absent where none.
    std::optional<TensorId> step_a, step_b, gradscale;
    bool odd_phase = false;                            ///< convolution_backward_weight on odd codes
    std::optional<TensorId> weight_decay, alpha_mask;  ///< sgd: scalars, absent where none
};

/// What a step is for, and so which operators it has.
enum class Mode : std::uint8_t {
    training,    ///< forward, backward, update
    inference,   ///< the forward operators of the training step, with the batch's own statistics
    evaluation,  ///< forward, with running statistics (docs/training-step.md, "Evaluation")
};

/// The step of one core, in execution order. All cores' graphs are alike.
struct Graph {
    network::Network network;
    Recipe recipe;
    Mode mode = Mode::training;
    std::int64_t cores = 1;
    std::int64_t batch = 1;            ///< images of this core: those of the tensors
    std::int64_t whole_batch = 1;      ///< images of all cores
    bool synchronised = false;         ///< batch norm takes its statistics over all cores
    std::vector<GemmFormats> formats;  ///< per node; meaningful for GEMM nodes
    std::vector<Tensor> tensors;
    std::vector<Operator> operators;
    std::map<std::string, TensorId> by_name;
};

/// The formats of every GEMM node, from the recipe's rules. Throws std::invalid_argument ("layer
/// NAME, recipe NAME: FIELD = FORMAT: RULE") when a combination is not in the table of
/// docs/training-step.md. In a topology, a layer with a 4-bit operand and an odd number of channels
/// or filters takes the recipe's activation_format and gradient_format instead: 4-bit elements are
/// stored in pairs.
std::vector<GemmFormats> resolve(const network::Network& network, const Recipe& recipe);

/// Per node: true where an activation node is PACT (docs/training-step.md, rule 5).
std::vector<bool> pact_nodes(const network::Network& network,
                             const std::vector<GemmFormats>& formats);

/// Per node: what an activation node that is ReLU gives (docs/training-step.md, rule 5).
std::vector<Format> relu_formats(const network::Network& network,
                                 const std::vector<GemmFormats>& formats, Format activation_format);

/// Images that a step may take.
inline constexpr std::int64_t most_images = 65536;

/// Builds the step of one of `parallel.cores` cores that share `batch` images
/// (docs/several-cores.md); gradients are then reduced, also those of a topology. Of a topology,
/// only the GEMMs of every layer, one layer after the other, on operands that are given with the
/// step: forward, and when training dX and dW of a given output gradient. `training` false gives
/// the forward operators only (batch norm still uses batch statistics, and no running statistics
/// are updated). Throws std::invalid_argument naming the layer or field and the rule it breaks;
/// `batch` must be divisible by the number of cores.
Graph build(const network::Network& network, const Recipe& recipe, std::int64_t batch,
            bool training = true, const Parallel& parallel = {});

/// Builds the evaluation step likewise (docs/training-step.md, "Evaluation"): forward operators
/// without labels and loss, whose batch norms are given their `mean` and `inverse_deviation`
/// (Origin::parameter, {1, 1, 1, C}). The last node's output are the logits. Nothing is reduced
/// over the cores, whatever `parallel` says of batch norm. Of a topology, the inference.
Graph build_evaluation(const network::Network& network, const Recipe& recipe, std::int64_t batch,
                       const Parallel& parallel = {});

/// The inputs of an operator that it also writes: running statistics, parameters and momenta,
/// GradScale.
std::vector<TensorId> updated_in_place(const Operator& operation);

/// Multiply-accumulates that the definition of a GEMM operator needs (docs/training-step.md): every
/// reduction element, also those outside the image; dX only over the kernel positions that exist
/// for a pixel's phase. 0 for other kinds.
std::int64_t macs(const Graph& graph, const Operator& operation);

/// Checks that every computed tensor is produced exactly once and before its first use, that
/// nothing is read after its update in place, and that what has an updated_name is updated. Throws
/// std::logic_error naming operator and tensor.
void check(const Graph& graph);

}  // namespace quatrain::training
