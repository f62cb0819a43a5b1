// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/function.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::scratchpad {

void ScratchpadImage::read(std::int64_t address, std::span<std::byte> bytes) const {
    check(address, bytes.size());
    std::copy_n(bytes_.begin() + address, bytes.size(), bytes.begin());
}

void ScratchpadImage::write(std::int64_t address, std::span<const std::byte> bytes) {
    check(address, bytes.size());
    std::ranges::copy(bytes, bytes_.begin() + address);
}

void ScratchpadImage::check(std::int64_t address, std::size_t bytes) const {
    const auto count = static_cast<std::int64_t>(bytes);
    if (address >= 0 && address <= capacity_bytes() - count) return;
    throw ScratchpadError(fmt::format("scratchpad: {} bytes at {} lie outside its {} bytes", count,
                                      address, capacity_bytes()));
}

}  // namespace quatrain::scratchpad
