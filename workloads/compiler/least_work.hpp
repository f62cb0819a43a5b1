// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/operand_streamer/timing.hpp"
#include "workloads/compiler/mapping_space.hpp"

#include <cstdint>
#include <map>

// Bounds for the search: what a mapping needs at least, by counting passes, bytes and waits instead
// of making its code. They hold for the closed forms of sim/machine/forecast.hpp, an ideal memory
// and the scratchpad included.
namespace quatrain::compiler {

/// Of the mappings of one weight-stationary GEMM.
class WeightStationaryLeast {
public:
    WeightStationaryLeast(const GemmShape& gemm, const Target& target);
    /// `moving`: the tiles of mapping.pixels.
    MappingWork of(const WeightStationaryMapping& mapping, const MovingTiles& moving) const;

private:
    std::int64_t array_cycles(std::int64_t moving_tiles) const;

    const GemmShape& gemm_;
    const Target& target_;
    TileLimits limits_;
    std::int64_t passes_;     ///< of a tile of pixels
    std::int64_t streamed_;   ///< by all passes of all tiles [cycles]
    std::int64_t words_ = 0;  ///< of the moving operand in all passes of all tiles
    std::int64_t occupied_;   ///< by the preloads of a tile of pixels [cycles]
};

/// Of the mappings of one output-stationary GEMM with blocks of so many channels.
class OutputStationaryLeast {
public:
    OutputStationaryLeast(const GemmShape& gemm, std::int64_t channels, const Target& target);
    /// `moving`: the tiles of mapping.pixels of a block's channels.
    MappingWork of(const OutputStationaryMapping& mapping, const MovingTiles& moving);

private:
    std::int64_t array_cycles(const OutputStationaryMapping& mapping, std::int64_t segments);
    /// What the gradients' side of all passes of a block takes.
    operand_streamer::StreamCost gradient_side(const OutputStationaryMapping& mapping);
    bool segments_meet_words_alike(const OutputStationaryMapping& mapping) const;

    const GemmShape& gemm_;
    const Target& target_;
    TileLimits limits_;
    GemmShape block_;
    std::int64_t blocks_;  ///< whole ones; a smaller last one is left out
    std::int64_t lanes_, row_groups_, passes_;
    std::int64_t streamed_;   ///< by the moving side of all passes of a block [cycles]
    std::int64_t words_ = 0;  ///< of the moving side of all passes of a block
    std::map<std::int64_t, operand_streamer::StreamCost> gradients_;  ///< by the columns of a tile
};

}  // namespace quatrain::compiler
