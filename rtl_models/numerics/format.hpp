// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace quatrain::numerics {

/// The number formats of the numerics page, and the integer types that images and labels come in.
enum class Format : std::uint8_t {
    fp32,
    fp16,       ///< IEEE 754 binary16
    dlfloat16,  ///< 1-6-9, bias 31, no subnormals, merged NaN/infinity, ties away
    bf16,
    fp8_143,
    fp8_152,
    int4,
    uint4,
    fp4_r4,  ///< radix-4 logarithmic; the phase (even, odd) belongs to the tensor, not to the code
    uint8,
    int32,
};

/// Storage of one element [bits]: 4, 8, 16 or 32.
int bits(Format format);

/// Name as the numerics page spells it, for example "dlfloat16".
std::string_view name(Format format);

/// Inverse of name(); nullopt when no format has this name.
std::optional<Format> format_from_name(std::string_view text);

/// True for fp16, dlfloat16, bf16.
bool is_sixteen_bit(Format format);

/// The modes of the array's multipliers.
enum class Precision : std::uint8_t { four_bit, eight_bit, sixteen_bit, thirty_two_bit };

/// The mode that multiplies a pair of formats: that of the wider one (docs/training-step.md, GEMM).
/// Throws std::invalid_argument for a pair that the array does not multiply: uint8 and int32, and
/// fp4_r4 with anything but int4 and uint4.
Precision precision(Format moving, Format stationary);

}  // namespace quatrain::numerics
