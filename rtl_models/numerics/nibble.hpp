// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace quatrain::numerics {

// One code of 4 bits of a packed row; `index` counts elements.

inline unsigned load_nibble(const std::byte* data, std::int64_t index) {
    const auto byte = std::to_integer<unsigned>(data[index >> 1]);
    return (index & 1) != 0 ? byte >> 4 : byte & 15U;
}

/// Writes the low four bits of `code`; the neighbour in the byte is kept.
inline void store_nibble(std::byte* data, std::int64_t index, unsigned code) {
    std::byte& byte = data[index >> 1];
    byte = (index & 1) != 0 ? (byte & std::byte{0x0F}) | static_cast<std::byte>(code << 4)
                            : (byte & std::byte{0xF0}) | static_cast<std::byte>(code & 15U);
}

}  // namespace quatrain::numerics
