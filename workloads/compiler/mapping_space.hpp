// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/gemm_shape.hpp"
#include "workloads/compiler/mapping.hpp"

#include <cstdint>
#include <vector>

namespace quatrain::compiler {

/// What tiles may take [bytes]: halves of the double-buffered regions.
struct TileLimits {
    std::int64_t moving, stationary, accumulator, drain, accumulator_element;
    explicit TileLimits(const Target& target);
};

/// What the moving operand costs when the pixels are cut into tiles of `pixels`.
struct MovingTiles {
    std::int64_t count = 0, first_bytes = 0, largest_bytes = 0, total_bytes = 0;
};
MovingTiles moving_tiles(const GemmShape& gemm, std::int64_t pixels);

/// Halves of the operands' regions that a tile takes: two where one is too small, and the next tile
/// then waits until this one is done with.
struct TileHalves {
    std::uint32_t moving = 1, stationary = 1;
};
/// Throws CompileError, which names the layer and the rule, for a mapping that does not fit the
/// machine's buffers, or does not cut the GEMM as the array needs it: columns in multiples of
/// column_group(), k and segments of reduction_unit(), rows of the array's, or all; or whose moving
/// operand the streamer cannot read for that dataflow.
TileHalves tiles_of(const GemmShape& gemm, const Target& target, const ActivationMapping& mapping);
TileHalves tiles_of(const GemmShape& gemm, const Target& target,
                    const WeightGradientMapping& mapping);

// The sizes that mappers try, the largest first.

/// Whole images, whole rows (loops then repeat regularly), parts of a row.
std::vector<std::int64_t> pixel_candidates(const GemmShape& gemm);
/// Segment lengths: multiples of the unit, and those of them that are whole rows too.
std::vector<std::int64_t> segment_candidates(const GemmShape& gemm, std::int64_t unit);
/// All channels, halves, quarters, ...: even, as 4-bit elements come in pairs.
std::vector<std::int64_t> channel_candidates(std::int64_t channels);
/// Multiples of `unit` that cut `total` into nearly equal pieces.
std::vector<std::int64_t> balanced_multiples(std::int64_t total, std::int64_t unit);

/// Cycles of a full preload by the streamer's ports: its steps are `lanes` whole rows.
std::int64_t preload_cycles(const GemmShape& gemm, const Target& target);

/// What a GEMM needs at least with a mapping, alone on an idle machine.
struct MappingWork {
    std::int64_t cycles = 0;                              ///< no code of the mapping takes fewer
    std::int64_t likely_cycles = 0;                       ///< no bound: how promising it is
    std::int64_t moving_bytes = 0, stationary_bytes = 0;  ///< loaded, with repetitions
    std::int64_t output_bytes = 0;                        ///< stored
    std::int64_t moving_words = 0, stationary_words = 0;  ///< that the streamer reads
};

template <class Mapping>
struct Candidate {
    Mapping mapping;
    MappingWork work;
};

/// Every mapping of a dataflow that the search looks at: all that fit, with the sizes above and,
/// where k is cut, the largest pieces that fit into a half of the stationary buffer and into both.
/// None where the streamer cannot read the moving operand for that dataflow.
std::vector<Candidate<ActivationMapping>> activation_space(
    const GemmShape& gemm, const Target& target, Dataflow dataflow = ActivationMapping::usual);
std::vector<Candidate<WeightGradientMapping>> weight_gradient_space(
    const GemmShape& gemm, const Target& target, Dataflow dataflow = WeightGradientMapping::usual);

}  // namespace quatrain::compiler
