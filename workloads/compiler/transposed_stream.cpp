// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/transposed_stream.hpp"

namespace quatrain::compiler {

bool can_be_transposed(const isa::Stream& stream) {
    return stream.kernel_width == 1 || stream.column_kernel_step == 1;
}

isa::Stream transposed(const isa::Stream& stream) {
    return {.address = stream.address,
            .first_row = stream.first_row,
            .height = stream.height,
            .width = stream.width * stream.channels,
            .channels = 1,
            .first_pixel = 0,
            .grid_height = stream.kernel_height,
            .grid_width = stream.kernel_width * stream.channels,
            .row_step = stream.row_kernel_step,
            .row_offset = stream.row_offset,
            .row_kernel_step = stream.row_step,
            .column_step = 1,
            .column_offset = stream.column_offset * stream.channels,
            .column_kernel_step = stream.column_step * stream.channels,
            .kernel_height = stream.grid_height,
            .kernel_width = stream.grid_width};
}

isa::Stream flipped(const isa::Stream& stream) {
    isa::Stream result = stream;
    result.row_offset += (stream.kernel_height - 1) * stream.row_kernel_step;
    result.column_offset += (stream.kernel_width - 1) * stream.column_kernel_step;
    result.row_kernel_step = -stream.row_kernel_step;
    result.column_kernel_step = -stream.column_kernel_step;
    return result;
}

isa::Stream images_as_one(const isa::Stream& stream, std::int64_t images) {
    isa::Stream result = stream;
    const bool own_rows = stream.kernel_height == 1 && stream.row_offset == 0 &&
                          stream.grid_height * stream.row_step == stream.height;
    if (!own_rows) return result;
    result.height *= images;
    result.grid_height *= images;
    return result;
}

}  // namespace quatrain::compiler
