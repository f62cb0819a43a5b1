// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/lowering.hpp"
#include "workloads/compiler/mapper.hpp"
#include "workloads/compiler/transfer.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace quatrain::compiler {

/// How a window slides along one axis.
struct AxisGeometry {
    std::int64_t kernel = 1, stride = 1, padding = 0, dilation = 1;
};
/// The geometry of a convolution node; a fully connected node is a 1 x 1 convolution.
struct Geometry {
    AxisGeometry rows, columns;
    bool is_strided() const { return rows.stride > 1 || columns.stride > 1; }
};
Geometry geometry(const network::Node& node);
/// The moving stream of forward and dW: a kernel slides over tensor x and makes the grid of y.
isa::Stream forward_stream(const Geometry& geometry, const training::Tensor& x,
                           const training::Tensor& y);

/// Throws CompileError unless the tensor's rows are whole bytes.
void require_packed(const Lowering& lowering, const training::Operator& op, training::TensorId id);

/// Loads the rows of the moving tensor that grid pixels [first, last) touch into the current moving
/// half, or both, and returns the stream that reads them there.
isa::Stream load_moving(const Lowering& lowering, const GemmShape& gemm, training::TensorId tensor,
                        std::int64_t first, std::int64_t last, std::uint32_t halves);

/// The tile of an operand that the array works on, in one or both halves of its region.
class HeldTile {
public:
    /// `slot`: moving or stationary.
    HeldTile(Emitter& emitter, Slot slot, std::uint32_t halves)
        : emitter_(emitter), slot_(slot), halves_(halves) {}

    /// Makes the tile at `place` the current one, whose loads `load` emits; nothing to do when it
    /// still is.
    template <class Load>
    void hold(std::array<std::int64_t, 2> place, const Load& load) {
        if (place == place_) return;
        release();
        place_ = place;
        load();
        emitter_.acquire(isa::Engine::array, slot_ == Slot::moving
                                                 ? isa::Semaphore::moving_full
                                                 : isa::Semaphore::stationary_full);
    }
    /// Lets loads overwrite it, if there is one.
    void release();

    std::uint32_t halves() const { return halves_; }
    std::int64_t address() const { return emitter_.address(slot_, halves_); }

private:
    Emitter& emitter_;
    Slot slot_;
    std::uint32_t halves_;
    std::optional<std::array<std::int64_t, 2>> place_;
};

/// The code that `emit` makes of one GEMM with nothing before it, for a mapper to look at.
template <class Emit>
isa::Queues code_alone(const Lowering& lowering, const Emit& emit) {
    Emitter emitter(lowering.target);
    emitter.begin(0);
    emit(Lowering{lowering.graph, lowering.placements, lowering.target, lowering.mapper, emitter});
    return emitter.finish_flat();
}

/// What all passes of a GEMM over tiles of so many columns have in common; an accumulator takes
/// `accumulator_bytes`.
template <class Pass>
Pass pass_of(const GemmShape& gemm, std::int64_t columns, std::int64_t accumulator_bytes) {
    Pass pass;
    pass.moving_format = gemm.moving;
    pass.stationary_format = gemm.stationary;
    pass.stationary_stride = packed_bytes(columns, gemm.stationary);
    pass.accumulator_stride = columns * accumulator_bytes;
    return pass;
}

/// What every drain of a GEMM has in common, and where its results go.
struct GemmOutput {
    training::TensorId tensor = 0;
    PixelMap map;
    isa::Drain drain;  ///< format, scalars and exponent
};
GemmOutput gemm_output(const Lowering& lowering, const training::Operator& op, const PixelMap& map);

/// Drains the current accumulator half, result rows [first, last) x columns [first_column,
/// last_column), piece by piece into the drain halves, stores the pieces, and passes on to the
/// other accumulator half.
void drain_and_store(const Lowering& lowering, const GemmOutput& output, std::int64_t first,
                     std::int64_t last, std::int64_t first_column, std::int64_t last_column);

/// "uint4 x int4 -> fp16"
std::string describe_formats(const GemmShape& gemm);

}  // namespace quatrain::compiler
