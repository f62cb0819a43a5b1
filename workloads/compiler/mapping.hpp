// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <variant>

namespace quatrain::compiler {

/// Tile of a weight-stationary GEMM. With weights_outer the stationary tile stays while the pixels
/// pass by, otherwise the moving tile stays. `k` < the GEMM's k splits the reduction (never with
/// weights_outer).
struct WeightStationaryMapping {
    std::int64_t pixels = 0, columns = 0, k = 0;
    bool weights_outer = true;
    bool operator==(const WeightStationaryMapping&) const = default;
};

/// Tile of an output-stationary GEMM: rows x columns accumulators stay while segments of pixels
/// pass by. The rows belong to a block of `channels` input channels, and only these are loaded.
/// Groups of columns follow each other within a group of rows, or the other way round.
struct OutputStationaryMapping {
    std::int64_t pixels = 0, rows = 0, columns = 0, channels = 0;
    bool columns_outer = false;
    bool operator==(const OutputStationaryMapping&) const = default;
};

using Mapping = std::variant<WeightStationaryMapping, OutputStationaryMapping>;

}  // namespace quatrain::compiler
