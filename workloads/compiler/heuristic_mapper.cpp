// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/heuristic_mapper.hpp"

#include "workloads/compiler/mapping_space.hpp"
#include "workloads/compiler/transfer.hpp"
#include "workloads/compiler/transposed_stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace quatrain::compiler {

namespace {

/// Cycles that moving so many bytes takes when `run` bytes at a time are contiguous in DRAM: at the
/// channels' or the DMA engine's bandwidth, or as the bursts in flight cover the latency. A run
/// shorter than a burst takes a burst.
std::int64_t dram_cycles(std::int64_t bytes, std::int64_t run, const Target& target) {
    if (bytes == 0 || target.dram.ideal) return 0;
    const auto rate =
        std::min(target.dram.peak_millibytes_per_cycle, target.dma.bytes_per_cycle * 1000);
    const std::int64_t bursts = ceil_div(bytes, std::min(run, target.dma.burst_bytes));
    return std::max({ceil_div(bytes * 1000, rate), bursts,
                     ceil_div(bursts * target.dram.latency_cycles, target.dma.outstanding)});
}

/// Bytes that are contiguous in DRAM in a tile of `columns` of the `all` columns of a tensor of
/// `bytes`.
std::int64_t run_bytes(std::int64_t columns, std::int64_t all, std::int64_t bytes,
                       numerics::Format format) {
    return columns == all ? bytes : packed_bytes(columns, format);
}

/// Cycles from one tile to the next in a long series, when every region has two halves: a stage
/// alone, or two stages that hand the same half to each other.
std::int64_t tile_period(std::int64_t load, std::int64_t array, std::int64_t drain,
                         std::int64_t store, const Target& target) {
    const std::int64_t latency = target.dram.ideal ? 0 : target.dram.latency_cycles;
    return std::max({load, array, drain, store, ceil_div(load + latency + array, 2),
                     ceil_div(array + drain, 2), ceil_div(drain + store + latency, 2)});
}

[[noreturn]] void cannot_fit(const GemmShape& gemm, std::string_view what, std::int64_t needed,
                             std::string_view buffer, std::int64_t available) {
    throw CompileError(fmt::format("layer {}: {} needs {} bytes, the {} has {}", gemm.layer, what,
                                   needed, buffer, available));
}

void require_one_row(const GemmShape& gemm, const TileLimits& limits) {
    const auto one = moving_tiles(gemm, 1);
    if (one.largest_bytes > limits.moving)
        cannot_fit(gemm, "one output row of its input", one.largest_bytes, "moving buffer's half",
                   limits.moving);
}

/// Cycles from one pass to the next in a long series of equal passes, by the array's own timeline.
std::int64_t weight_pass_cycles(const mac_array::Params& array, std::int64_t preload,
                                std::int64_t vectors) {
    mac_array::Timeline timeline(array);
    const auto first = timeline.weight_stationary(0, preload, vectors);
    const auto second = timeline.weight_stationary(first.next_issue, preload, vectors);
    return timeline.weight_stationary(second.next_issue, preload, vectors).done - second.done;
}

std::int64_t output_pass_cycles(const mac_array::Params& array, bool resume, std::int64_t steps) {
    mac_array::Timeline timeline(array);
    const auto first = timeline.output_stationary(0, resume, steps);
    const auto second = timeline.output_stationary(first.next_issue, resume, steps);
    return timeline.output_stationary(second.next_issue, resume, steps).done - second.done;
}

/// Passes of groups of columns.
std::int64_t column_passes(const GemmShape& gemm, const Target& target, std::int64_t tile) {
    return ceil_div(gemm.columns, target.tile_passes ? tile : column_group(gemm, target));
}

/// All passes over tiles of `mapping.pixels`, the last of `last`.
std::int64_t array_time(const GemmShape& gemm, const Target& target,
                        const ActivationMapping& mapping, std::int64_t tiles, std::int64_t last) {
    const auto& array = target.array;
    const std::int64_t k_tiles = ceil_div(gemm.k, mapping.k);
    const std::int64_t groups = column_passes(gemm, target, mapping.columns);
    if (mapping.dataflow == Dataflow::output_stationary) {
        const std::int64_t rows = target.tile_passes ? mapping.pixels : array.rows;
        const std::int64_t passes =
            (tiles - 1) * ceil_div(mapping.pixels, rows) + ceil_div(last, rows);
        return groups * k_tiles * passes *
               output_pass_cycles(array, k_tiles > 1, ceil_div(mapping.k, mode_lanes(gemm, array)));
    }
    const std::int64_t passes =
        groups * (target.tile_passes ? k_tiles : ceil_div(gemm.k, pass_depth(gemm, target)));
    const std::int64_t preload = preload_cycles(gemm, target);
    return passes * ((tiles - 1) * weight_pass_cycles(array, preload, mapping.pixels) +
                     weight_pass_cycles(array, preload, last));
}

std::int64_t activation_time(const GemmShape& gemm, const Target& target,
                             const ActivationMapping& mapping, const MovingTiles& moving) {
    const std::int64_t column_tiles = ceil_div(gemm.columns, mapping.columns);
    const std::int64_t k_tiles = ceil_div(gemm.k, mapping.k);
    const std::int64_t weights = packed_bytes(gemm.k * gemm.columns, gemm.stationary);
    const std::int64_t output = packed_bytes(gemm.pixels() * gemm.columns, gemm.output);
    const std::int64_t moving_loads = mapping.weights_outer && moving.count > 1 ? column_tiles : 1;
    const std::int64_t weight_loads =
        !mapping.weights_outer && column_tiles * k_tiles > 1 ? moving.count : 1;
    const std::int64_t load =
        dram_cycles(moving.total_bytes * moving_loads, moving.largest_bytes, target) +
        dram_cycles(weights * weight_loads,
                    run_bytes(mapping.columns, gemm.columns, weights, gemm.stationary), target);
    const std::int64_t store =
        dram_cycles(output, run_bytes(mapping.columns, gemm.columns, output, gemm.output), target);
    const std::int64_t bytes = moving.total_bytes * moving_loads + weights * weight_loads + output;

    const std::int64_t last = gemm.pixels() - (moving.count - 1) * mapping.pixels;
    const std::int64_t array = array_time(gemm, target, mapping, moving.count, last);
    const std::int64_t tiles = moving.count * column_tiles * k_tiles;
    const std::int64_t drain = ceil_div(gemm.pixels() * gemm.columns, target.scaling_unit.lanes);
    const std::int64_t period = tile_period(ceil_div(load, tiles), ceil_div(array, tiles),
                                            ceil_div(drain, tiles), ceil_div(store, tiles), target);
    const std::int64_t fill =
        moving.largest_bytes + packed_bytes(mapping.k * mapping.columns, gemm.stationary);
    const std::int64_t empty = packed_bytes(mapping.pixels * mapping.columns, gemm.output);
    return std::max(tiles * period, dram_cycles(bytes, bytes, target)) +
           dram_cycles(fill + empty, fill + empty, target) +
           ceil_div(mapping.pixels * mapping.columns, target.scaling_unit.lanes);
}

/// Tiles [columns, k] of the stationary operand that fit: all of k where possible, else balanced
/// multiples of the chunk.
std::vector<ActivationMapping> stationary_candidates(const GemmShape& gemm, const Target& target,
                                                     Dataflow dataflow, const TileLimits& limits) {
    const std::int64_t chunk =
        reduction_unit(gemm, target, ActivationMapping{.dataflow = dataflow});
    std::vector<ActivationMapping> candidates;
    for (const auto columns : balanced_multiples(gemm.columns, column_group(gemm, target))) {
        if (packed_bytes(columns, gemm.output) > limits.drain) continue;
        const std::int64_t fitting = limits.stationary / packed_bytes(columns, gemm.stationary);
        if (fitting >= gemm.k) {
            candidates.push_back({0, columns, gemm.k, true, dataflow});
            candidates.push_back({0, columns, gemm.k, false, dataflow});
        } else if (const std::int64_t chunks = fitting / chunk; chunks > 0) {
            const std::int64_t pieces = ceil_div(ceil_div(gemm.k, chunk), chunks);
            candidates.push_back(
                {0, columns, ceil_div(ceil_div(gemm.k, chunk), pieces) * chunk, false, dataflow});
        }
    }
    if (!candidates.empty()) return candidates;
    const std::int64_t columns = std::min(gemm.columns, column_group(gemm, target));
    if (packed_bytes(columns, gemm.output) > limits.drain)
        cannot_fit(gemm, "one row of outputs", packed_bytes(columns, gemm.output),
                   "vector buffer's drain half", limits.drain);
    cannot_fit(gemm, "one chunk of its weights", chunk * packed_bytes(columns, gemm.stationary),
               "stationary buffer's half", limits.stationary);
}

}  // namespace

