// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/format.hpp"

#include <string>
#include <vector>

namespace quatrain::training {

using numerics::Format;

/// The formats of the three GEMMs of one layer.
struct GemmFormats {
    Format activation = Format::uint4;        ///< forward and dW operand
    Format weight = Format::int4;             ///< forward and dX operand
    Format gradient_data = Format::fp4_r4;    ///< dX operand
    Format gradient_weight = Format::fp4_r4;  ///< dW operand
    bool two_phase = true;                    ///< dW takes the odd phase (else the even one)
};

/// Formats for the layers whose name matches a pattern: "first" and "last" (the first and last GEMM
/// layer of the network), or a shell pattern with * and ? on the layer name. Later rules win.
struct RecipeRule {
    std::string pattern = "*";
    GemmFormats formats;
};

/// Which precision where, and the optimiser's constants.
struct Recipe {
    std::string name = "fp4-tpr";
    std::string description;
    Format activation_format =
        Format::fp16;  ///< 16-bit forward tensors (A of the training-step page)
    Format gradient_format = Format::dlfloat16;  ///< 16-bit gradient tensors (G)
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
