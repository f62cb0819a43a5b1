// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/gemm.hpp"

namespace quatrain::numerics {

/// Stationary columns are stored in panels of this many words per step, and accumulators are
/// written as many at once.
inline constexpr std::int64_t panel_columns = 16;
/// Rows that they multiply at a time, at most: tasks of a multiple of them waste none.
inline constexpr std::int64_t kernel_rows = 8;

/// What the kernels work on: multiply_chunks() with its arguments checked and flattened.
struct GemmBlock {
    GemmRounding rounding;
    MovingWords moving;
    const std::uint32_t* stationary =
        nullptr;  ///< word (panel, step, column) of panels of panel_columns
    std::int64_t columns = 0;
    std::int64_t depth = 0;  ///< reduction elements, padding included
    std::int64_t steps = 0;
    std::int64_t steps_per_chunk = 0;
    std::uint32_t* accumulators = nullptr;
    std::int64_t stride = 0;
};

/// Rows [first, last) of the block, in the widest instructions the host has. Returns true when an
/// int32 accumulator overflowed.
bool multiply_block(const GemmBlock& block, std::int64_t first, std::int64_t last);

}  // namespace quatrain::numerics
