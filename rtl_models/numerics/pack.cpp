// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/pack.hpp"

#include "rtl_models/numerics/nibble.hpp"

#include <bit>
#include <cstring>

namespace quatrain::numerics {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are stored as the host stores them");

template <class T>
T load(const std::byte* data, std::int64_t index) {
    T value;
    std::memcpy(&value, data + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
}

template <class T>
void store(std::byte* data, std::int64_t index, T value) {
    std::memcpy(data + index * static_cast<std::int64_t>(sizeof(T)), &value, sizeof(T));
}

}  // namespace

std::int64_t packed_bytes(Format format, std::int64_t elements) {
    return (elements * bits(format) + 7) / 8;
}

std::uint32_t load_code(const std::byte* data, Format format, std::int64_t index) {
    switch (bits(format)) {
        case 4:
            return load_nibble(data, index);
        case 8:
            return load<std::uint8_t>(data, index);
        case 16:
            return load<std::uint16_t>(data, index);
        default:
            return load<std::uint32_t>(data, index);
    }
}

void store_code(std::byte* data, Format format, std::int64_t index, std::uint32_t code) {
    switch (bits(format)) {
        case 4:
            return store_nibble(data, index, code);
        case 8:
            return store(data, index, static_cast<std::uint8_t>(code));
        case 16:
            return store(data, index, static_cast<std::uint16_t>(code));
        default:
            return store(data, index, code);
    }
}

}  // namespace quatrain::numerics
