// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/mapping_space.hpp"

#include "workloads/compiler/least_work.hpp"
#include "workloads/compiler/transfer.hpp"
#include "workloads/compiler/transposed_stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

namespace quatrain::compiler {
namespace {

/// Flipped or not: see ActivationGemm's order of k.
bool takes_dataflow(const GemmShape& gemm, Dataflow dataflow, Dataflow usual) {
    return dataflow == usual || can_be_transposed(gemm.stream) ||
           can_be_transposed(flipped(gemm.stream));
}

[[noreturn]] void refuse(const GemmShape& gemm, const std::string& rule) {
    throw CompileError(
        fmt::format("layer {}: {}: mapping: {}", gemm.layer, training::name(gemm.pass), rule));
}

void require_cut(const GemmShape& gemm, std::string_view what, std::int64_t size, std::int64_t unit,
                 std::int64_t all) {
    if (size >= 1 && size <= all && (size % unit == 0 || size == all)) return;
    refuse(gemm,
           fmt::format("{} {}: must be {}, or a multiple of {} below that", what, size, all, unit));
}

template <class Mapping>
void require_dataflow(const GemmShape& gemm, const Mapping& mapping) {
    if (takes_dataflow(gemm, mapping.dataflow, Mapping::usual)) return;
    refuse(gemm, fmt::format("dataflow {}: columns of the kernel are {} pixels apart, must be "
                             "beside each other",
                             name(mapping.dataflow), std::abs(gemm.stream.column_kernel_step)));
}

void require_room(const GemmShape& gemm, std::string_view tile, std::int64_t bytes,
                  std::string_view room, std::int64_t available) {
    if (bytes <= available) return;
    refuse(gemm,
           fmt::format("a tile's {} need {} bytes, the {} has {}", tile, bytes, room, available));
}

TileHalves require_operands(const GemmShape& gemm, const TileLimits& limits, std::int64_t moving,
                            std::int64_t stationary) {
    require_room(gemm, "moving operands", moving, "moving buffer", 2 * limits.moving);
    require_room(gemm, "stationary operands", stationary, "stationary buffer",
                 2 * limits.stationary);
    return {.moving = moving > limits.moving ? 2U : 1U,
            .stationary = stationary > limits.stationary ? 2U : 1U};
}

void require_sums(const GemmShape& gemm, const TileLimits& limits, std::int64_t rows,
                  std::int64_t columns) {
    require_room(gemm, "sums", rows * columns * limits.accumulator_element,
                 "accumulator buffer's half", limits.accumulator);
    require_room(gemm, "outputs of one row", packed_bytes(columns, gemm.output),
                 "vector buffer's drain half", limits.drain);
}

/// Largest k of a stationary tile of so many bytes: all, or balanced pieces of whole units; 0 if
/// none.
std::int64_t fitting_k(const GemmShape& gemm, std::int64_t unit, std::int64_t columns,
                       std::int64_t bytes) {
    const std::int64_t fitting = bytes / packed_bytes(columns, gemm.stationary);
    if (fitting >= gemm.k) return gemm.k;
    if (fitting < unit) return 0;
    const std::int64_t units = ceil_div(gemm.k, unit);
    return ceil_div(units, ceil_div(units, fitting / unit)) * unit;
}

/// Stationary tiles [columns, k] that fit into a half, and larger ones that fit into both.
std::vector<ActivationMapping> stationary_tiles(const GemmShape& gemm, const Target& target,
                                                Dataflow dataflow, const TileLimits& limits) {
    const std::int64_t unit = reduction_unit(gemm, target, ActivationMapping{.dataflow = dataflow});
    std::vector<ActivationMapping> tiles;
    for (const auto columns : balanced_multiples(gemm.columns, column_group(gemm, target))) {
        if (packed_bytes(columns, gemm.output) > limits.drain) continue;
        const std::int64_t in_half = fitting_k(gemm, unit, columns, limits.stationary);
        const std::int64_t in_both = fitting_k(gemm, unit, columns, 2 * limits.stationary);
        for (const std::int64_t k : std::set{in_half, in_both}) {
            if (k == 0) continue;
            if (k == gemm.k) tiles.push_back({0, columns, k, true, dataflow});
            tiles.push_back({0, columns, k, false, dataflow});
        }
    }
    return tiles;
}

}  // namespace

TileHalves tiles_of(const GemmShape& gemm, const Target& target, const ActivationMapping& mapping) {
    require_cut(gemm, "pixels", mapping.pixels, 1, gemm.pixels());
    require_cut(gemm, "columns", mapping.columns, column_group(gemm, target), gemm.columns);
    require_cut(gemm, "k", mapping.k, reduction_unit(gemm, target, mapping), gemm.k);
    require_dataflow(gemm, mapping);
    if (mapping.weights_outer && mapping.k < gemm.k)
        refuse(gemm, fmt::format("outer weights: k {} must be {}: sums would have to be kept of "
                                 "all pixels",
                                 mapping.k, gemm.k));
    const TileLimits limits(target);
    require_sums(gemm, limits, mapping.pixels, mapping.columns);
    return require_operands(gemm, limits, moving_tiles(gemm, mapping.pixels).largest_bytes,
                            packed_bytes(mapping.k * mapping.columns, gemm.stationary));
}

TileHalves tiles_of(const GemmShape& gemm, const Target& target,
                    const WeightGradientMapping& mapping) {
    require_cut(gemm, "channels", mapping.channels, 2, gemm.stream.channels);
    const GemmShape block = channel_block(gemm, 0, mapping.channels);
    require_cut(gemm, "pixels", mapping.pixels, reduction_unit(gemm, target, mapping),
                gemm.pixels());
    require_dataflow(gemm, mapping);
    require_cut(gemm, "rows", mapping.rows, target.array.rows, block.k);
    require_cut(gemm, "columns", mapping.columns, column_group(gemm, target), gemm.columns);
    const TileLimits limits(target);
    require_sums(gemm, limits, mapping.rows, mapping.columns);
    return require_operands(gemm, limits, moving_tiles(block, mapping.pixels).largest_bytes,
                            packed_bytes(mapping.pixels * mapping.columns, gemm.stationary));
}

std::vector<Candidate<ActivationMapping>> activation_space(const GemmShape& gemm,
                                                           const Target& target,
                                                           Dataflow dataflow) {
    if (!takes_dataflow(gemm, dataflow, ActivationMapping::usual)) return {};
    const TileLimits limits(target);
    const auto tiles = stationary_tiles(gemm, target, dataflow, limits);
    const ActivationLeast least(gemm, target, dataflow);
    std::vector<Candidate<ActivationMapping>> space;
    for (const auto pixels : pixel_candidates(gemm)) {
        const MovingTiles moving = moving_tiles(gemm, pixels);
        if (moving.largest_bytes > 2 * limits.moving) continue;
        for (ActivationMapping mapping : tiles) {
            mapping.pixels = pixels;
            if (pixels * mapping.columns * limits.accumulator_element > limits.accumulator)
                continue;
            space.push_back({mapping, least.of(mapping, moving)});
        }
    }
    return space;
}

namespace {

/// Adds the mappings with blocks of so many channels.
void add_blocks(const GemmShape& gemm, const Target& target, Dataflow dataflow,
                std::int64_t channels, std::vector<Candidate<WeightGradientMapping>>& space) {
    const TileLimits limits(target);
    const GemmShape block = channel_block(gemm, 0, channels);
    const auto column_tiles = balanced_multiples(gemm.columns, column_group(gemm, target));
    const auto row_tiles = balanced_multiples(block.k, target.array.rows);
    const std::int64_t unit =
        reduction_unit(gemm, target, WeightGradientMapping{.dataflow = dataflow});
    WeightGradientLeast least(gemm, channels, target, dataflow);
    const auto add = [&](const WeightGradientMapping& mapping, const MovingTiles& moving) {
        space.push_back({mapping, least.of(mapping, moving)});
    };
    for (const auto pixels : segment_candidates(gemm, unit)) {
        const MovingTiles moving = moving_tiles(block, pixels);
        if (moving.largest_bytes > 2 * limits.moving) continue;
        for (const auto columns : column_tiles) {
            if (packed_bytes(pixels * columns, gemm.stationary) > 2 * limits.stationary) continue;
            if (packed_bytes(columns, gemm.output) > limits.drain) continue;
            for (const auto rows : row_tiles) {
                if (rows * columns * limits.accumulator_element > limits.accumulator) continue;
                add({pixels, rows, columns, channels, false, dataflow}, moving);
                if (moving.count == 1 && columns < gemm.columns && rows < block.k)
                    add({pixels, rows, columns, channels, true, dataflow}, moving);
            }
        }
    }
}

}  // namespace

std::vector<Candidate<WeightGradientMapping>> weight_gradient_space(const GemmShape& gemm,
                                                                    const Target& target,
                                                                    Dataflow dataflow) {
    std::vector<Candidate<WeightGradientMapping>> space;
    if (!takes_dataflow(gemm, dataflow, WeightGradientMapping::usual)) return space;
    for (const auto channels : channel_candidates(gemm.stream.channels))
        add_blocks(gemm, target, dataflow, channels, space);
    return space;
}

}  // namespace quatrain::compiler
