// SPDX-License-Identifier: Apache-2.0
// Rule 12: the codes of gradients, and their scale.
#include "workloads/golden/definition.hpp"
#include "workloads/golden/quantise.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace quatrain::golden {
namespace {

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

/// Quantises a scaled gradient.
using Quantise = std::function<std::uint32_t(double)>;

/// Elements for which `counted` is true, which a comparison with a NaN is not.
template <class Counted>
std::uint32_t count(const Values& gradients, int log2_scale, Counted counted) {
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

void define_maximum(const std::string& name, const std::string& gradient, Definitions& list) {
    list.push_back({name + ".gradient_max", "fp32", {1, 1, 1, 1}, [=](const Operands& operands) {
                        const int log2_scale = operands.integer(name + ".gradscale_log2");
                        return rounded(
                            "fp32", [log2_scale, dy = operands.values({gradient})](std::int64_t) {
                                return gradient_max(dy, log2_scale);
                            });
                    }});
}

/// Scaled gradients that are not zero, but whose first code is, and those beyond fp4_r4's largest
/// value.
void define_counts(const std::string& name, const std::string& gradient, const Quantise& first,
                   int code_bits, Definitions& list) {
    const std::uint32_t magnitude = (1u << (code_bits - 1)) - 1;
    const auto underflows = [=](double t) {
        return std::fabs(t) > 0 && (first(t) & magnitude) == 0;
    };
    const auto overflows = [](double t) { return std::fabs(t) > 64; };
    const auto define = [&](const char* suffix, auto counted) {
        list.push_back(
            {name + suffix, "int32", {1, 1, 1, 1}, [=](const Operands& operands) -> Element {
                 const int log2_scale = operands.integer(name + ".gradscale_log2");
                 return [=, dy = operands.values({gradient})](std::int64_t) {
                     return count(dy, log2_scale, counted);
                 };
             }});
    };
    define(".gradient_underflow", underflows);
    define(".gradient_overflow", overflows);
}

void define_vote(const std::string& name, Definitions& list) {
    list.push_back(
        {name + ".gradscale_vote", "int32", {1, 1, 1, 1}, [=](const Operands& operands) -> Element {
             const float largest = operands.scalar(name + ".gradient_max");
             return [largest](std::int64_t) { return encode_int32(vote(largest)); };
         }});
}

/// The scale of the next step, from the vote or the sum of the cores' votes.
void define_next_scale(const Structure& structure, const std::string& name,
                       const std::string& vote_name, Definitions& list) {
    const std::string scale = name + ".gradscale_log2", votes = structure.reduced(vote_name);
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

void define_gradient_codes(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const std::string gradient = structure.output_gradient(index);
    const auto define = [&](const char* suffix, const char* format, const Quantise& quantise) {
        list.push_back({name + suffix, format, structure.output_shape(index),
                        [=](const Operands& operands) -> Element {
                            const int log2_scale = operands.integer(name + ".gradscale_log2");
                            return [=, dy = operands.values({gradient})](std::int64_t i) {
                                return quantise(scaled(dy[i], log2_scale));
                            };
                        }});
    };
    const Quantise even = [factor = structure.options().threshold_factor](double t) {
        return quantise_even(t, factor);
    };
    const Quantise odd = [factor = structure.options().threshold_factor](double t) {
        return quantise_odd(t, factor);
    };
    if (structure.makes_even(index)) define(".gradient_even", "fp4_r4", even);
    if (structure.makes_odd(index)) define(".gradient_odd", "fp4_r4", odd);
    if (structure.makes_fp8(index)) define(".gradient_fp8", "fp8_152", quantise_fp8_gradient);
    define_maximum(name, gradient, list);
    if (structure.makes_even(index))
        define_counts(name, gradient, even, 4, list);
    else
        define_counts(name, gradient, quantise_fp8_gradient, 8, list);
    define_vote(name, list);
    if (structure.options().global_gradscale) return;
    define_reduction(structure, list);
    define_next_scale(structure, name, name + ".gradscale_vote", list);
}

void define_global_gradscale(const Structure& structure, Definitions& list) {
    if (!structure.options().global_gradscale) return;
    std::vector<std::string> layers;
    for (std::size_t i = 0; i < structure.size(); ++i)
        if (structure.scaled_gradient(i)) layers.push_back(structure.node(i).name);
    if (layers.empty()) return;
    list.push_back(
        {"gradscale_vote", "int32", {1, 1, 1, 1}, [=](const Operands& operands) -> Element {
             int least = operands.integer(layers[0] + ".gradscale_vote");
             for (const std::string& layer : layers)
                 least = std::min(least, operands.integer(layer + ".gradscale_vote"));
             return [least](std::int64_t) { return encode_int32(least); };
         }});
    define_reduction(structure, list);
    for (const std::string& layer : layers)
        define_next_scale(structure, layer, "gradscale_vote", list);
}

}  // namespace quatrain::golden
