// SPDX-License-Identifier: Apache-2.0
// Rule 2: the codes of weights.
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/definition.hpp"
#include "workloads/golden/quantise.hpp"

#include <cmath>

namespace quatrain::golden {
namespace {

/// SaWB's clipping value of a tensor with `columns` columns.
float weight_alpha(const Values& weights, std::int64_t columns) {
    float sum = 0, sum_of_squares = 0, largest = 0;
    for (std::int64_t c = 0; c < columns; ++c) {
        float column_sum = 0, column_squares = 0;
        for (std::int64_t i = c; i < weights.size(); i += columns) {
            column_sum += std::fabs(weights[i]);
            column_squares += weights[i] * weights[i];
            if (std::fabs(weights[i]) > largest) largest = std::fabs(weights[i]);
        }
        sum += column_sum;
        sum_of_squares += column_squares;
    }
    const auto count = static_cast<float>(weights.size());
    const float mean = sum / count, mean_square = sum_of_squares / count;
    const float alpha = 12.035F * std::sqrt(mean_square) - 12.03F * mean;
    return alpha > 0 ? alpha : largest;
}

void define_weight_scale(const std::string& name, std::int64_t columns, Definitions& list) {
    list.push_back({name + ".weight_alpha", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        return rounded(
                            "fp32", [=, weights = operands.values({name + ".weight"})](
                                        std::int64_t) { return weight_alpha(weights, columns); });
                    }});
    list.push_back({name + ".weight_step", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const float alpha = operands.scalar(name + ".weight_alpha");
                        return rounded("fp32", [=](std::int64_t) { return alpha / 7.0F; });
                    }});
}

void define_four_bit_codes(const std::string& name, const Shape& shape, Definitions& list) {
    list.push_back(
        {name + ".weight_codes", "int4", shape, [=](const Operands& operands) -> Element {
             const float step = operands.scalar(name + ".weight_step");
             return [step, weights = operands.values({name + ".weight"})](std::int64_t i) {
                 return quantise_weight(weights[i], step);
             };
         }});
}

}  // namespace

void define_weights(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const Geometry g = geometry(structure, index);
    const std::int64_t cin = g.in.channels, cout = g.out.channels;
    const Shape shape{g.kernel, g.kernel, cin, cout};
    const std::string format = structure.options().formats[index].weight;
    if (structure.int4_weights(index)) {
        define_weight_scale(name, cout, list);
        define_four_bit_codes(name, shape, list);
    } else {
        list.push_back({name + ".weight_codes", format, shape, [=](const Operands& operands) {
                            return rounded(format, [weights = operands.values({name + ".weight"})](
                                                       std::int64_t i) { return weights[i]; });
                        }});
    }
    if (!structure.options().training || !structure.makes_input_gradient(index)) return;
    list.push_back({name + ".weight_codes_transposed",
                    format,
                    {g.kernel, g.kernel, cout, cin},
                    [=](const Operands& operands) -> Element {
                        return [=, codes = operands.tensor(name + ".weight_codes").codes.data()](
                                   std::int64_t i) {
                            const std::int64_t position = i / (cin * cout);
                            const std::int64_t out = i / cin % cout, in = i % cin;
                            return codes[(position * cin + in) * cout + out];
                        };
                    }});
}

}  // namespace quatrain::golden
