// SPDX-License-Identifier: Apache-2.0
// Rules 2 and 12: the codes of weights and gradients.
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/definition.hpp"
#include "workloads/golden/quantise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

/// t = dy * 2^s, exact in a double.
double scaled(float gradient, int log2_scale) {
    return std::ldexp(static_cast<double>(gradient), log2_scale);
}

/// The largest |t| that is not a NaN, in FP32.
float gradient_max(const Values& gradients, int log2_scale) {
    double largest = 0;
    for (std::int64_t i = 0; i < gradients.size(); ++i) {
        const double magnitude = std::fabs(scaled(gradients[i], log2_scale));
        if (magnitude > largest) largest = magnitude;
    }
    return static_cast<float>(largest);
}

/// Rule 12's counts of scaled gradients: not zero, but of code 0; beyond fp4_r4's largest value.
/// Every comparison with a NaN is false, so it enters neither.
bool underflows(double t) {
    return std::fabs(t) > 0 && quantise_even(t) == 0;
}
bool overflows(double t) {
    return std::fabs(t) > 64;
}

std::uint32_t count(const Values& gradients, int log2_scale, bool (*counted)(double)) {
    std::uint32_t total = 0;
    for (std::int64_t i = 0; i < gradients.size(); ++i)
        if (counted(scaled(gradients[i], log2_scale))) ++total;
    return total;
}

int vote(float largest) {
    return largest <= 32 ? 1 : largest <= 64 ? 0 : -1;
}

std::uint32_t encode_int32(int value) {
    return static_cast<std::uint32_t>(value);
}

void define_gradscale(const Structure& structure, const std::string& name,
                      const std::string& gradient, Definitions& list) {
    const std::string scale = name + ".gradscale_log2";
    list.push_back({name + ".gradient_max", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const int log2_scale = operands.integer(scale);
                        return rounded(
                            "fp32", [log2_scale, dy = operands.values({gradient})](std::int64_t) {
                                return gradient_max(dy, log2_scale);
                            });
                    }});
    const auto define_count = [&](const char* suffix, bool (*counted)(double)) {
        list.push_back(
            {name + suffix, "int32", {1, 1, 1, 1}, [=](const Operands& operands) -> Element {
                 const int log2_scale = operands.integer(scale);
                 return [=, dy = operands.values({gradient})](std::int64_t) {
                     return count(dy, log2_scale, counted);
                 };
             }});
    };
    define_count(".gradient_underflow", underflows);
    define_count(".gradient_overflow", overflows);
    list.push_back(
        {name + ".gradscale_vote", "int32", {1, 1, 1, 1}, [=](const Operands& operands) -> Element {
             const float largest = operands.scalar(name + ".gradient_max");
             return [largest](std::int64_t) { return encode_int32(vote(largest)); };
         }});
    define_reduction(structure, list);
    const std::string votes = structure.reduced(name + ".gradscale_vote");
    const bool counts_sign = structure.several_cores();
    list.push_back(
        {scale + ".updated", "int32", {1, 1, 1, 1}, [=](const Operands& operands) -> Element {
             // In 64 bits: a sampled check passes the vote that the machine stored, whatever it is.
             std::int64_t step = operands.integer(votes);
             if (counts_sign) step = (step > 0) - (step < 0);
             const std::int64_t next = std::int64_t{operands.integer(scale)} + step;
             const int clamped = static_cast<int>(std::clamp<std::int64_t>(next, -24, 40));
             return [clamped](std::int64_t) { return encode_int32(clamped); };
         }});
}

}  // namespace

void define_weights(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const Geometry g = geometry(structure, index);
    const std::int64_t cin = g.in.channels, cout = g.out.channels;
    const Shape shape{g.kernel, g.kernel, cin, cout};
    const std::string format = structure.options().formats[index].weight;
    if (structure.four_bit(index)) {
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

void define_gradient_codes(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const std::string gradient = structure.output_gradient(index);
    const auto define_phase = [&](const char* suffix, std::uint32_t (*quantise)(double)) {
        list.push_back({name + suffix, "fp4_r4", structure.output_shape(index),
                        [=](const Operands& operands) -> Element {
                            const int log2_scale = operands.integer(name + ".gradscale_log2");
                            return [=, dy = operands.values({gradient})](std::int64_t i) {
                                return quantise(scaled(dy[i], log2_scale));
                            };
                        }});
    };
    define_phase(".gradient_even", quantise_even);
    if (structure.options().formats[index].two_phase) define_phase(".gradient_odd", quantise_odd);
    define_gradscale(structure, name, gradient, list);
}

}  // namespace quatrain::golden
