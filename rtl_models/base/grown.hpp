// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quatrain {

/// The first `count` elements of memory that is used again and again: it grows when it must, never
/// shrinks, and keeps what was in it.
template <class T>
std::span<T> grown(std::vector<T>& memory, std::int64_t count) {
    const auto size = static_cast<std::size_t>(count);
    if (memory.size() < size) memory.resize(size);
    return std::span(memory).first(size);
}

}  // namespace quatrain
