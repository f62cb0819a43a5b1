// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

// Loops over the columns of row-major tiles with one value per column: sums of columns, scales and
// the like.
namespace quatrain {

/// Columns [first, end) of a tile.
struct Columns {
    std::int64_t first = 0;
    std::int64_t end = 0;
};

/// Parts of a tile's columns that `threads` threads of the host can sum at a time: at least 16
/// columns to a part, and not so many parts that handing them over costs more than they.
inline std::int64_t column_parts(std::int64_t columns, int threads) {
    return std::clamp<std::int64_t>(std::min<std::int64_t>(columns / 16, threads / 2), 1, 4);
}

/// Part `part` of `parts` of them: whole panels but for the last columns.
inline Columns column_part(std::int64_t columns, std::int64_t parts, std::int64_t part) {
    const auto cut = [&](std::int64_t index) {
        return index == parts ? columns : columns / 8 * index / parts * 8;
    };
    return {cut(part), cut(part + 1)};
}

template <int width>
using Width = std::integral_constant<int, width>;

/// Calls body(first column, Width<width>()) for panels of the columns: of 8 columns and, at the
/// end, of 1. A loop over rows inside, with the panel's values in a local array, is one that
/// compilers turn into vector instructions, however few columns there are.
template <class Body>
void for_each_panel(const Columns& columns, Body&& body) {
    std::int64_t column = columns.first;
    for (; column + 8 <= columns.end; column += 8) body(column, Width<8>());
    for (; column < columns.end; ++column) body(column, Width<1>());
}

/// The values of the panel that starts with column `first`.
template <int width>
std::array<float, width> panel(std::span<const float> values, std::int64_t first) {
    std::array<float, width> result;
    std::copy_n(values.begin() + first, width, result.begin());
    return result;
}

template <std::size_t width>
void store_panel(const std::array<float, width>& panel, std::span<float> values,
                 std::int64_t first) {
    std::copy_n(panel.begin(), width, values.begin() + first);
}

}  // namespace quatrain
