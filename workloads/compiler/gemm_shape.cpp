// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/gemm_shape.hpp"
#include "rtl_models/numerics/gemm.hpp"
#include "workloads/compiler/transfer.hpp"
#include "workloads/compiler/transposed_stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>

namespace quatrain::compiler {

std::int64_t GemmShape::row_bytes() const {
    return packed_bytes(stream.width * stream.channels, moving);
}

bool GemmShape::same_work(const GemmShape& other) const {
    const auto work = [](const GemmShape& one) {
        return std::tuple(one.images, one.moving, one.stationary, one.output, one.k, one.columns,
                          one.tensor_channels, one.first_channel);
    };
    return stream == other.stream && work(*this) == work(other);
}

RowRange rows_touched(const isa::Stream& stream, std::int64_t first, std::int64_t last) {
    const std::int64_t span = (stream.kernel_height - 1) * stream.row_kernel_step;
    const std::int64_t lowest = std::min<std::int64_t>(0, span);
    const std::int64_t highest = std::max<std::int64_t>(0, span);
    const auto global_row = [&](std::int64_t pixel, std::int64_t kernel_row) {
        const std::int64_t grid_row = pixel / stream.grid_width;
        const std::int64_t y =
            grid_row % stream.grid_height * stream.row_step + stream.row_offset + kernel_row;
        return grid_row / stream.grid_height * stream.height +
               std::clamp<std::int64_t>(y, 0, stream.height - 1);
    };
    const std::int64_t begin = global_row(first, lowest);
    return {begin, global_row(last - 1, highest) - begin + 1};
}

std::int64_t mode_lanes(const GemmShape& gemm, const mac_array::Params& array) {
    try {
        return mac_array::lanes(array, gemm.moving, gemm.stationary);
    } catch (const std::invalid_argument& error) {
        throw CompileError(fmt::format("layer {}: {}", gemm.layer, error.what()));
    }
}

std::int64_t column_group(const GemmShape& gemm, const Target& target) {
    if (numerics::bits(gemm.stationary) != 4) return target.array.cols;
    if (target.array.cols == 1)
        throw CompileError(fmt::format(
            "layer {}: 4-bit operands are packed in pairs, the array's cols = 1 cannot take a pair",
            gemm.layer));
    return target.array.cols / 2 * 2;
}

std::int64_t pass_depth(const GemmShape& gemm, const Target& target) {
    return target.array.rows * mode_lanes(gemm, target.array);
}

std::int64_t emitted_depth(const GemmShape& gemm, const Target& target, std::int64_t reduction) {
    const std::int64_t depth = pass_depth(gemm, target);
    const int word =
        numerics::elements_per_word(numerics::product_kind(gemm.moving, gemm.stationary));
    return target.tile_passes && depth % word == 0 ? ceil_div(reduction, depth) * depth : depth;
}

std::int64_t emitted_rows(const Target& target) {
    return target.tile_passes ? std::numeric_limits<std::int64_t>::max() : target.array.rows;
}

std::int64_t reduction_unit(const GemmShape& gemm, const Target& target,
                            const ActivationMapping& mapping) {
    return mapping.dataflow == Dataflow::weight_stationary ? pass_depth(gemm, target)
                                                           : target.array.chunk;
}

std::int64_t reduction_unit(const GemmShape& gemm, const Target& target,
                            const WeightGradientMapping& mapping) {
    if (mapping.dataflow == Dataflow::output_stationary) return target.array.chunk;
    const std::int64_t depth = pass_depth(gemm, target), image = pixels_of_image(gemm.stream);
    return image % depth == 0 ? depth : image;
}

std::int64_t emitted_columns(const GemmShape& gemm, const Target& target) {
    return target.tile_passes ? gemm.columns : column_group(gemm, target);
}

GemmShape channel_block(const GemmShape& gemm, std::int64_t first, std::int64_t count) {
    GemmShape block = gemm;
    block.k = gemm.k / gemm.stream.channels * count;
    block.stream.channels = count;
    block.first_channel = first;
    return block;
}

}  // namespace quatrain::compiler
