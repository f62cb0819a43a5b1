// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/mapping_space.hpp"

#include "workloads/compiler/least_work.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <string_view>

namespace quatrain::compiler {
namespace {

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

/// Largest k of a stationary tile of so many bytes: all, or balanced pieces of whole passes; 0 if
/// none.
std::int64_t fitting_k(const GemmShape& gemm, const Target& target, std::int64_t columns,
                       std::int64_t bytes) {
    const std::int64_t depth = pass_depth(gemm, target);
    const std::int64_t fitting = bytes / packed_bytes(columns, gemm.stationary);
    if (fitting >= gemm.k) return gemm.k;
    if (fitting < depth) return 0;
    const std::int64_t chunks = ceil_div(gemm.k, depth);
    return ceil_div(chunks, ceil_div(chunks, fitting / depth)) * depth;
}

/// Stationary tiles [columns, k] that fit into a half, and larger ones that fit into both.
std::vector<WeightStationaryMapping> stationary_tiles(const GemmShape& gemm, const Target& target,
                                                      const TileLimits& limits) {
    std::vector<WeightStationaryMapping> tiles;
    for (const auto columns : balanced_multiples(gemm.columns, column_group(gemm, target))) {
        if (packed_bytes(columns, gemm.output) > limits.drain) continue;
        const std::int64_t in_half = fitting_k(gemm, target, columns, limits.stationary);
        const std::int64_t in_both = fitting_k(gemm, target, columns, 2 * limits.stationary);
        for (const std::int64_t k : std::set{in_half, in_both}) {
            if (k == 0) continue;
            if (k == gemm.k) tiles.push_back({0, columns, k, true});
            tiles.push_back({0, columns, k, false});
        }
    }
    return tiles;
}

}  // namespace

TileHalves tiles_of(const GemmShape& gemm, const Target& target,
                    const WeightStationaryMapping& mapping) {
    require_cut(gemm, "pixels", mapping.pixels, 1, gemm.pixels());
    require_cut(gemm, "columns", mapping.columns, column_group(gemm, target), gemm.columns);
    require_cut(gemm, "k", mapping.k, pass_depth(gemm, target), gemm.k);
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
                    const OutputStationaryMapping& mapping) {
    require_cut(gemm, "channels", mapping.channels, 2, gemm.stream.channels);
    const GemmShape block = channel_block(gemm, 0, mapping.channels);
    require_cut(gemm, "pixels", mapping.pixels, target.array.chunk, gemm.pixels());
    require_cut(gemm, "rows", mapping.rows, target.array.rows, block.k);
    require_cut(gemm, "columns", mapping.columns, column_group(gemm, target), gemm.columns);
    const TileLimits limits(target);
    require_sums(gemm, limits, mapping.rows, mapping.columns);
    return require_operands(gemm, limits, moving_tiles(block, mapping.pixels).largest_bytes,
                            packed_bytes(mapping.pixels * mapping.columns, gemm.stationary));
}

std::vector<Candidate<WeightStationaryMapping>> weight_stationary_space(const GemmShape& gemm,
                                                                        const Target& target) {
    const TileLimits limits(target);
    const auto tiles = stationary_tiles(gemm, target, limits);
    const WeightStationaryLeast least(gemm, target);
    std::vector<Candidate<WeightStationaryMapping>> space;
    for (const auto pixels : pixel_candidates(gemm)) {
        const MovingTiles moving = moving_tiles(gemm, pixels);
        if (moving.largest_bytes > 2 * limits.moving) continue;
        for (WeightStationaryMapping mapping : tiles) {
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
void add_blocks(const GemmShape& gemm, const Target& target, std::int64_t channels,
                std::vector<Candidate<OutputStationaryMapping>>& space) {
    const TileLimits limits(target);
    const GemmShape block = channel_block(gemm, 0, channels);
    const auto column_tiles = balanced_multiples(gemm.columns, column_group(gemm, target));
    const auto row_tiles = balanced_multiples(block.k, target.array.rows);
    OutputStationaryLeast least(gemm, channels, target);
    const auto add = [&](const OutputStationaryMapping& mapping, const MovingTiles& moving) {
        space.push_back({mapping, least.of(mapping, moving)});
    };
    for (const auto pixels : segment_candidates(gemm, target.array.chunk)) {
        const MovingTiles moving = moving_tiles(block, pixels);
        if (moving.largest_bytes > 2 * limits.moving) continue;
        for (const auto columns : column_tiles) {
            if (packed_bytes(pixels * columns, gemm.stationary) > 2 * limits.stationary) continue;
            if (packed_bytes(columns, gemm.output) > limits.drain) continue;
            for (const auto rows : row_tiles) {
                if (rows * columns * limits.accumulator_element > limits.accumulator) continue;
                add({pixels, rows, columns, channels, false}, moving);
                if (moving.count == 1 && columns < gemm.columns && rows < block.k)
                    add({pixels, rows, columns, channels, true}, moving);
            }
        }
    }
}

}  // namespace

std::vector<Candidate<OutputStationaryMapping>> output_stationary_space(const GemmShape& gemm,
                                                                        const Target& target) {
    std::vector<Candidate<OutputStationaryMapping>> space;
    for (const auto channels : channel_candidates(gemm.stream.channels))
        add_blocks(gemm, target, channels, space);
    return space;
}

}  // namespace quatrain::compiler
