// SPDX-License-Identifier: Apache-2.0
#pragma once

// Slow definitions of the formats for the tests of this folder, from the numerics page: values from
// the fields in exact long double arithmetic, rounding as a search among all values. Nothing here
// calls rtl_models/numerics.

#include "rtl_models/numerics/format.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace quatrain::numerics::reference {

struct FloatFormat {
    Format format;
    int exponent_bits, mantissa_bits, bias;
    bool dlfloat = false;

    std::uint32_t sign() const { return 1U << (exponent_bits + mantissa_bits); }
    std::uint32_t infinity() const { return dlfloat ? sign() - 1 : sign() - (1U << mantissa_bits); }
    std::uint32_t quiet_nan() const {
        return dlfloat ? infinity() : infinity() + (1U << (mantissa_bits - 1));
    }
};

inline std::ostream& operator<<(std::ostream& out, const FloatFormat& format) {
    return out << name(format.format);
}

inline const FloatFormat fp16{Format::fp16, 5, 10, 15};
inline const FloatFormat dlfloat16{Format::dlfloat16, 6, 9, 31, true};
inline const FloatFormat bf16{Format::bf16, 8, 7, 127};
inline const FloatFormat fp8_143{Format::fp8_143, 4, 3, 7};
inline const FloatFormat fp8_152{Format::fp8_152, 5, 2, 15};

/// The value of a finite code, or of the code of infinity as if it were the next number.
inline long double finite_value(const FloatFormat& format, std::uint32_t code) {
    const std::uint32_t magnitude = code & (format.sign() - 1);
    const int field = static_cast<int>(magnitude >> format.mantissa_bits);
    const long double fraction =
        std::ldexp(static_cast<long double>(magnitude & ((1U << format.mantissa_bits) - 1)),
                   -format.mantissa_bits);
    const long double sign = (code & format.sign()) != 0 ? -1 : 1;
    if (format.dlfloat && magnitude == 0) return sign * 0;
    if (field == 0 && !format.dlfloat) return sign * std::ldexp(fraction, 1 - format.bias);
    return sign * std::ldexp(1 + fraction, field - format.bias);
}

/// The value of any code.
inline float value(const FloatFormat& format, std::uint32_t code) {
    const std::uint32_t magnitude = code & (format.sign() - 1);
    if (magnitude < format.infinity()) return static_cast<float>(finite_value(format, code));
    if (magnitude > format.infinity()) return std::numeric_limits<float>::quiet_NaN();
    return (code & format.sign()) != 0 ? -std::numeric_limits<float>::infinity()
                                       : std::numeric_limits<float>::infinity();
}

/// Rounds by searching the format's magnitudes.
class Rounder {
public:
    explicit Rounder(const FloatFormat& format) : format_(format) {
        for (std::uint32_t code = 0; code <= format.infinity(); ++code) {
            magnitudes_.push_back(finite_value(format, code));
        }
    }

    std::uint32_t code(long double x) const {
        if (std::isnan(x)) return format_.quiet_nan();
        return magnitude_code(std::fabs(x)) | (std::signbit(x) ? format_.sign() : 0);
    }

private:
    std::uint32_t magnitude_code(long double x) const {
        if (x >= magnitudes_.back()) return format_.infinity();
        const auto above = std::ranges::upper_bound(magnitudes_, x);
        const auto code = static_cast<std::uint32_t>(above - magnitudes_.begin());
        const long double up = *above - x;
        const long double down = x - *(above - 1);
        if (up != down) return up < down ? code : code - 1;
        const bool upper_is_even = (code & 1) == 0;
        return upper_is_even || format_.dlfloat ? code : code - 1;
    }

    FloatFormat format_;
    std::vector<long double> magnitudes_;
};

/// Nearest integer, ties to even, of a finite x.
inline long double nearest_integer(long double x) {
    const long double below = std::floor(x);
    const long double rest = x - below;
    const bool below_is_even = std::fmod(below, 2.0L) == 0;
    return rest < 0.5L || (rest == 0.5L && below_is_even) ? below : below + 1;
}

/// fp4_r4, even phase: the largest e in -3..3 with 4^e <= 1.6 |x|, in the form 5 * 4^e <= 8 |x|,
/// which is exact.
inline std::uint8_t fp4_r4_even(long double x) {
    unsigned code = 0;
    for (int e = -3; e <= 3; ++e) {
        if (5 * std::ldexp(1.0L, 2 * e) <= 8 * std::fabs(x)) code = static_cast<unsigned>(e + 4);
    }
    return static_cast<std::uint8_t>(code != 0 && x < 0 ? code | 8U : code);
}

/// Random FP32 bit patterns, NaN, infinities and subnormals included.
class RandomFloats {
public:
    explicit RandomFloats(std::uint32_t seed) : generator_(seed) {}
    float operator()() { return std::bit_cast<float>(static_cast<std::uint32_t>(generator_())); }

private:
    std::mt19937 generator_;
};

/// The value of every FP16 code: 65 536 inputs.
inline std::vector<float> all_fp16_inputs() {
    std::vector<float> inputs;
    for (std::uint32_t code = 0; code < 65536; ++code) inputs.push_back(value(fp16, code));
    return inputs;
}

/// Equal bits, or both NaN.
inline bool same(float a, float b) {
    return (std::isnan(a) && std::isnan(b)) ||
           std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

}  // namespace quatrain::numerics::reference
