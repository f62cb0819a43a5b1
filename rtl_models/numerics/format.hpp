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

/// True for fp16, dlfloat16, bf16: the formats that the array's 16-bit mode multiplies.
bool is_sixteen_bit(Format format);

}  // namespace quatrain::numerics
