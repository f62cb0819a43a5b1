// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::isa {

/// How the operand streamer turns a tile of an NHWC tensor into vectors: implicit im2col.
///
/// Vector t belongs to grid pixel q = first_pixel + t = (n * grid_height + gy) * grid_width + gx.
/// Its element k = (ky * kernel_width + kx) * channels + c is the tensor's element (n, y, x, c)
/// with
///     y = gy * row_step + row_offset + ky * row_kernel_step,     x likewise with the column
///     fields,
/// or zero when y or x lies outside the tensor. The tile holds whole rows of the tensor: global row
/// n * height + y starts at address + (n * height + y - first_row) * width * channels elements.
///
/// Forward: row_step = stride, row_offset = -padding, row_kernel_step = dilation.
/// dX of phase (py, px): grid = the pixels of that phase, tensor = dY, row_step = 1, kernel = the
/// existing kernel positions, row_kernel_step negative.
struct Stream {
    std::int64_t address = 0;    ///< of the tile's first element in the moving buffer [bytes]
    std::int64_t first_row = 0;  ///< global row (n * height + y) that the tile starts with
    std::int64_t height = 1, width = 1, channels = 1;  ///< of the tensor
    std::int64_t first_pixel = 0;                      ///< grid pixel of vector 0
    std::int64_t grid_height = 1, grid_width = 1;
    std::int64_t row_step = 1, row_offset = 0, row_kernel_step = 1;
    std::int64_t column_step = 1, column_offset = 0, column_kernel_step = 1;
    std::int64_t kernel_height = 1, kernel_width = 1;
    bool operator==(const Stream&) const = default;
};
BOOST_DESCRIBE_STRUCT(Stream, (),
                      (address, first_row, height, width, channels, first_pixel, grid_height,
                       grid_width, row_step, row_offset, row_kernel_step, column_step,
                       column_offset, column_kernel_step, kernel_height, kernel_width))

}  // namespace quatrain::isa
