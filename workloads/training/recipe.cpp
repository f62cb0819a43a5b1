// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/recipe.hpp"

#include <fmt/format.h>

namespace quatrain::training {
namespace {

/// The format of the weights that go with such activations.
Format weight_beside(Format activation) {
    return activation == Format::uint4 ? Format::int4 : activation;
}

}  // namespace

std::optional<FormatProblem> find_problem(const GemmFormats& formats, const Recipe& recipe) {
    const Format a = recipe.activation_format, g = recipe.gradient_format;
    const Format activation = formats.activation, weight = formats.weight;
    if (activation != Format::uint4 && activation != Format::fp8_143 && activation != a)
        return FormatProblem{
            "activation", activation,
            fmt::format("must be uint4, fp8_143 or the recipe's activation_format, {}", name(a))};
    if (weight != weight_beside(activation))
        return FormatProblem{"weight", weight,
                             fmt::format("must be {} where activation is {}",
                                         name(weight_beside(activation)), name(activation))};
    const auto gradient = [&](const char* field, Format format, bool four_bits,
                              const char* condition) -> std::optional<FormatProblem> {
        if (format == Format::fp8_152 || format == g || (format == Format::fp4_r4 && four_bits))
            return {};
        return FormatProblem{
            field, format,
            fmt::format("must be fp4_r4 ({}), fp8_152 or the recipe's gradient_format, {}",
                        condition, name(g))};
    };
    if (auto problem = gradient("gradient_data", formats.gradient_data, weight == Format::int4,
                                "beside int4 weights"))
        return problem;
    return gradient("gradient_weight", formats.gradient_weight,
                    formats.gradient_data == Format::fp4_r4, "if gradient_data is");
}

}  // namespace quatrain::training
