// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"

#include <cstdint>
#include <string>

namespace quatrain::compiler {

/// One GEMM as the array sees it: grid pixels x k elements of the moving stream, times k x columns.
struct GemmShape {
    std::string layer;
    isa::Stream stream;  ///< geometry only: address, first_row and first_pixel stay zero
    std::int64_t images = 1;
    numerics::Format moving{}, stationary{}, output{};
    std::int64_t k = 0;  ///< weight stationary: reduction length; output stationary: output rows
    std::int64_t columns = 0;  ///< output columns
    /// The stream takes stream.channels of the moving tensor's channels, from first_channel on.
    std::int64_t tensor_channels = 0, first_channel = 0;

    std::int64_t pixels() const { return images * stream.grid_height * stream.grid_width; }
    std::int64_t row_bytes() const;  ///< of one row of the moving tensor
};

/// Rows of the moving tensor (n * height + y) that grid pixels [first, last) touch; at least one.
struct RowRange {
    std::int64_t first = 0, count = 0;
};
RowRange rows_touched(const isa::Stream& stream, std::int64_t first, std::int64_t last);

/// Lanes of a PE in the mode that multiplies the operands: that of the wider one
/// (docs/training-step.md, "GEMM"). Throws CompileError when the array has none.
std::int64_t mode_lanes(const GemmShape& gemm, const mac_array::Params& array);

/// Columns of one pass: the array's, or one fewer where 4-bit pairs would be cut. Throws
/// CompileError when that is none.
std::int64_t column_group(const GemmShape& gemm, const Target& target);

/// Tile of a weight-stationary GEMM. With weights_outer the stationary tile stays while the pixels
/// pass by, otherwise the moving tile stays. `k` < the GEMM's k splits the reduction (never with
/// weights_outer).
struct WeightStationaryMapping {
    std::int64_t pixels = 0, columns = 0, k = 0;
    bool weights_outer = true;
};

/// Tile of an output-stationary GEMM: rows x columns accumulators stay while segments of pixels
/// pass by. The rows belong to a block of `channels` input channels, and only these are loaded.
struct OutputStationaryMapping {
    std::int64_t pixels = 0, rows = 0, columns = 0, channels = 0;
};
/// The GEMM of one block of channels [first, first + count): count x kernel positions output rows.
GemmShape channel_block(const GemmShape& gemm, std::int64_t first, std::int64_t count);

/// The mapping with the least estimated time: tiles times the period in which double-buffered tiles
/// can follow each other (array, load and store with the DRAM's latency, drain), or DRAM bytes over
/// bandwidth if that is more, plus filling the first tile and emptying the last. Of the streamer's
/// word limit the preload's counts, which passes of few vectors do not hide; that of the moving
/// operand hardly depends on the tile and is left out. Integer arithmetic, first of equals: the
/// same on every host. Throws CompileError when nothing fits.
WeightStationaryMapping map_weight_stationary(const GemmShape& gemm, const Target& target);
OutputStationaryMapping map_output_stationary(const GemmShape& gemm, const Target& target);

}  // namespace quatrain::compiler
