// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/quantise.hpp"

#include "workloads/golden/codec.hpp"

#include <algorithm>
#include <cmath>

namespace quatrain::golden {
namespace {

/// Nearest integer, ties to the even one.
float round_half_even(float x) {
    const float below = std::floor(x);
    const float rest = x - below;
    if (rest != 0.5F) return rest < 0.5F ? below : below + 1;
    return std::fmod(below, 2.0F) == 0 ? below : below + 1;
}

}  // namespace

std::uint32_t quantise_even(double x, double factor) {
    if (std::isnan(x)) return 0;
    const double magnitude = std::fabs(x);
    const auto threshold = static_cast<double>(static_cast<float>(4 / factor));  // 2.5 of 1.6
    std::uint32_t code = 0;
    for (int e = -3; e <= 3; ++e) {
        // 4^e <= factor |x| is 4 / factor * 4^(e-1) <= |x|. Both sides are exact.
        if (std::ldexp(threshold, 2 * (e - 1)) <= magnitude)
            code = static_cast<std::uint32_t>(e + 4);
    }
    return code != 0 && std::signbit(x) ? code | 8 : code;
}

std::uint32_t quantise_odd(double x, double factor) {
    return quantise_even(2 * x, factor);
}

std::uint32_t quantise_fp8_gradient(double t) {
    constexpr std::uint32_t sign = 0x80, largest = 0x7B;
    if (std::isnan(t)) return 0;
    const std::uint32_t code = encode(float_format("fp8_152"), t);
    return std::min(code & ~sign, largest) | (code & sign);
}

std::uint32_t quantise_weight(float w, float step) {
    const float ratio = w / step;
    if (step == 0 || std::isnan(ratio)) return 0;
    const float code = round_half_even(std::clamp(ratio, -8.0F, 8.0F));
    return static_cast<std::uint32_t>(static_cast<int>(std::clamp(code, -7.0F, 7.0F))) & 15;
}

std::uint32_t quantise_activation(float x, float alpha, float reciprocal) {
    if (!(x > 0) || !(alpha > 0)) return 0;
    const float scaled = std::min(x, alpha) * reciprocal;
    return static_cast<std::uint32_t>(std::clamp(round_half_even(scaled), 0.0F, 15.0F));
}

}  // namespace quatrain::golden
