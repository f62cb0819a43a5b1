// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/format.hpp"

#include <cstddef>
#include <cstdint>

namespace quatrain::numerics {

/// Packed 4-bit codes: row r begins at element first + r * element_stride, in a byte's low or high
/// half.
struct NibbleRows {
    const std::byte* data = nullptr;
    std::int64_t first = 0;
    std::int64_t element_stride = 0;
    std::int64_t rows = 0;
    std::int64_t length = 0;  ///< elements of a row
};

// Element i of row r at out[r * stride + i], as an integer, in the widest instructions the host
// has: int4 and uint4, and among int16 fp4_r4 in units of its smallest magnitude. Return true when
// a code of int4 is -8, which is written as such.

bool decode_nibbles(Format format, const NibbleRows& source, std::int8_t* out, std::int64_t stride);
bool decode_nibbles(Format format, const NibbleRows& source, std::int16_t* out,
                    std::int64_t stride);

}  // namespace quatrain::numerics
