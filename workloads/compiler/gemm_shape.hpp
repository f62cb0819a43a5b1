// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"
#include "workloads/compiler/mapping.hpp"

#include <cstdint>
#include <string>

namespace quatrain::compiler {

/// One GEMM as the array sees it: grid pixels x k elements of the moving stream, times k x columns.
struct GemmShape {
    std::string layer;
    training::Pass pass{};
    std::int64_t phase = 0;  ///< of a strided backward_data: which of its GEMMs, in order
    isa::Stream stream;      ///< geometry only: address, first_row and first_pixel stay zero
    std::int64_t images = 1;
    numerics::Format moving{}, stationary{}, output{};
    std::int64_t k = 0;        ///< forward, dX: reduction length; dW: output rows
    std::int64_t columns = 0;  ///< output columns
    /// The stream takes stream.channels of the moving tensor's channels, from first_channel on.
    std::int64_t tensor_channels = 0, first_channel = 0;

    std::int64_t pixels() const { return images * stream.grid_height * stream.grid_width; }
    std::int64_t row_bytes() const;  ///< of one row of the moving tensor
    /// The same work, whatever layer it is of.
    bool same_work(const GemmShape& other) const;
    GemmId id() const { return {layer, pass, phase}; }
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

/// Products that one weight-stationary pass sums up: the array's rows x lanes.
std::int64_t pass_depth(const GemmShape& gemm, const Target& target);

/// The same of the passes that code is made of: a tile's, with Target::tile_passes, and of
/// `reduction` products for one result. Depths that are no whole words of the host's kernels
/// (numerics::elements_per_word) stay the array's.
std::int64_t emitted_columns(const GemmShape& gemm, const Target& target);
std::int64_t emitted_depth(const GemmShape& gemm, const Target& target, std::int64_t reduction);
/// Rows of results that one output-stationary pass makes.
std::int64_t emitted_rows(const Target& target);

/// What tiles may cut the sum of a result into multiples of, so that no chunk is cut (elements of
/// k, or pixels): a pass's depth where an operand stays, the array's chunk where results stay. A
/// chunk of dW with stationary gradients ends with its image.
std::int64_t reduction_unit(const GemmShape& gemm, const Target& target,
                            const ActivationMapping& mapping);
std::int64_t reduction_unit(const GemmShape& gemm, const Target& target,
                            const WeightGradientMapping& mapping);

/// The GEMM of one block of channels [first, first + count): count x kernel positions output rows.
GemmShape channel_block(const GemmShape& gemm, std::int64_t first, std::int64_t count);

}  // namespace quatrain::compiler
