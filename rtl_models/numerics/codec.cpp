// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/codec.hpp"

#include "rtl_models/numerics/float_layout.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/int4.hpp"

#include <fmt/format.h>
#include <cmath>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

FloatLayout fp8_layout(Format format, int exponent_bias) {
    if (format != Format::fp8_143 && format != Format::fp8_152) {
        throw std::invalid_argument(fmt::format(
            "format = {}: only fp8_143 and fp8_152 take an exponent bias", name(format)));
    }
    if (exponent_bias < 0 || exponent_bias > 63) {
        throw std::invalid_argument(
            fmt::format("exponent_bias = {}: must be in 0..63", exponent_bias));
    }
    FloatLayout layout = format == Format::fp8_143 ? fp8_143_layout : fp8_152_layout;
    layout.bias = exponent_bias;
    return layout;
}

void count(double x, Faults* faults) {
    if (faults == nullptr) return;
    faults->nan += std::isnan(x) ? 1 : 0;
    faults->infinity += std::isinf(x) ? 1 : 0;
}

std::uint32_t encode_fp32(double x, Faults* faults) {
    count(x, faults);
    const auto rounded = static_cast<float>(x);
    return std::bit_cast<std::uint32_t>(rounded);
}

std::uint32_t encode_integer(double x, double lowest, double highest, Faults* faults) {
    count(x, faults);
    if (std::isnan(x)) return 0;
    constexpr double magic =
        0x1.8p52;  // adding it leaves no fraction bits: the addition rounds, ties to even
    const double clamped = std::clamp(x, lowest, highest);
    return static_cast<std::uint32_t>(static_cast<std::int32_t>((clamped + magic) - magic));
}

std::uint32_t encode_int32(double x, Faults* faults) {
    constexpr double limit = 0x1p31;
    if (x < -limit - 0.5 || x >= limit - 0.5) {
        throw std::overflow_error(fmt::format("value = {}: outside int32", x));
    }
    return encode_integer(x, -limit, limit - 1, faults);
}

/// Rounds towards zero: every threshold of fp4_r4 is a float, and x stays on its side of each.
float truncate_to_float(double x) {
    const auto rounded = static_cast<float>(x);
    const bool away = std::fabs(static_cast<double>(rounded)) > std::fabs(x);
    return away ? std::nextafter(rounded, 0.0F) : rounded;
}

}  // namespace

std::uint32_t encode(Format format, double x, Faults* faults) {
    switch (format) {
        case Format::fp32:
            return encode_fp32(x, faults);
        case Format::fp16:
            return encode_float(fp16_layout, x, faults);
        case Format::dlfloat16:
            return DlFloat16::encode(x, faults);
        case Format::bf16:
            return encode_float(bf16_layout, x, faults);
        case Format::fp8_143:
            return encode_float(fp8_143_layout, x, faults);
        case Format::fp8_152:
            return encode_float(fp8_152_layout, x, faults);
        case Format::int4:
            return encode_integer(x, -7, 7, faults) & 15U;
        case Format::uint4:
            return encode_integer(x, 0, 15, faults);
        case Format::fp4_r4:
            return quantise_even(truncate_to_float(x), faults);
        case Format::uint8:
            return encode_integer(x, 0, 255, faults);
        case Format::int32:
            return encode_int32(x, faults);
    }
    throw std::invalid_argument("format: no such enumerator");
}

std::uint32_t encode(Format format, float x, Faults* faults) {
    if (format == Format::fp32) {
        count(x, faults);
        return std::bit_cast<std::uint32_t>(x);
    }
    return encode(format, static_cast<double>(x), faults);
}

float decode(Format format, std::uint32_t code) {
    const int width = bits(format);
    if (width < 32 && (code >> width) != 0) {
        throw std::invalid_argument(
            fmt::format("code = {:#x}: more than the {} bits of {}", code, width, name(format)));
    }
    switch (format) {
        case Format::fp32:
            return std::bit_cast<float>(code);
        case Format::fp16:
            return decode_float(fp16_layout, code);
        case Format::dlfloat16:
            return DlFloat16::decode(code);
        case Format::bf16:
            return decode_float(bf16_layout, code);
        case Format::fp8_143:
            return decode_float(fp8_143_layout, code);
        case Format::fp8_152:
            return decode_float(fp8_152_layout, code);
        case Format::int4:
            if (code == 8) throw std::invalid_argument("code = 0x8: int4 has no -8");
            return static_cast<float>(sign_extend_int4(code));
        case Format::uint4:
        case Format::uint8:
            return static_cast<float>(code);
        case Format::fp4_r4:
            return even_value(static_cast<std::uint8_t>(code));
        case Format::int32:
            return static_cast<float>(static_cast<std::int32_t>(code));
    }
    throw std::invalid_argument("format: no such enumerator");
}

float round_to(Format format, float x, Faults* faults) {
    return decode(format, encode(format, x, faults));
}

std::uint32_t encode(Format format, float x, int exponent_bias, Faults* faults) {
    return encode_float(fp8_layout(format, exponent_bias), static_cast<double>(x), faults);
}

std::uint32_t encode(Format format, double x, int exponent_bias, Faults* faults) {
    return encode_float(fp8_layout(format, exponent_bias), x, faults);
}

float decode(Format format, std::uint32_t code, int exponent_bias) {
    const FloatLayout layout = fp8_layout(format, exponent_bias);
    if (code > 255)
        throw std::invalid_argument(
            fmt::format("code = {:#x}: more than the 8 bits of {}", code, name(format)));
    return decode_float(layout, code);
}

}  // namespace quatrain::numerics
