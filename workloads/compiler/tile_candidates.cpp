// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/mapping_space.hpp"

#include "workloads/compiler/transfer.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace quatrain::compiler {

TileLimits::TileLimits(const Target& target)
    : moving(target.buffers.moving_bytes / 2),
      stationary(target.buffers.stationary_bytes / 2),
      accumulator(target.buffers.accumulator_bytes / 2),
      drain(buffer::vector_regions(target.buffers, target.cores).drain_bytes),
      accumulator_element(mac_array::accumulator_bits(target.array.accumulator) / 8) {}

MovingTiles moving_tiles(const GemmShape& gemm, std::int64_t pixels) {
    MovingTiles tiles;
    for (std::int64_t first = 0; first < gemm.pixels(); first += pixels) {
        const auto rows = rows_touched(gemm.stream, first, std::min(first + pixels, gemm.pixels()));
        const std::int64_t bytes = rows.count * gemm.row_bytes();
        if (tiles.count++ == 0) tiles.first_bytes = bytes;
        tiles.largest_bytes = std::max(tiles.largest_bytes, bytes);
        tiles.total_bytes += bytes;
    }
    return tiles;
}

namespace {

/// ceil(total / count) for a thinning series of counts: balanced pieces, about ten per octave.
std::vector<std::int64_t> balanced(std::int64_t total) {
    std::vector<std::int64_t> pieces;
    for (std::int64_t count = 1; count <= total; count += std::max<std::int64_t>(1, count / 10)) {
        const std::int64_t piece = ceil_div(total, count);
        if (pieces.empty() || pieces.back() != piece) pieces.push_back(piece);
    }
    return pieces;
}

}  // namespace

std::vector<std::int64_t> balanced_multiples(std::int64_t total, std::int64_t unit) {
    auto pieces = balanced(ceil_div(total, unit));
    for (auto& piece : pieces) piece = std::min(piece * unit, total);
    return pieces;
}

std::vector<std::int64_t> pixel_candidates(const GemmShape& gemm) {
    const std::int64_t width = gemm.stream.grid_width, height = gemm.stream.grid_height;
    std::set<std::int64_t, std::greater<>> candidates;
    for (const auto images : balanced(gemm.images)) candidates.insert(images * height * width);
    for (const auto rows : balanced(height)) candidates.insert(rows * width);
    for (const auto rows : balanced(gemm.images * height)) candidates.insert(rows * width);
    for (const auto columns : balanced(width)) candidates.insert(columns);
    return {candidates.begin(), candidates.end()};
}

std::vector<std::int64_t> segment_candidates(const GemmShape& gemm, std::int64_t unit) {
    std::set<std::int64_t, std::greater<>> candidates;
    for (const auto one : {unit, std::lcm(unit, gemm.stream.grid_width)})
        for (const auto pixels : balanced_multiples(gemm.pixels(), one)) candidates.insert(pixels);
    return {candidates.begin(), candidates.end()};
}

std::vector<std::int64_t> channel_candidates(std::int64_t channels) {
    std::vector<std::int64_t> candidates{channels};
    for (std::int64_t pieces = 2; candidates.back() > 2; pieces *= 2)
        candidates.push_back(ceil_div(ceil_div(channels, pieces), 2) * 2);
    return candidates;
}

std::int64_t preload_cycles(const GemmShape& gemm, const Target& target) {
    const std::int64_t step_bytes =
        mode_lanes(gemm, target.array) * packed_bytes(column_group(gemm, target), gemm.stationary);
    const std::int64_t words = ceil_div(step_bytes, target.streamer.word_bytes);
    return target.array.rows * ceil_div(words, target.streamer.read_ports);
}

}  // namespace quatrain::compiler
