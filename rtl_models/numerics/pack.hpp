// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quatrain::numerics {

// A packed row: elements of 8, 16 and 32 bits little-endian, two 4-bit codes to a byte, low nibble
// first. Indices count elements from the row's first byte; callers own the bounds.

/// Bytes of `elements` packed elements; a last half byte counts whole.
std::int64_t packed_bytes(Format format, std::int64_t elements);

/// The code of element `index`.
std::uint32_t load_code(const std::byte* data, Format format, std::int64_t index);

/// Writes the code of element `index` and no other bit; of a 4-bit format the low four bits of
/// `code` count.
void store_code(std::byte* data, Format format, std::int64_t index, std::uint32_t code);

/// out[i] = the value of element first + i. Throws std::invalid_argument when an int4 code is -8
/// (its value is then written as -8).
void unpack_int4(const std::byte* data, std::int64_t first, std::span<std::int8_t> out);
/// out[i] = the value of element first + i.
void unpack_uint4(const std::byte* data, std::int64_t first, std::span<std::uint8_t> out);
/// out[i] = integer_value of element first + i: units of 2^-6 (even phase) or 2^-7 (odd phase).
void unpack_fp4_r4(const std::byte* data, std::int64_t first, std::span<std::int16_t> out);
/// Element first + i = the low four bits of codes[i]; neighbours in shared bytes are kept.
void pack_codes(std::byte* data, std::int64_t first, std::span<const std::uint8_t> codes);

/// out[i] = decode(format, element first_element + i).
void decode_row(Format format, const std::byte* data, std::int64_t first_element,
                std::span<float> out);
/// Element first_element + i = encode(format, values[i]); neighbours in shared bytes are kept.
void encode_row(Format format, std::byte* data, std::int64_t first_element,
                std::span<const float> values, Faults* faults = nullptr);

}  // namespace quatrain::numerics
