// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/format.hpp"

#include <cstddef>
#include <cstdint>

namespace quatrain::numerics {

// Blocks of rows in formats of whole bytes, in the widest instructions the host has: what
// decode_row() and encode_row() (pack.hpp) do, for many short rows at once. Strides of packed rows
// are in bytes, of values in elements.

/// Value (r, c) = decode(format, element c of row r).
void decode_block(Format format, const std::byte* source, std::int64_t source_stride,
                  std::int64_t rows, std::int64_t columns, float* values, std::int64_t stride);

/// Element c of row r = encode(format, value (r, c)). Throws std::overflow_error as encode() does.
void encode_block(Format format, const float* values, std::int64_t stride, std::int64_t rows,
                  std::int64_t columns, std::byte* destination, std::int64_t destination_stride,
                  Faults* faults);

}  // namespace quatrain::numerics
