// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/operand_streamer/timing.hpp"

#include <cstdint>
#include <set>

namespace quatrain::operand_streamer {

/// Words of one step, from the definition: the set of words that hold an element of one of the
/// vectors.
inline std::set<std::int64_t> words_of(const Params& params, const isa::Stream& s, int bits,
                                       std::int64_t k_offset, std::int64_t k_count,
                                       std::int64_t first, std::int64_t last) {
    std::set<std::int64_t> words;
    for (std::int64_t t = first; t < last; ++t) {
        const std::int64_t q = s.first_pixel + t;
        const std::int64_t n = q / (s.grid_width * s.grid_height);
        for (std::int64_t k = k_offset; k < k_offset + k_count; ++k) {
            const std::int64_t y = q / s.grid_width % s.grid_height * s.row_step + s.row_offset +
                                   k / s.channels / s.kernel_width * s.row_kernel_step;
            const std::int64_t x = q % s.grid_width * s.column_step + s.column_offset +
                                   k / s.channels % s.kernel_width * s.column_kernel_step;
            if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
            const std::int64_t element =
                ((n * s.height + y - s.first_row) * s.width + x) * s.channels + k % s.channels;
            words.insert((s.address * 8 + element * bits) / (params.word_bytes * 8));
        }
    }
    return words;
}

/// Words of rows [first, last) of a dense tile.
inline std::set<std::int64_t> words_of(const Params& params, const DenseRows& rows,
                                       std::int64_t first, std::int64_t last) {
    std::set<std::int64_t> words;
    for (std::int64_t row = first; row < last; ++row)
        for (std::int64_t c = 0; c < rows.columns; ++c)
            words.insert(((rows.address + row * rows.stride) * 8 + c * rows.element_bits) /
                         (params.word_bytes * 8));
    return words;
}

}  // namespace quatrain::operand_streamer