ActivationMapping HeuristicMapper::activation(const GemmShape& gemm, const Target& target,
                                              const Coder<ActivationMapping>&) {
    const TileLimits limits(target);
    require_one_row(gemm, limits);
    const auto stationary = stationary_candidates(
        gemm, target,
        other_.contains(gemm.id()) ? Dataflow::output_stationary : ActivationMapping::usual,
        limits);
    ActivationMapping best;
    std::int64_t best_time = std::numeric_limits<std::int64_t>::max();
    for (const auto pixels : pixel_candidates(gemm)) {
        const auto moving = moving_tiles(gemm, pixels);
        if (moving.largest_bytes > limits.moving) continue;
        for (auto mapping : stationary) {
            mapping.pixels = pixels;
            if (pixels * mapping.columns * limits.accumulator_element > limits.accumulator)
                continue;
            const std::int64_t time = activation_time(gemm, target, mapping, moving);
            if (time >= best_time) continue;
            best_time = time;
            best = mapping;
        }
    }
    if (best.pixels == 0)
        cannot_fit(gemm, "one vector of sums",
                   std::min(gemm.columns, column_group(gemm, target)) * limits.accumulator_element,
                   "accumulator buffer's half", limits.accumulator);
    return best;
}

namespace {

/// All passes of one block of channels over `segments`, the last of `last` pixels.
std::int64_t array_time(const GemmShape& gemm, const Target& target,
                        const WeightGradientMapping& mapping, std::int64_t segments,
                        std::int64_t last) {
    const auto& array = target.array;
    const std::int64_t columns = column_passes(gemm, target, mapping.columns);
    if (mapping.dataflow == Dataflow::weight_stationary) {
        const std::int64_t depths =
            target.tile_passes ? segments : ceil_div(gemm.pixels(), pass_depth(gemm, target));
        return columns * depths * ceil_div(gemm.k, mapping.rows) *
               weight_pass_cycles(array, preload_cycles(gemm, target), mapping.rows);
    }
    const auto pass = [&](std::int64_t pixels, bool resume) {
        return output_pass_cycles(array, resume, ceil_div(pixels, mode_lanes(gemm, array)));
    };
    std::int64_t cycles = pass(segments == 1 ? last : mapping.pixels, false);
    if (segments > 1) cycles += (segments - 2) * pass(mapping.pixels, true) + pass(last, true);
    return columns * ceil_div(gemm.k, target.tile_passes ? mapping.rows : array.rows) * cycles;
}

/// Time of one block of channels.
std::int64_t weight_gradient_time(const GemmShape& gemm, const Target& target,
                                  const WeightGradientMapping& mapping, const MovingTiles& moving) {
    const std::int64_t row_groups = ceil_div(gemm.k, mapping.rows);
    const std::int64_t column_groups = ceil_div(gemm.columns, mapping.columns);
    const bool resident = moving.count == 1;
    const std::int64_t moving_loads = resident ? 1 : row_groups * column_groups;
    const std::int64_t stationary_loads = resident && column_groups == 1 ? 1 : row_groups;
    const std::int64_t output = packed_bytes(gemm.k * gemm.columns, gemm.output);
    const std::int64_t moving_bytes = moving.total_bytes * moving_loads;
    const std::int64_t stationary_bytes =
        packed_bytes(gemm.pixels() * gemm.columns, gemm.stationary) * stationary_loads;
    const bool strided = gemm.stream.channels < gemm.tensor_channels;
    const std::int64_t load =
        dram_cycles(
            moving_bytes,
            strided ? packed_bytes(gemm.stream.channels, gemm.moving) : moving.largest_bytes,
            target) +
        dram_cycles(stationary_bytes,
                    run_bytes(mapping.columns, gemm.columns, stationary_bytes, gemm.stationary),
                    target);
    const std::int64_t store =
        dram_cycles(output, run_bytes(mapping.columns, gemm.columns, output, gemm.output), target);

    const std::int64_t last = gemm.pixels() - (moving.count - 1) * mapping.pixels;
    const std::int64_t array = array_time(gemm, target, mapping, moving.count, last);
    const std::int64_t fill =
        moving.largest_bytes + packed_bytes(mapping.pixels * mapping.columns, gemm.stationary);
    const std::int64_t empty = packed_bytes(mapping.rows * mapping.columns, gemm.output);
    // Segments follow each other in the halves of the operand buffers; sums are drained once per
    // group.
    const std::int64_t segments = resident ? 1 : moving.count * row_groups * column_groups;
    const std::int64_t period =
        tile_period(ceil_div(load, segments), ceil_div(array, segments), 0, 0, target);
    const std::int64_t bytes = moving_bytes + stationary_bytes + output;
    return std::max({segments * period, store, dram_cycles(bytes, bytes, target)}) +
           dram_cycles(fill + empty, fill + empty, target) +
           ceil_div(mapping.rows * mapping.columns, target.scaling_unit.lanes);
}

/// The best mapping of one block of channels; pixels = 0 if there is none.
std::pair<WeightGradientMapping, std::int64_t> map_block(const GemmShape& gemm,
                                                         const Target& target, Dataflow dataflow,
                                                         const TileLimits& limits) {
    const std::int64_t unit =
        reduction_unit(gemm, target, WeightGradientMapping{.dataflow = dataflow});
    WeightGradientMapping best;
    std::int64_t best_time = std::numeric_limits<std::int64_t>::max();
    const auto column_tiles = balanced_multiples(gemm.columns, column_group(gemm, target));
    const auto row_tiles = balanced_multiples(gemm.k, target.array.rows);
    for (const auto pixels : segment_candidates(gemm, unit)) {
        const auto moving = moving_tiles(gemm, pixels);
        if (moving.largest_bytes > limits.moving) continue;
        for (const auto columns : column_tiles) {
            if (packed_bytes(pixels * columns, gemm.stationary) > limits.stationary) continue;
            if (packed_bytes(columns, gemm.output) > limits.drain) continue;
            for (const auto rows : row_tiles) {
                if (rows * columns * limits.accumulator_element > limits.accumulator) continue;
                const WeightGradientMapping mapping{pixels, rows,    columns, gemm.stream.channels,
                                                    false,  dataflow};
                const auto time = weight_gradient_time(gemm, target, mapping, moving);
                if (time >= best_time) continue;
                best_time = time;
                best = mapping;
            }
        }
    }
    return {best, best_time};
}

}  // namespace

