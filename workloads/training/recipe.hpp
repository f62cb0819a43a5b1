// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/format.hpp"

#include <boost/describe.hpp>
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
BOOST_DESCRIBE_ENUM(GradScaleScope, per_layer, global)

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
    /// Speed-up over 16-bit training that the recipe's authors state, to be put beside a measured
    /// one.
    std::optional<double> published_speed_up = std::nullopt;
    std::vector<RecipeRule> rules;
    /// Where fp4_r4 gradients round up: to 4^n from 4^n / factor on. From 1 to 4; the format's own
    /// is 1.6 (Sun et al., NeurIPS 2020, Fig. 2(b)).
    double threshold_factor = 1.6;
    double learning_rate = 0.1;
    double momentum = 0.9;
    double weight_decay = 1e-4;
    double alpha_weight_decay = 1e-4;
    bool clip_weight_gradient =
        true;  ///< SaWB's backward: no gradient where |w| > alpha; false: all pass
    double initial_alpha = 8.0;
    int initial_gradscale_log2 = 16;
};

/// The weights are SaWB's codes under `weight_step`.
inline bool has_int4_weights(const GemmFormats& formats) {
    return formats.weight == Format::int4;
}
/// The activations are PACT's codes under a step.
inline bool has_uint4_activations(const GemmFormats& formats) {
    return formats.activation == Format::uint4;
}
/// An operand of one of the GEMMs has 4 bits.
inline bool has_four_bit_operand(const GemmFormats& formats) {
    return has_int4_weights(formats) || has_uint4_activations(formats) ||
           formats.gradient_data == Format::fp4_r4 || formats.gradient_weight == Format::fp4_r4;
}
/// A gradient of this format is quantised under the layer's GradScale; of another it is dy itself.
inline bool is_scaled_gradient(Format gradient) {
    return gradient == Format::fp4_r4 || gradient == Format::fp8_152;
}
/// The layer has a GradScale.
inline bool has_scaled_gradient(const GemmFormats& formats) {
    return is_scaled_gradient(formats.gradient_data) || is_scaled_gradient(formats.gradient_weight);
}
/// `gradient_even` is made; dX takes it.
inline bool makes_even_codes(const GemmFormats& formats) {
    return formats.gradient_data == Format::fp4_r4;
}
/// `gradient_odd` is made; dW takes it.
inline bool makes_odd_codes(const GemmFormats& formats) {
    return formats.gradient_weight == Format::fp4_r4 && formats.two_phase;
}
/// `gradient_fp8` is made, for what takes fp8_152.
inline bool makes_fp8_codes(const GemmFormats& formats) {
    return formats.gradient_data == Format::fp8_152 || formats.gradient_weight == Format::fp8_152;
}

/// What keeps formats out of the table of docs/training-step.md.
struct FormatProblem {
    std::string field;  ///< of GemmFormats
    Format value{};
    std::string rule;
};
/// The first field that does not fit the ones before it, or the recipe's A and G; nothing if all
/// fit.
std::optional<FormatProblem> find_problem(const GemmFormats& formats, const Recipe& recipe);

}  // namespace quatrain::training
