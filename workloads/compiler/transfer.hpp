// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace quatrain::compiler {

/// Packed size of elements of a format [bytes]; the elements must fill whole bytes.
std::int64_t packed_bytes(std::int64_t elements, numerics::Format format);

/// One repetition of a box: `count` times, `buffer_stride` and `dram_stride` apart [bytes].
struct Repeat {
    std::int64_t count, buffer_stride, dram_stride;
};

/// The transfer of a strided box: runs of `run` bytes under up to three repetitions, innermost
/// first. Repetitions that are contiguous on both sides become part of the run.
isa::DmaTransfer transfer(isa::BufferId buffer, std::int64_t buffer_address,
                          std::int64_t dram_address, std::int64_t run,
                          std::initializer_list<Repeat> repeats);

/// Where grid pixel q = (n * grid_height + gy) * grid_width + gx lies in a tensor of height x width
/// pixels: at (n, gy * row_step + row, gx * column_step +
/// column).
struct PixelMap {
    std::int64_t grid_height = 1, grid_width = 1;
    std::int64_t height = 1, width = 1;
    std::int64_t row_step = 1, column_step = 1, row = 0, column = 0;
};

/// Stores of grid pixels [first, last) x `run` bytes, packed in the vector buffer, to a tensor with
/// pixels of `pixel_bytes` at `dram_address`: as few boxes as the range has partial rows, rows and
/// whole images.
std::vector<isa::DmaTransfer> store_pixels(const PixelMap& map, std::int64_t first,
                                           std::int64_t last, std::int64_t buffer_address,
                                           std::int64_t dram_address, std::int64_t run,
                                           std::int64_t pixel_bytes);

}  // namespace quatrain::compiler