WeightGradientMapping HeuristicMapper::weight_gradient(const GemmShape& gemm, const Target& target,
                                                       const Coder<WeightGradientMapping>&) {
    const TileLimits limits(target);
    const Dataflow dataflow =
        other_.contains(gemm.id()) ? Dataflow::weight_stationary : WeightGradientMapping::usual;
    WeightGradientMapping best;
    std::int64_t best_time = std::numeric_limits<std::int64_t>::max();
    const auto channels = channel_candidates(gemm.stream.channels);
    for (const auto count : channels) {
        const auto [mapping, time] =
            map_block(channel_block(gemm, 0, count), target, dataflow, limits);
        if (mapping.pixels == 0) continue;
        const std::int64_t total = time * ceil_div(gemm.stream.channels, count);
        if (total >= best_time) continue;
        best_time = total;
        best = mapping;
    }
    if (best.pixels > 0) return best;
    const std::int64_t unit =
        reduction_unit(gemm, target, WeightGradientMapping{.dataflow = dataflow});
    const std::int64_t chunk = std::min(unit, gemm.pixels());
    const auto least = moving_tiles(channel_block(gemm, 0, channels.back()), chunk);
    if (least.largest_bytes > limits.moving)
        cannot_fit(
            gemm,
            fmt::format("{} channels of the input of {} output pixels", channels.back(), chunk),
            least.largest_bytes, "moving buffer's half", limits.moving);
    const std::int64_t columns = std::min(gemm.columns, column_group(gemm, target));
    const std::int64_t gradient = packed_bytes(chunk * columns, gemm.stationary);
    if (gradient > limits.stationary)
        cannot_fit(gemm, "one chunk of its gradient", gradient, "stationary buffer's half",
                   limits.stationary);
    cannot_fit(gemm, "one tile of sums",
               std::min(gemm.k, target.array.rows) * columns * limits.accumulator_element,
               "accumulator buffer's half", limits.accumulator);
}

}  // namespace quatrain::compiler
