// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/mapping_space.hpp"

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

/// Cycles that bytes take at least between DRAM and buffers: at the engines' ports, and at the
/// DRAM's bandwidth.
std::int64_t dma_cycles(std::int64_t loaded, std::int64_t stored, const Target& target) {
    if (target.dram.ideal) return 0;
    return std::max({ceil_div(loaded, target.dma.bytes_per_cycle),
                     ceil_div(stored, target.dma.bytes_per_cycle),
                     ceil_div((loaded + stored) * 1000, target.dram.peak_millibytes_per_cycle)});
}

/// Cycles of all passes at least: their vectors (or steps) enter one a cycle, and each occupies the
/// array's registers for `occupied` cycles; both at the same time only with double registers.
std::int64_t array_cycles(std::int64_t streamed, std::int64_t occupied, bool overlaps) {
    return overlaps ? std::max(streamed, occupied) : streamed + occupied;
}

/// What a mapping's times are made of.
struct Pieces {
    std::int64_t first_load;    ///< [bytes]: the array waits for its first tiles
    std::int64_t array;         ///< of all passes, at least [cycles]
    std::int64_t last_results;  ///< elements that are drained when the array is done
    std::int64_t results;       ///< all elements
    std::int64_t tiles;         ///< that are loaded one after the other
    bool double_buffered;       ///< the next tile can be loaded while one is in use
};

void set_cycles(const Target& target, const Pieces& pieces, MappingWork& work) {
    const std::int64_t lanes = target.scaling_unit.lanes;
    const std::int64_t dma =
        dma_cycles(work.moving_bytes + work.stationary_bytes, work.output_bytes, target);
    work.cycles = std::max({dma_cycles(pieces.first_load, 0, target) + pieces.array +
                                ceil_div(pieces.last_results, lanes),
                            ceil_div(pieces.results, lanes), dma});
    const std::int64_t waits = target.dram.ideal ? 0 : pieces.tiles * target.dram.latency_cycles;
    // Of two that run side by side, tile by tile, the longer one waits now and then.
    const std::int64_t beside = std::min(dma, pieces.array);
    work.likely_cycles =
        work.cycles + (pieces.double_buffered ? (beside + waits) / 8 : beside + waits);
}

std::int64_t remainder(std::int64_t total, std::int64_t piece) {
    return total - (ceil_div(total, piece) - 1) * piece;
}

MappingWork least_work(const GemmShape& gemm, const Target& target, const TileLimits& limits,
                       const WeightStationaryMapping& mapping, const MovingTiles& moving) {
    const std::int64_t column_tiles = ceil_div(gemm.columns, mapping.columns);
    const std::int64_t k_tiles = ceil_div(gemm.k, mapping.k);
    const std::int64_t moving_loads = mapping.weights_outer && moving.count > 1 ? column_tiles : 1;
    const std::int64_t weight_loads =
        !mapping.weights_outer && column_tiles * k_tiles > 1 ? moving.count : 1;
    MappingWork work;
    work.moving_bytes = moving.total_bytes * moving_loads;
    work.stationary_bytes = packed_bytes(gemm.k * gemm.columns, gemm.stationary) * weight_loads;
    work.output_bytes = packed_bytes(gemm.pixels() * gemm.columns, gemm.output);

    const std::int64_t depth = pass_depth(gemm, target), group = column_group(gemm, target);
    const std::int64_t passes = ceil_div(gemm.columns, group) * ceil_div(gemm.k, depth);
    const std::int64_t full_passes = gemm.columns / group * (gemm.k / depth);
    const std::int64_t preload = std::max(target.array.rows, preload_cycles(gemm, target));
    const std::int64_t occupied =
        moving.count * (full_passes * preload + (passes - full_passes) * target.array.rows);
    const std::int64_t array =
        array_cycles(passes * gemm.pixels(), occupied, target.array.double_stationary);
    const std::int64_t weights = packed_bytes(mapping.k * mapping.columns, gemm.stationary);
    const std::int64_t first_load = moving.first_bytes + weights;
    const std::int64_t results = gemm.pixels() * gemm.columns;
    const std::int64_t last_results =
        remainder(gemm.pixels(), mapping.pixels) * remainder(gemm.columns, mapping.columns);
    set_cycles(
        target,
        {.first_load = first_load,
         .array = array,
         .last_results = last_results,
         .results = results,
         .tiles = moving.count * column_tiles * k_tiles,
         .double_buffered = moving.largest_bytes <= limits.moving && weights <= limits.stationary},
        work);
    return work;
}

