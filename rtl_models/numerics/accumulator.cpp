// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/accumulator.hpp"

#include <fmt/format.h>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

namespace mp = boost::multiprecision;

/// Products of FP32 values are multiples of 2^-298 below 2^256; 64 of them need 560 bits.
using FixedPoint =
    mp::number<mp::cpp_int_backend<576, 576, mp::signed_magnitude, mp::unchecked, void>>;
constexpr int fixed_point_exponent = -298;

void require_floating_point(Format format) {
    if (format != Format::fp32 && !is_sixteen_bit(format)) {
        throw std::invalid_argument(fmt::format(
            "accumulator format = {}: must be fp32, fp16, dlfloat16 or bf16", name(format)));
    }
}

/// Two values of one 16-bit format: where FP32 cannot hold the sum, the smaller is so small that
/// both roundings leave the larger, so rounding to FP32 first changes nothing.
float add_rounded(Format format, float accumulator, float rounded_chunk, Faults* faults) {
    return round_to(format, accumulator + rounded_chunk, faults);
}

/// x as a multiple of 2^fixed_point_exponent; x is a product of two FP32 values.
FixedPoint to_fixed_point(double x) {
    if (x == 0) return 0;
    int exponent = 0;
    const auto significand = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
    const int shift = exponent - 53 - fixed_point_exponent;
    return shift >= 0 ? FixedPoint(FixedPoint(significand) << shift)
                      : FixedPoint(significand / (std::int64_t{1} << -shift));
}

/// Rounds once: to a double whose last bit is sticky, then to FP32. 53 bits are enough to hide the
/// first step.
float round_fixed_point(const FixedPoint& sum) {
    if (sum == 0) return 0.0F;
    const FixedPoint magnitude = mp::abs(sum);
    const int shift = std::max(0, static_cast<int>(mp::msb(magnitude)) - 52);
    auto kept = static_cast<std::int64_t>(magnitude >> shift);
    if (shift > 0 && static_cast<int>(mp::lsb(magnitude)) < shift) kept |= 1;
    const double rounded_to_odd =
        std::ldexp(static_cast<double>(kept), shift + fixed_point_exponent);
    return static_cast<float>(sum < 0 ? -rounded_to_odd : rounded_to_odd);
}

float exact_sum(std::span<const float> a, std::span<const float> b) {
    FixedPoint sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += to_fixed_point(static_cast<double>(a[i]) * static_cast<double>(b[i]));
    }
    return round_fixed_point(sum);
}

}  // namespace

float add_chunk(Format format, float accumulator, std::int64_t chunk_sum, int unit_exponent,
                Faults* faults) {
    require_floating_point(format);
    const double exact = std::ldexp(static_cast<double>(chunk_sum), unit_exponent);
    return add_rounded(format, accumulator, decode(format, encode(format, exact, faults)), faults);
}

float add_chunk(Format format, float accumulator, float chunk_sum, Faults* faults) {
    require_floating_point(format);
    return add_rounded(format, accumulator, round_to(format, chunk_sum, faults), faults);
}

std::int32_t add_chunk_int32(std::int32_t accumulator, std::int64_t chunk_sum) {
    std::int32_t sum = 0;
    if (__builtin_add_overflow(accumulator, chunk_sum, &sum)) {
        throw std::overflow_error(fmt::format(
            "int32 accumulator = {}: adding the chunk sum {} overflows", accumulator, chunk_sum));
    }
    return sum;
}

float group_sum(std::span<const float> a, std::span<const float> b) {
    if (a.size() != b.size() || a.size() > 64) {
        throw std::invalid_argument(fmt::format(
            "group of {} and {} values: must be equal, at most 64", a.size(), b.size()));
    }
    // Products are exact in double. So is their sum when every addition's error (Knuth's TwoSum) is
    // zero: the usual case.
    double sum = 0;
    bool exact = true;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double product = static_cast<double>(a[i]) * static_cast<double>(b[i]);
        const double next = sum + product;
        const double product_part = next - sum;
        const double error = (sum - (next - product_part)) + (product - product_part);
        exact = exact && error == 0;
        sum = next;
    }
    if (exact || !std::isfinite(sum)) return static_cast<float>(sum);
    return exact_sum(a, b);
}

}  // namespace quatrain::numerics
