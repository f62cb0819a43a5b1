// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/other_dataflow.hpp"

#include "workloads/compiler/least_stream.hpp"
#include "workloads/compiler/least_traffic.hpp"
#include "workloads/compiler/transfer.hpp"

#include <algorithm>
#include <numeric>

namespace quatrain::compiler {

using operand_streamer::StreamCost;

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

/// Where tiles may start anywhere in a word: pixels of a word or more have words of their own.
StreamCost least_steps(const GemmShape& gemm, const Target& target, std::int64_t depth,
                       std::int64_t together) {
    const isa::Stream& s = gemm.stream;
    const std::int64_t steps = ceil_div(gemm.pixels(), together) * ceil_div(gemm.k, depth);
    const bool apart = s.channels * numerics::bits(gemm.moving) >= 8 * target.streamer.word_bytes;
    StreamCost cost;
    if (apart)
        cost.words = gemm.images * (s.channels / depth) *
                     inside(s.grid_height, s.row_step, s.row_offset, s.kernel_height,
                            s.row_kernel_step, s.height) *
                     inside(s.grid_width, s.column_step, s.column_offset, s.kernel_width,
                            s.column_kernel_step, s.width);
    cost.cycles = std::max(steps, ceil_div(cost.words, target.streamer.read_ports));
    return cost;
}

/// Steps of `together` pixels, of `depth` elements of k each, over all of k and all pixels. Steps
/// that start at the same place of a word, at one position of the kernel, meet words alike.
StreamCost transposed_steps(const GemmShape& gemm, const Target& target, std::int64_t depth,
                            std::int64_t together) {
    const std::int64_t channels = gemm.stream.channels;
    if (!tiles_meet_words_alike(gemm, target) || channels % depth != 0)
        return least_steps(gemm, target, depth, together);
    const std::int64_t word_elements = target.streamer.word_bytes * 8 / numerics::bits(gemm.moving);
    // Steps of a part of a word, in pixels of whole words, are alike wherever they start.
    const bool any_place = word_elements % depth == 0 && channels % word_elements == 0;
    const std::int64_t period = any_place ? depth : std::lcm(word_elements, depth);
    StreamCost sum;
    for (std::int64_t position = 0; position < gemm.k; position += channels)
        for (std::int64_t channel = 0; channel < std::min(channels, period); channel += depth) {
            const StreamCost cost =
                steps_of_pixels(gemm, target, position + channel, depth, together);
            const std::int64_t alike = ceil_div(channels - channel, period);
            sum.cycles += alike * cost.cycles;
            sum.words += alike * cost.words;
        }
    return sum;
}

/// With every operand loaded once, every result stored once, and the moving steps once for each of
/// the array's groups of columns. `rows` x columns results, reduced over `depth`.
MappingWork least_work(const GemmShape& gemm, const Target& target, std::int64_t rows,
                       std::int64_t depth, std::int64_t groups, const StreamCost& steps) {
    MappingWork work;
    work.moving_bytes = moving_tiles(gemm, gemm.pixels()).total_bytes;
    work.stationary_bytes = packed_bytes(depth * gemm.columns, gemm.stationary);
    work.output_bytes = packed_bytes(rows * gemm.columns, gemm.output);
    work.moving_words = groups * steps.words;
    const std::int64_t bytes = work.moving_bytes + work.stationary_bytes + work.output_bytes;
    const std::int64_t latency = target.dram.ideal ? 0 : target.dram.latency_cycles;
    // The first operands arrive, the last sums leave the array, the scaling unit and the core.
    const std::int64_t ends =
        2 * latency + target.array.rows + target.array.cols - 2 + target.scaling_unit.depth;
    work.cycles = std::max({groups * steps.cycles + ends, bus_cycles(bytes, target) + latency,
                            ceil_div(rows * gemm.columns, target.scaling_unit.lanes) + ends});
    work.likely_cycles = work.cycles;
    return work;
}

}  // namespace

MappingWork least_with_stationary_outputs(const GemmShape& gemm, const Target& target) {
    const std::int64_t groups = ceil_div(gemm.columns, column_group(gemm, target));
    const StreamCost steps =
        transposed_steps(gemm, target, mode_lanes(gemm, target.array), target.array.rows);
    return least_work(gemm, target, gemm.pixels(), gemm.k, groups, steps);
}

MappingWork least_with_stationary_gradients(const GemmShape& gemm, const Target& target) {
    const std::int64_t groups = ceil_div(gemm.columns, column_group(gemm, target));
    const StreamCost steps = transposed_steps(gemm, target, 1, pass_depth(gemm, target));
    return least_work(gemm, target, gemm.k, gemm.pixels(), groups, steps);
}

}  // namespace quatrain::compiler
