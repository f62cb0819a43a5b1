// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/least_work.hpp"

#include "workloads/compiler/least_stream.hpp"
#include "workloads/compiler/least_traffic.hpp"
#include "workloads/compiler/transfer.hpp"

#include <algorithm>

namespace quatrain::compiler {

using operand_streamer::StreamCost;

namespace {

/// An operand's loads.
struct Loads {
    Traffic all, first;
    std::int64_t count = 1;
    bool hold_up = false;  ///< a tile takes both halves: the array waits for every one
};

/// What a mapping's times are made of.
struct Pieces {
    Loads moving, stationary;
    Traffic stored;
    std::int64_t array;  ///< of all passes, from the first one's issue to the last result [cycles]
    std::int64_t restart;  ///< what the array loses more by a wait in which it runs empty [cycles]
    std::int64_t last_rows, last_columns;  ///< of the tile that is drained when the array is done
    std::int64_t results;                  ///< of all tiles
    std::int64_t moving_words, stationary_words;
};

/// From the last result in the accumulator buffer to the end.
std::int64_t last_drain_cycles(const GemmShape& gemm, const Target& target,
                               const TileLimits& limits, const Pieces& pieces) {
    if (pieces.last_rows == 0) return 0;
    const std::int64_t row_bytes = packed_bytes(pieces.last_columns, gemm.output);
    const std::int64_t parts = ceil_div(pieces.last_rows, limits.drain / row_bytes);
    const std::int64_t last_part = last_piece(pieces.last_rows, ceil_div(pieces.last_rows, parts));
    const Traffic stored = traffic_of(last_part, row_bytes, false, target);
    const std::int64_t latency = target.dram.ideal ? 0 : target.dram.latency_cycles;
    return ceil_div(pieces.last_rows * pieces.last_columns, target.scaling_unit.lanes) +
           target.scaling_unit.depth + transfer_cycles(stored, target) + latency;
}

MappingWork work_of(const GemmShape& gemm, const Target& target, const TileLimits& limits,
                    const Pieces& pieces) {
    const std::int64_t latency = target.dram.ideal ? 0 : target.dram.latency_cycles;
    const Traffic loaded = pieces.moving.all + pieces.stationary.all;
    const std::int64_t dma =
        std::max({engine_cycles(loaded, target), engine_cycles(pieces.stored, target),
                  bus_cycles(loaded.bytes + pieces.stored.bytes, target)});
    Traffic held_up;
    std::int64_t waits = 0;
    for (const Loads* loads : {&pieces.moving, &pieces.stationary}) {
        if (!loads->hold_up) continue;
        held_up = held_up + loads->all - loads->first;
        waits = std::max(waits, loads->count - 1);
    }
    const std::int64_t first =
        transfer_cycles(pieces.moving.first + pieces.stationary.first, target) + latency;
    const std::int64_t array =
        pieces.array + transfer_cycles(held_up, target) + waits * (latency + pieces.restart);

    MappingWork work;
    work.moving_bytes = pieces.moving.all.bytes;
    work.stationary_bytes = pieces.stationary.all.bytes;
    work.output_bytes = pieces.stored.bytes;
    work.moving_words = pieces.moving_words;
    work.stationary_words = pieces.stationary_words;
    work.cycles = std::max({first + array + last_drain_cycles(gemm, target, limits, pieces),
                            ceil_div(pieces.results, target.scaling_unit.lanes), dma + latency});
    // Of two that run side by side, tile by tile, the longer one waits now and then.
    const std::int64_t tiles = std::max(pieces.moving.count, pieces.stationary.count);
    work.likely_cycles = work.cycles + (std::min(dma, pieces.array) + tiles * latency) / 8;
    return work;
}

}  // namespace

ActivationLeast::ActivationLeast(const GemmShape& gemm, const Target& target, Dataflow dataflow)
    : gemm_(gemm), target_(target), dataflow_(dataflow), limits_(target) {
    if (dataflow == Dataflow::weight_stationary) {
        count_weight_stationary();
        return;
    }
    const std::int64_t groups = ceil_div(gemm.columns, column_group(gemm, target));
    const StreamCost cost =
        least_transposed_steps(gemm, target, mode_lanes(gemm, target.array), target.array.rows);
    streamed_ = groups * cost.cycles;
    words_ = groups * cost.words;
}

void ActivationLeast::count_weight_stationary() {
    const std::int64_t depth = pass_depth(gemm_, target_), group = column_group(gemm_, target_);
    const std::int64_t groups = ceil_div(gemm_.columns, group);
    const std::int64_t chunks = ceil_div(gemm_.k, depth);
    const std::int64_t full_passes = gemm_.columns / group * (gemm_.k / depth);
    const std::int64_t preload = std::max(target_.array.rows, preload_cycles(gemm_, target_));
    passes_ = groups * chunks;
    occupied_ = full_passes * preload + (passes_ - full_passes) * target_.array.rows;
    streamed_ = passes_ * gemm_.pixels();
    if (!tiles_meet_words_alike(gemm_, target_)) return;
    streamed_ = 0;
    for (std::int64_t k = 0; k < gemm_.k; k += depth) {
        const StreamCost cost = operand_streamer::weight_stationary_cost(
            target_.streamer, gemm_.stream, numerics::bits(gemm_.moving), k,
            std::min(depth, gemm_.k - k), gemm_.pixels());
        streamed_ += groups * cost.cycles;
        words_ += groups * cost.words;
    }
}

/// mac_array::Timeline's: streams follow each other, where weights stay behind the first preload,
/// and preloads follow each other; only with a second register both at the same time.
std::int64_t ActivationLeast::array_cycles(std::int64_t moving_tiles) const {
    const auto& array = target_.array;
    const std::int64_t skew = array.rows + array.cols - 2;
    if (dataflow_ == Dataflow::output_stationary) return streamed_ + skew;
    const std::int64_t occupied = moving_tiles * occupied_;
    return array.double_stationary ? std::max(array.rows + streamed_, occupied) + skew
                                   : streamed_ + occupied + moving_tiles * passes_ * skew;
}

/// All weights enter the array for every tile of pixels, or for every group of rows of it.
std::int64_t ActivationLeast::stationary_words(std::int64_t moving_tiles) const {
    const std::int64_t words = ceil_div(packed_bytes(gemm_.k * gemm_.columns, gemm_.stationary),
                                        target_.streamer.word_bytes);
    return words * (dataflow_ == Dataflow::weight_stationary
                        ? moving_tiles
                        : ceil_div(gemm_.pixels(), target_.array.rows));
}

MappingWork ActivationLeast::of(const ActivationMapping& mapping, const MovingTiles& moving) const {
    const std::int64_t column_tiles = ceil_div(gemm_.columns, mapping.columns);
    const std::int64_t weight_tiles = column_tiles * ceil_div(gemm_.k, mapping.k);
    const std::int64_t moving_loads = mapping.weights_outer && moving.count > 1 ? column_tiles : 1;
    const std::int64_t weight_loads = !mapping.weights_outer && weight_tiles > 1 ? moving.count : 1;
    const std::int64_t weights = packed_bytes(mapping.k * mapping.columns, gemm_.stationary);
    const bool overlaps =
        target_.array.double_stationary && dataflow_ == Dataflow::weight_stationary;
    return work_of(
        gemm_, target_, limits_,
        {.moving = {.all = traffic_of(1, moving.total_bytes, false, target_) * moving_loads,
                    .first = traffic_of(1, moving.first_bytes, false, target_),
                    .count = moving.count * moving_loads,
                    .hold_up = moving.largest_bytes > limits_.moving},
         .stationary = {.all = tiled_rows(gemm_.k, mapping.columns, gemm_.columns, gemm_.stationary,
                                          target_) *
                               weight_loads,
                        .first = traffic_of(mapping.k, weights / mapping.k,
                                            mapping.columns < gemm_.columns, target_),
                        .count = weight_tiles * weight_loads,
                        .hold_up = weights > limits_.stationary},
         .stored =
             tiled_rows(gemm_.pixels(), mapping.columns, gemm_.columns, gemm_.output, target_),
         .array = array_cycles(moving.count),
         .restart = overlaps ? target_.array.rows + target_.array.cols - 2 : 0,
         .last_rows = last_piece(gemm_.pixels(), mapping.pixels),
         .last_columns = last_piece(gemm_.columns, mapping.columns),
         .results = gemm_.pixels() * gemm_.columns,
         .moving_words = words_,
         .stationary_words = stationary_words(moving.count)});
}

WeightGradientLeast::WeightGradientLeast(const GemmShape& gemm, std::int64_t channels,
                                         const Target& target, Dataflow dataflow)
    : gemm_(gemm),
      target_(target),
      dataflow_(dataflow),
      limits_(target),
      block_(channel_block(gemm, 0, channels)),
      blocks_(gemm.stream.channels / channels),
      lanes_(mode_lanes(gemm, target.array)),
      row_groups_(ceil_div(block_.k, target.array.rows)),
      passes_(row_groups_ * ceil_div(gemm.columns, column_group(gemm, target))) {
    if (dataflow == Dataflow::output_stationary) {
        count_output_stationary();
        return;
    }
    const std::int64_t groups = ceil_div(gemm.columns, column_group(gemm, target));
    const StreamCost cost = least_transposed_steps(block_, target, 1, pass_depth(gemm, target));
    streamed_ = groups * cost.cycles;
    words_ = groups * cost.words;
}

void WeightGradientLeast::count_output_stationary() {
    const std::int64_t groups = ceil_div(gemm_.columns, column_group(gemm_, target_));
    streamed_ = passes_ * ceil_div(gemm_.pixels(), lanes_);
    if (!tiles_meet_words_alike(block_, target_)) return;
    streamed_ = 0;
    for (std::int64_t row = 0; row < block_.k; row += target_.array.rows) {
        const StreamCost cost = steps_of_pixels(
            block_, target_, row, std::min(target_.array.rows, block_.k - row), lanes_);
        streamed_ += groups * cost.cycles;
        words_ += groups * cost.words;
    }
}

StreamCost WeightGradientLeast::gradient_side(const WeightGradientMapping& mapping) {
    const auto [known, is_new] = gradients_.try_emplace(mapping.columns);
    if (!is_new) return known->second;
    const std::int64_t group = column_group(gemm_, target_);
    const auto add_tiles = [&](std::int64_t columns, std::int64_t tiles) {
        for (std::int64_t column = 0; column < columns; column += group) {
            const StreamCost cost =
                operand_streamer::row_cost(target_.streamer,
                                           {.address = packed_bytes(column, gemm_.stationary),
                                            .stride = packed_bytes(columns, gemm_.stationary),
                                            .element_bits = numerics::bits(gemm_.stationary),
                                            .columns = std::min(group, columns - column)},
                                           gemm_.pixels(), lanes_);
            known->second.cycles += row_groups_ * tiles * cost.cycles;
            known->second.words += row_groups_ * tiles * cost.words;
        }
    };
    const std::int64_t last = last_piece(gemm_.columns, mapping.columns);
    add_tiles(mapping.columns, (gemm_.columns - last) / mapping.columns);
    add_tiles(last, 1);
    return known->second;
}

/// Whether rows of gradients meet words alike in all segments, the first of which starts at a half.
bool WeightGradientLeast::segments_meet_words_alike(const WeightGradientMapping& mapping) const {
    const std::int64_t word = target_.streamer.word_bytes;
    const auto fits = [&](std::int64_t columns) {
        return mapping.pixels * packed_bytes(columns, gemm_.stationary) % word == 0;
    };
    return target_.buffers.stationary_bytes / 2 % word == 0 &&
           (mapping.pixels >= gemm_.pixels() ||
            (fits(mapping.columns) && fits(last_piece(gemm_.columns, mapping.columns))));
}

/// mac_array::Timeline's, of all blocks. Sums that go on are preloaded when the drain of the pass
/// before has begun.
std::int64_t WeightGradientLeast::array_cycles(const WeightGradientMapping& mapping,
                                               std::int64_t segments) {
    const auto& array = target_.array;
    const std::int64_t skew = array.rows + array.cols - 2;
    if (dataflow_ == Dataflow::weight_stationary) return blocks_ * streamed_ + skew;
    const std::int64_t apart = std::max(array.rows, array.cols - 1);
    const std::int64_t pixels = std::min(mapping.pixels, gemm_.pixels());
    const std::int64_t resumes = passes_ * (segments - 1);
    const std::int64_t streamed = segments_meet_words_alike(mapping)
                                      ? std::max(streamed_, gradient_side(mapping).cycles)
                                      : streamed_;
    if (!array.double_result)
        return blocks_ * (streamed + passes_ * skew + resumes * (array.rows + skew));
    const std::int64_t resume_cycles = array.rows + array.cols - 1;
    const std::int64_t later = ceil_div(gemm_.pixels(), lanes_) - ceil_div(pixels, lanes_);
    // Of the streams, or of drains that are apart; the first pass follows none.
    return std::max(blocks_ * (streamed + resumes * resume_cycles),
                    blocks_ * (passes_ * (std::max(ceil_div(pixels, lanes_), apart) + later) +
                               resumes * resume_cycles) -
                        apart) +
           skew;
}

/// All gradients enter the array for every tile of rows, or for every group of the array's rows.
std::int64_t WeightGradientLeast::stationary_words(const WeightGradientMapping& mapping) {
    if (dataflow_ == Dataflow::weight_stationary)
        return blocks_ * ceil_div(block_.k, mapping.rows) *
               ceil_div(packed_bytes(gemm_.pixels() * gemm_.columns, gemm_.stationary),
                        target_.streamer.word_bytes);
    return segments_meet_words_alike(mapping) ? blocks_ * gradient_side(mapping).words : 0;
}

MappingWork WeightGradientLeast::of(const WeightGradientMapping& mapping,
                                    const MovingTiles& moving) {
    const std::int64_t row_tiles = ceil_div(block_.k, mapping.rows);
    const std::int64_t column_tiles = ceil_div(gemm_.columns, mapping.columns);
    const bool resident = moving.count == 1;
    const std::int64_t moving_loads = resident ? 1 : row_tiles * column_tiles;
    const std::int64_t stationary_loads =
        resident && (column_tiles == 1 || mapping.columns_outer) ? 1 : row_tiles;
    const std::int64_t run = packed_bytes(block_.stream.channels, gemm_.moving);
    const bool apart = block_.stream.channels < gemm_.tensor_channels;
    const std::int64_t segment = std::min(mapping.pixels, gemm_.pixels());
    const std::int64_t gradients = packed_bytes(segment * mapping.columns, gemm_.stationary);
    const bool all = blocks_ * mapping.channels == gemm_.stream.channels;
    return work_of(
        block_, target_, limits_,
        {.moving = {.all = traffic_of(moving.total_bytes / run, run, apart, target_) *
                           (moving_loads * blocks_),
                    .first = traffic_of(moving.first_bytes / run, run, apart, target_),
                    .count = moving.count * moving_loads * blocks_,
                    .hold_up = moving.largest_bytes > limits_.moving},
         .stationary = {.all = tiled_rows(gemm_.pixels(), mapping.columns, gemm_.columns,
                                          gemm_.stationary, target_) *
                               (stationary_loads * blocks_),
                        .first = traffic_of(segment, gradients / segment,
                                            mapping.columns < gemm_.columns, target_),
                        .count = moving.count * column_tiles * stationary_loads * blocks_,
                        .hold_up = gradients > limits_.stationary},
         .stored =
             tiled_rows(block_.k, mapping.columns, gemm_.columns, gemm_.output, target_) * blocks_,
         .array = array_cycles(mapping, moving.count),
         .restart = 0,
         .last_rows = all ? last_piece(block_.k, mapping.rows) : 0,
         .last_columns = last_piece(gemm_.columns, mapping.columns),
         .results = blocks_ * block_.k * gemm_.columns,
         .moving_words = blocks_ * words_,
         .stationary_words = stationary_words(mapping)});
}

}  // namespace quatrain::compiler
