// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/transfer.hpp"

#include <algorithm>
#include <stdexcept>

namespace quatrain::compiler {

std::int64_t packed_bytes(std::int64_t elements, numerics::Format format) {
    const std::int64_t total = elements * numerics::bits(format);
    if (total % 8 != 0) throw std::logic_error("4-bit elements do not fill whole bytes");
    return total / 8;
}

isa::DmaTransfer transfer(isa::BufferId buffer, std::int64_t buffer_address,
                          std::int64_t dram_address, std::int64_t run,
                          std::initializer_list<Repeat> repeats) {
    isa::DmaTransfer result;
    result.buffer = buffer;
    result.buffer_address = buffer_address;
    result.dram_address = dram_address;
    result.extent[0] = run;
    std::size_t used = 0;
    for (const Repeat& repeat : repeats) {
        if (repeat.count == 1) continue;
        const bool contiguous =
            repeat.buffer_stride == result.extent[0] && repeat.dram_stride == result.extent[0];
        if (used == 0 && contiguous) {
            result.extent[0] *= repeat.count;
            continue;
        }
        result.extent[used + 1] = repeat.count;
        result.buffer_stride[used] = repeat.buffer_stride;
        result.dram_stride[used] = repeat.dram_stride;
        ++used;
    }
    return result;
}

std::vector<isa::DmaTransfer> store_pixels(const PixelMap& map, std::int64_t first,
                                           std::int64_t last, std::int64_t buffer_address,
                                           std::int64_t dram_address, std::int64_t run,
                                           std::int64_t pixel_bytes) {
    std::vector<isa::DmaTransfer> boxes;
    const std::int64_t image = map.grid_height * map.grid_width;
    const std::int64_t row_bytes = map.row_step * map.width * pixel_bytes;
    const bool dense = map.row_step == 1 && map.column_step == 1 && map.grid_height == map.height &&
                       map.grid_width == map.width;
    while (first < last) {
        const std::int64_t n = first / image, in_image = first % image;
        const std::int64_t gy = in_image / map.grid_width, gx = in_image % map.grid_width;
        std::int64_t columns = std::min(map.grid_width - gx, last - first), rows = 1, images = 1;
        if (dense) {
            columns = last - first;
        } else if (in_image == 0 && last - first >= image) {
            rows = map.grid_height;
            images = (last - first) / image;
        } else if (gx == 0 && last - first >= map.grid_width) {
            rows = std::min(map.grid_height - gy, (last - first) / map.grid_width);
        }
        const std::int64_t pixel = (n * map.height + gy * map.row_step + map.row) * map.width +
                                   gx * map.column_step + map.column;
        boxes.push_back(transfer(isa::BufferId::vector, buffer_address,
                                 dram_address + pixel * pixel_bytes, run,
                                 {{columns, run, map.column_step * pixel_bytes},
                                  {rows, map.grid_width * run, row_bytes},
                                  {images, image * run, map.height * map.width * pixel_bytes}}));
        first += columns * rows * images;
        buffer_address += columns * rows * images * run;
    }
    return boxes;
}

}  // namespace quatrain::compiler
