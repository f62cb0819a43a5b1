// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/function.hpp"

#include "rtl_models/base/params.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::operand_streamer {
namespace {

using numerics::DecodedRows;

/// Consecutive elements of every vector that lie at consecutive places in the tensor: one kernel
/// position, channels [channel, channel + length), written from `destination` on.
struct Run {
    std::int64_t kernel_row, kernel_column, channel, length, destination;
};

/// Consecutive grid pixels of one grid row.
struct Segment {
    std::int64_t image, grid_row, grid_column, count, vector;
};

DecodedRows advanced(DecodedRows rows, std::int64_t elements) {
    return std::visit([elements](auto* first) -> DecodedRows { return first + elements; }, rows);
}

/// Pixels [first, last) of `count`, at x = start + i * step, that lie in [0, width).
std::pair<std::int64_t, std::int64_t> inside(std::int64_t start, std::int64_t step,
                                             std::int64_t width, std::int64_t count) {
    if (step == 0)
        return start >= 0 && start < width ? std::pair{std::int64_t{0}, count}
                                           : std::pair{count, count};
    if (step < 0) {  // mirror: the last pixel first
        const auto [first, last] = inside(start + (count - 1) * step, -step, width, count);
        return {count - last, count - first};
    }
    const std::int64_t first = start >= 0 ? 0 : ceil_div(-start, step);
    const std::int64_t last = start >= width ? 0 : ceil_div(width - start, step);
    const std::int64_t clipped = std::clamp<std::int64_t>(last, 0, count);
    return {std::min(first, clipped), clipped};
}

class Gather {
public:
    Gather(const isa::Stream& stream, numerics::Format format, std::span<const std::byte> buffer,
           DecodedRows rows, std::int64_t stride)
        : stream_(stream),
          format_(format),
          buffer_(buffer),
          rows_(rows),
          stride_(stride),
          first_element_(stream.address * 8 / numerics::bits(format)) {}

    void operator()(const Segment& segment, const Run& run) const {
        const std::int64_t y = segment.grid_row * stream_.row_step + stream_.row_offset +
                               run.kernel_row * stream_.row_kernel_step;
        if (y < 0 || y >= stream_.height) return;
        const std::int64_t x = segment.grid_column * stream_.column_step + stream_.column_offset +
                               run.kernel_column * stream_.column_kernel_step;
        const auto [first, last] = inside(x, stream_.column_step, stream_.width, segment.count);
        if (first >= last) return;
        const std::int64_t row = segment.image * stream_.height + y - stream_.first_row;
        const std::int64_t element_stride = stream_.column_step * stream_.channels;
        const std::int64_t element =
            first_element_ +
            (row * stream_.width + x + first * stream_.column_step) * stream_.channels +
            run.channel;
        require_inside(element, element + (last - first - 1) * element_stride, run.length);
        numerics::decode_rows(format_, buffer_, element, element_stride, last - first, run.length,
                              advanced(rows_, (segment.vector + first) * stride_ + run.destination),
                              stride_);
    }

private:
    void require_inside(std::int64_t one_end, std::int64_t other_end, std::int64_t length) const {
        const std::int64_t lowest = std::min(one_end, other_end);
        const std::int64_t highest = std::max(one_end, other_end) + length;
        const std::int64_t capacity =
            static_cast<std::int64_t>(buffer_.size()) * 8 / numerics::bits(format_);
        if (lowest >= 0 && highest <= capacity) return;
        throw std::out_of_range(
            fmt::format("stream elements [{}, {}): outside the moving buffer of {} elements",
                        lowest, highest, capacity));
    }

    const isa::Stream& stream_;
    numerics::Format format_;
    std::span<const std::byte> buffer_;
    DecodedRows rows_;
    std::int64_t stride_;
    std::int64_t first_element_;
};

}  // namespace

void gather(const isa::Stream& stream, numerics::Format format, std::span<const std::byte> buffer,
            const Block& block, DecodedRows rows, std::int64_t stride) {
    const Gather gather_run(stream, format, buffer, rows, stride);
    const std::int64_t k_end = block.k_offset + block.k_count;
    for (std::int64_t vector = 0; vector < block.count;) {
        const std::int64_t pixel = stream.first_pixel + block.first + vector;
        const std::int64_t global_row = pixel / stream.grid_width;
        Segment segment{global_row / stream.grid_height, global_row % stream.grid_height,
                        pixel % stream.grid_width, 0, vector};
        segment.count = std::min(block.count - vector, stream.grid_width - segment.grid_column);
        for (std::int64_t k = block.k_offset; k < k_end;) {
            const std::int64_t position = k / stream.channels;
            Run run{position / stream.kernel_width, position % stream.kernel_width,
                    k % stream.channels, 0, k - block.k_offset};
            run.length = std::min(stream.channels - run.channel, k_end - k);
            gather_run(segment, run);
            k += run.length;
        }
        vector += segment.count;
    }
}

}  // namespace quatrain::operand_streamer
