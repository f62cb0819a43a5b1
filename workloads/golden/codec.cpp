// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/codec.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace quatrain::golden {
namespace {

std::uint32_t sign_bit(const FloatFormat& format) {
    return 1u << (format.exponent_bits + format.fraction_bits);
}

std::uint32_t exponent_ones(const FloatFormat& format) {
    return ((1u << format.exponent_bits) - 1) << format.fraction_bits;
}

/// The code that stands for infinity, without a sign.
std::uint32_t infinity(const FloatFormat& format) {
    return format.dlfloat ? sign_bit(format) - 1 : exponent_ones(format);
}

std::uint32_t not_a_number(const FloatFormat& format) {
    return format.dlfloat ? infinity(format) : infinity(format) | 1u << (format.fraction_bits - 1);
}

/// Multiples of a quantum nearest to `multiples` (not negative, exact); ties as the format says.
double round_multiples(const FloatFormat& format, double multiples) {
    const double below = std::floor(multiples);
    const double rest = multiples - below;
    if (rest != 0.5) return rest < 0.5 ? below : below + 1;
    const bool below_is_even = std::fmod(below, 2.0) == 0.0;
    return below_is_even && !format.dlfloat ? below : below + 1;
}

/// Code of a magnitude in the format without subnormals, below its smallest binade: zero takes the
/// place of 2^-bias.
std::uint32_t encode_tiny_dlfloat(const FloatFormat& format, double magnitude) {
    const double smallest = decode(format, 1);
    return magnitude >= smallest / 2 ? 1 : 0;
}

std::uint32_t encode_magnitude(const FloatFormat& format, double magnitude) {
    if (magnitude == 0) return 0;
    const int lowest = format.dlfloat ? -format.bias : 1 - format.bias;
    if (format.dlfloat && magnitude < decode(format, 1)) {
        return encode_tiny_dlfloat(format, magnitude);
    }
    if (std::isinf(magnitude)) return infinity(format);
    const int exponent = std::max(std::ilogb(magnitude), lowest);
    // Scaling by a power of two is exact, so `multiples` is the magnitude counted in its last
    // place.
    const double multiples = std::ldexp(magnitude, format.fraction_bits - exponent);
    const double rounded = round_multiples(format, multiples);
    // A carry out of the significand moves to the next binade by itself: codes of a sign are in
    // order of value.
    const double first = std::ldexp(1.0, format.fraction_bits);
    const double binades = exponent - lowest + (format.dlfloat ? 0 : 1);
    const double code = binades * first + (rounded - first);
    return code >= infinity(format) ? infinity(format) : static_cast<std::uint32_t>(code);
}

}  // namespace

FloatFormat float_format(const std::string& name) {
    if (name == "fp32") return {8, 23, 127, false};
    if (name == "fp16") return {5, 10, 15, false};
    if (name == "bf16") return {8, 7, 127, false};
    if (name == "dlfloat16") return {6, 9, 31, true};
    if (name == "fp8_143") return {4, 3, 7, false};
    if (name == "fp8_152") return {5, 2, 15, false};
    throw std::invalid_argument("format \"" + name + "\": not a floating-point format");
}

std::uint32_t encode(const FloatFormat& format, double x) {
    if (std::isnan(x)) return not_a_number(format);
    return encode_magnitude(format, std::fabs(x)) | (std::signbit(x) ? sign_bit(format) : 0);
}

double decode(const FloatFormat& format, std::uint32_t code) {
    const double sign = code & sign_bit(format) ? -1.0 : 1.0;
    const std::uint32_t magnitude = code & (sign_bit(format) - 1);
    if (magnitude == infinity(format)) return sign * std::numeric_limits<double>::infinity();
    if (magnitude > infinity(format)) return std::numeric_limits<double>::quiet_NaN();
    if (magnitude == 0) return sign * 0.0;
    const int field = static_cast<int>(magnitude >> format.fraction_bits);
    const std::uint32_t fraction = magnitude & ((1u << format.fraction_bits) - 1);
    const bool subnormal = field == 0 && !format.dlfloat;
    const std::uint32_t significand = fraction + (subnormal ? 0 : 1u << format.fraction_bits);
    const int exponent = (subnormal ? 1 : field) - format.bias - format.fraction_bits;
    return sign * std::ldexp(significand, exponent);
}

double round_to(const FloatFormat& format, double x) {
    return decode(format, encode(format, x));
}

std::vector<std::int32_t> integer_values(const std::string& name) {
    std::vector<std::int32_t> values;
    for (int code = 0; code < 16; ++code) {
        if (name == "uint4") {
            values.push_back(code);
        } else if (name == "int4") {
            values.push_back(code < 8 ? code : code - 16);
        } else if (name == "fp4_r4") {
            const int magnitude = code & 7;
            const int value = magnitude == 0 ? 0 : 1 << 2 * (magnitude - 1);
            values.push_back(code & 8 ? -value : value);
        } else {
            throw std::invalid_argument("format \"" + name + "\": not a 4-bit format");
        }
    }
    return values;
}

int bits(const std::string& name) {
    if (name == "uint4" || name == "int4" || name == "fp4_r4") return 4;
    if (name == "uint8") return 8;
    if (name == "int32") return 32;
    const FloatFormat format = float_format(name);
    return 1 + format.exponent_bits + format.fraction_bits;
}

std::uint32_t encode_fp32(float x) {
    return std::bit_cast<std::uint32_t>(x);
}
float decode_fp32(std::uint32_t code) {
    return std::bit_cast<float>(code);
}

}  // namespace quatrain::golden
