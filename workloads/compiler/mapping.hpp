// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/training/graph.hpp"

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace quatrain::compiler {

enum class Dataflow : std::uint8_t { none, weight_stationary, output_stationary };
std::string_view name(Dataflow dataflow);

/// Tile of a GEMM whose outputs are pixels of activations or of their gradients: forward and dX.
/// With weights_outer the tile of weights stays while the pixels pass by, otherwise the tile of
/// pixels stays. `k` < the GEMM's k splits the reduction (never with weights_outer).
struct ActivationMapping {
    static constexpr Dataflow usual = Dataflow::weight_stationary;

    std::int64_t pixels = 0, columns = 0, k = 0;
    bool weights_outer = true;
    Dataflow dataflow = usual;
    bool operator==(const ActivationMapping&) const = default;
};

/// Tile of a GEMM whose outputs are gradients of weights: dW. rows x columns accumulators stay
/// while segments of pixels pass by. The rows belong to a block of `channels` input channels, and
/// only these are loaded. Groups of columns follow each other within a group of rows, or the other
/// way round.
struct WeightGradientMapping {
    static constexpr Dataflow usual = Dataflow::output_stationary;

    std::int64_t pixels = 0, rows = 0, columns = 0, channels = 0;
    bool columns_outer = false;
    Dataflow dataflow = usual;
    bool operator==(const WeightGradientMapping&) const = default;
};

using Mapping = std::variant<ActivationMapping, WeightGradientMapping>;

/// One of a step's GEMMs.
struct GemmId {
    std::string layer;
    training::Pass pass{};
    std::int64_t phase = 0;  ///< see GemmShape::phase
    auto operator<=>(const GemmId&) const = default;
};

/// GEMMs whose dataflow is not the usual one of their pass. It decides the chunks in which sums are
/// rounded (docs/numerics.md), and so about bits: nothing else of a mapping does.
using OtherDataflow = std::set<GemmId>;

}  // namespace quatrain::compiler