/// Of all blocks of channels like `block`; a last one that is smaller is left out.
MappingWork least_work(const GemmShape& gemm, const GemmShape& block, const Target& target,
                       const TileLimits& limits, const OutputStationaryMapping& mapping,
                       const MovingTiles& moving) {
    const std::int64_t blocks = gemm.stream.channels / mapping.channels;
    const bool equal = blocks * mapping.channels == gemm.stream.channels;
    const std::int64_t row_groups = ceil_div(block.k, mapping.rows);
    const std::int64_t column_groups = ceil_div(block.columns, mapping.columns);
    const bool resident = moving.count == 1;
    const std::int64_t moving_loads = resident ? 1 : row_groups * column_groups;
    const std::int64_t stationary_loads =
        resident && (column_groups == 1 || mapping.columns_outer) ? 1 : row_groups;
    MappingWork work;
    work.moving_bytes = moving.total_bytes * moving_loads * blocks;
    work.stationary_bytes =
        packed_bytes(block.pixels() * block.columns, block.stationary) * stationary_loads * blocks;
    work.output_bytes = packed_bytes(block.k * block.columns, block.output) * blocks;

    const auto& array = target.array;
    const std::int64_t lanes = mode_lanes(block, array);
    const std::int64_t passes =
        ceil_div(block.k, array.rows) * ceil_div(block.columns, column_group(block, target));
    const std::int64_t last = remainder(block.pixels(), mapping.pixels);
    const std::int64_t apart = std::max(array.rows, array.cols - 1);
    const auto begun = [&](std::int64_t pixels) {
        const std::int64_t steps = ceil_div(pixels, lanes);
        return array.double_result ? std::max(steps, apart) : steps + array.rows + array.cols - 2;
    };
    // Sums that go on are preloaded when the drain of the pass before has begun.
    const auto resumed = [&](std::int64_t pixels) {
        return ceil_div(pixels, lanes) + 2 * array.rows + array.cols - 2 -
               (array.double_result ? array.rows - 1 : 0);
    };
    std::int64_t segments = begun(std::min(mapping.pixels, block.pixels()));
    if (moving.count > 1) segments += (moving.count - 2) * resumed(mapping.pixels) + resumed(last);
    // The first pass follows none.
    const std::int64_t cycles = blocks * passes * segments - apart;
    const std::int64_t gradients =
        packed_bytes(std::min(mapping.pixels, block.pixels()) * mapping.columns, block.stationary);
    const std::int64_t first_load = moving.first_bytes + gradients;
    const std::int64_t last_results =
        equal ? remainder(block.k, mapping.rows) * remainder(block.columns, mapping.columns) : 0;
    set_cycles(target,
               {.first_load = first_load,
                .array = std::max<std::int64_t>(cycles, 0),
                .last_results = last_results,
                .results = blocks * block.k * block.columns,
                .tiles = blocks * (resident ? 1 : moving.count * row_groups * column_groups),
                .double_buffered =
                    moving.largest_bytes <= limits.moving && gradients <= limits.stationary},
               work);
    return work;
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
    std::vector<Candidate<WeightStationaryMapping>> space;
    for (const auto pixels : pixel_candidates(gemm)) {
        const MovingTiles moving = moving_tiles(gemm, pixels);
        if (moving.largest_bytes > 2 * limits.moving) continue;
        for (WeightStationaryMapping mapping : tiles) {
            mapping.pixels = pixels;
            if (pixels * mapping.columns * limits.accumulator_element > limits.accumulator)
                continue;
            space.push_back({mapping, least_work(gemm, target, limits, mapping, moving)});
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
    const auto add = [&](const OutputStationaryMapping& mapping, const MovingTiles& moving) {
        space.push_back({mapping, least_work(gemm, block, target, limits, mapping, moving)});
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
