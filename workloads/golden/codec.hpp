// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/tensor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::golden {

/// A binary floating-point format of the numerics page. Significands are `fraction_bits` + 1 bits.
struct FloatFormat {
    int exponent_bits = 0, fraction_bits = 0, bias = 0;
    bool dlfloat = false;  ///< no subnormals, merged NaN/infinity, ties away; else IEEE 754 rules

    bool operator==(const FloatFormat&) const = default;
};

/// The format of this name: "fp32", "fp16", "bf16", "dlfloat16", "fp8_143", "fp8_152".
/// Throws std::invalid_argument for any other.
FloatFormat float_format(const std::string& name);

/// Code of the value nearest to x, which must be an exact value (a double holds every FP32 value
/// and every chunk's sum). A finite x that rounds beyond the largest value gives infinity; in
/// dlfloat16 infinity is the merged code with x's sign, and a NaN is the merged code without a
/// sign. An IEEE NaN is positive and quiet.
std::uint32_t encode(const FloatFormat& format, double x);

/// Value of a code; dlfloat16's merged code is an infinity with its sign.
double decode(const FloatFormat& format, std::uint32_t code);

/// The value nearest to x: decode(encode(x)).
double round_to(const FloatFormat& format, double x);

/// Values of an integer or fp4_r4 format by code. fp4_r4 counts in units of its smallest value,
/// 2^-6: +-4^(c-1). Throws std::invalid_argument when `name` is not uint4, int4 or fp4_r4.
std::vector<std::int32_t> integer_values(const std::string& name);

/// Storage of one element [bits]. Throws std::invalid_argument when no format has this name.
int bits(const std::string& name);

/// FP32 values and their codes.
std::uint32_t encode_fp32(float x);
float decode_fp32(std::uint32_t code);

}  // namespace quatrain::golden
