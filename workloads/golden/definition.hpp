// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/structure.hpp"

#include <cfloat>
#include <functional>
#include <string>
#include <vector>

namespace quatrain::golden {

static_assert(FLT_EVAL_METHOD == 0, "FP32 operations must round to FP32");

/// Computes the code of one element, given its row-major index. Safe to call from several threads.
using Element = std::function<std::uint32_t(std::int64_t)>;

/// How one tensor of the step is made of earlier ones.
struct Definition {
    std::string name, format;
    Shape shape{1, 1, 1, 1};
    /// Takes the operands it needs, does the scalar arithmetic that all elements share, and gives
    /// the element function.
    std::function<Element(const Operands&)> bind;
};
using Definitions = std::vector<Definition>;

/// Append the definitions of a node's tensors. define_forward: from inputs to the output.
void define_input(const Structure& structure, Definitions& list);
void define_forward(const Structure& structure, std::size_t index, Definitions& list);
/// "loss" and "loss.input_gradient".
void define_loss(const Structure& structure, Definitions& list);
/// From dy(n) to the input gradient and the gradients of parameters; the node must learn.
void define_backward(const Structure& structure, std::size_t index, Definitions& list);
/// The updated parameters and their momenta.
void define_update(const Structure& structure, std::size_t index, Definitions& list);

/// What decides on the one scale of all gradients (rule 12), behind the definitions of all nodes;
/// nothing when every layer has its own.
void define_global_gradscale(const Structure& structure, Definitions& list);

/// The sum over the cores of the tensor that `list` ends with, if there are several.
void define_reduction(const Structure& structure, Definitions& list);

/// Those of GEMM layers and of batch norm, called by the functions above.
void define_gemm_forward(const Structure& structure, std::size_t index, Definitions& list);
void define_gemm_backward(const Structure& structure, std::size_t index, Definitions& list);
void define_weights(const Structure& structure, std::size_t index, Definitions& list);
void define_gradient_codes(const Structure& structure, std::size_t index, Definitions& list);
void define_batch_norm_forward(const Structure& structure, std::size_t index, Definitions& list);
void define_batch_norm_backward(const Structure& structure, std::size_t index, Definitions& list);
void define_pool_forward(const Structure& structure, std::size_t index, Definitions& list);
void define_pool_backward(const Structure& structure, std::size_t index, Definitions& list);

/// An element function that writes an FP32 result in a format.
template <class Function>
Element rounded(const std::string& format, Function function) {
    return [layout = float_format(format), function](std::int64_t index) {
        const float value = function(index);
        return layout == FloatFormat{8, 23, 127, false} ? encode_fp32(value)
                                                        : encode(layout, value);
    };
}

/// Shape of a vector over channels.
inline Shape vector_shape(std::int64_t channels) {
    return {1, 1, 1, channels};
}

}  // namespace quatrain::golden
