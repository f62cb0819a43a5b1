// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/format.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::training {

using numerics::Format;

/// The formats of the three GEMMs of one layer (the combinations are in docs/training-step.md).
struct GemmFormats {
    Format activation = Format::uint4;        ///< forward and dW operand
    Format weight = Format::int4;             ///< forward and dX operand
    Format gradient_data = Format::fp4_r4;    ///< dX operand
    Format gradient_weight = Format::fp4_r4;  ///< dW operand
    bool two_phase = true;                    ///< dW takes the odd phase (else the even one)
};

/// What shares a scale of the gradients: a layer, or the whole network (a global loss scale).
enum class GradScaleScope : std::uint8_t { per_layer, global };

/// Formats for the layers whose name matches a pattern: "first" and "last" (the first and last GEMM
/// layer of the network), or a shell pattern with * and ? on the layer name. Later rules win.
struct RecipeRule {
    std::string pattern = "*";
    GemmFormats formats;
    std::optional<std::int64_t> kernel{};  ///< only convolutions with this kernel size [pixels]
};

/// Which precision where, and the optimiser's constants.
struct Recipe {
    std::string name = "fp4-tpr";
    std::string description;
    Format activation_format =
        Format::fp16;  ///< forward tensors (A of the training-step page), 16 or 32 bits
    Format gradient_format = Format::dlfloat16;  ///< gradient tensors (G), 16 or 32 bits
    /// The accumulator format that the recipe asks of the array ("" : the architecture's own).
    std::string accumulator;
    GradScaleScope gradscale = GradScaleScope::per_layer;
    std::vector<RecipeRule> rules;
    double learning_rate = 0.1;
    double momentum = 0.9;
    double weight_decay = 1e-4;
    double alpha_weight_decay = 1e-4;
    bool clip_weight_gradient =
        true;  ///< SaWB's backward: no gradient where |w| > alpha; false: all pass
    double initial_alpha = 8.0;
    int initial_gradscale_log2 = 16;
};

/// True when the layer multiplies 4-bit operands (uint4 x int4 and fp4_r4); false for the 16-bit
/// mode.
inline bool is_four_bit(const GemmFormats& formats) {
    return formats.weight == Format::int4;
}

}  // namespace quatrain::training
