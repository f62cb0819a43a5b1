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

/// Of the mappings of a forward or dX GEMM with one dataflow.
class ActivationLeast {
public:
    ActivationLeast(const GemmShape& gemm, const Target& target, Dataflow dataflow);
    /// `moving`: the tiles of mapping.pixels.
    MappingWork of(const ActivationMapping& mapping, const MovingTiles& moving) const;

private:
    void count_weight_stationary();
    std::int64_t array_cycles(std::int64_t moving_tiles) const;
    std::int64_t stationary_words(std::int64_t moving_tiles) const;

    const GemmShape& gemm_;
    const Target& target_;
    Dataflow dataflow_;
    TileLimits limits_;
    std::int64_t passes_ = 0;    ///< weights stay: of a tile of pixels
    std::int64_t streamed_ = 0;  ///< by all passes of all tiles [cycles]
    std::int64_t words_ = 0;     ///< of the moving operand in all passes of all tiles
    std::int64_t occupied_ = 0;  ///< weights stay: by the preloads of a tile of pixels [cycles]
};

/// Of the mappings of a dW GEMM with one dataflow and blocks of so many channels.
class WeightGradientLeast {
public:
    WeightGradientLeast(const GemmShape& gemm, std::int64_t channels, const Target& target,
                        Dataflow dataflow);
    /// `moving`: the tiles of mapping.pixels of a block's channels.
    MappingWork of(const WeightGradientMapping& mapping, const MovingTiles& moving);

private:
    void count_output_stationary();
    std::int64_t array_cycles(const WeightGradientMapping& mapping, std::int64_t segments);
    std::int64_t stationary_words(const WeightGradientMapping& mapping);
    /// What the gradients' side of all passes of a block takes.
    operand_streamer::StreamCost gradient_side(const WeightGradientMapping& mapping);
    bool segments_meet_words_alike(const WeightGradientMapping& mapping) const;

    const GemmShape& gemm_;
    const Target& target_;
    Dataflow dataflow_;
    TileLimits limits_;
    GemmShape block_;
    std::int64_t blocks_;  ///< whole ones; a smaller last one is left out
    std::int64_t lanes_, row_groups_, passes_;
    std::int64_t streamed_ = 0;  ///< by the moving side of all passes of a block [cycles]
    std::int64_t words_ = 0;     ///< of the moving side of all passes of a block
    std::map<std::int64_t, operand_streamer::StreamCost> gradients_;  ///< by the columns of a tile
};

}  // namespace quatrain::compiler
