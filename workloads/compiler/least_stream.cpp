// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/least_stream.hpp"

#include "workloads/compiler/transfer.hpp"

#include <algorithm>

namespace quatrain::compiler {
namespace {

/// Coordinates inside the tensor, over all positions of the grid and of the kernel along one axis.
std::int64_t inside(std::int64_t grid, std::int64_t step, std::int64_t offset, std::int64_t kernel,
                    std::int64_t kernel_step, std::int64_t size) {
    std::int64_t count = 0;
    for (std::int64_t at = 0; at < grid; ++at)
        for (std::int64_t j = 0; j < kernel; ++j) {
            const std::int64_t place = at * step + offset + j * kernel_step;
            count += place >= 0 && place < size ? 1 : 0;
        }
    return count;
}

}  // namespace

operand_streamer::StreamCost least_transposed_steps(const GemmShape& gemm, const Target& target,
                                                    std::int64_t depth, std::int64_t together) {
    const isa::Stream& s = gemm.stream;
    // A word has the same channel of so many of a grid row's pixels at most.
    const std::int64_t apart = packed_bytes(s.column_step * s.channels, gemm.moving);
    const std::int64_t of_word = ceil_div(target.streamer.word_bytes, apart);
    const std::int64_t pixels = inside(s.grid_height, s.row_step, s.row_offset, s.kernel_height,
                                       s.row_kernel_step, s.height) *
                                inside(s.grid_width, s.column_step, s.column_offset, s.kernel_width,
                                       s.column_kernel_step, s.width);
    operand_streamer::StreamCost cost;
    cost.words = gemm.images * (s.channels / depth) * ceil_div(pixels, of_word);
    const std::int64_t steps = ceil_div(gemm.pixels(), together) * ceil_div(gemm.k, depth);
    cost.cycles = std::max(steps, ceil_div(cost.words, target.streamer.read_ports));
    return cost;
}

}  // namespace quatrain::compiler
