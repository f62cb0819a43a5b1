// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/gemm_lowering.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;

Geometry geometry(const network::Node& node) {
    if (node.kind == network::NodeKind::fully_connected) return {};
    return {{node.kernel, node.stride, node.padding, node.dilation},
            {kernel_width(node), stride_width(node), node.padding, node.dilation}};
}

isa::Stream forward_stream(const Geometry& geometry, const training::Tensor& x,
                           const training::Tensor& y) {
    const auto& [rows, columns] = geometry;
    isa::Stream stream;
    stream.height = x.shape[1], stream.width = x.shape[2], stream.channels = x.shape[3];
    stream.grid_height = y.shape[1], stream.grid_width = y.shape[2];
    stream.row_step = rows.stride, stream.column_step = columns.stride;
    stream.row_offset = -rows.padding, stream.column_offset = -columns.padding;
    stream.row_kernel_step = rows.dilation, stream.column_kernel_step = columns.dilation;
    stream.kernel_height = rows.kernel, stream.kernel_width = columns.kernel;
    return stream;
}

void require_packed(const Lowering& lowering, const training::Operator& op, training::TensorId id) {
    const auto& tensor = lowering.tensor(id);
    if (tensor.columns() * numerics::bits(tensor.format) % 8 == 0) return;
    throw CompileError(fmt::format("layer {}: {} has {} channels, {} needs an even number", op.name,
                                   tensor.name, tensor.columns(), numerics::name(tensor.format)));
}

isa::Stream load_moving(const Lowering& lowering, const GemmShape& gemm, training::TensorId tensor,
                        std::int64_t first, std::int64_t last, std::uint32_t halves) {
    auto& emitter = lowering.emitter;
    const auto rows = rows_touched(gemm.stream, first, last);
    emitter.depend(tensor);
    emitter.acquire(Engine::load, Semaphore::moving_free, halves);
    const std::int64_t address = emitter.address(Slot::moving, halves);
    const std::int64_t run = packed_bytes(gemm.stream.channels, gemm.moving);
    const std::int64_t pixel = packed_bytes(gemm.tensor_channels, gemm.moving);
    const std::int64_t dram = lowering.dram(tensor) + rows.first * gemm.stream.width * pixel +
                              packed_bytes(gemm.first_channel, gemm.moving);
    emitter.emit(Engine::load, transfer(BufferId::moving, address, dram, run,
                                        {{rows.count * gemm.stream.width, run, pixel}}));
    emitter.signal(Engine::load, Semaphore::moving_full);
    isa::Stream stream = gemm.stream;
    stream.address = address;
    stream.first_row = rows.first;
    return stream;
}

void HeldTile::release() {
    if (!place_) return;
    emitter_.signal(Engine::array,
                    slot_ == Slot::moving ? Semaphore::moving_free : Semaphore::stationary_free,
                    halves_);
    emitter_.advance(slot_, halves_);
    place_.reset();
}

GemmOutput gemm_output(const Lowering& lowering, const training::Operator& op,
                       const PixelMap& map) {
    GemmOutput output{op.outputs[0], map, {}};
    const auto& input = lowering.tensor(op.inputs[1]);
    const auto& moving = lowering.tensor(op.inputs[0]);
    const bool logarithmic =
        input.format == numerics::Format::fp4_r4 || moving.format == numerics::Format::fp4_r4;
    output.drain.format = lowering.tensor(op.outputs[0]).format;
    output.drain.step_a = lowering.scalar(op.step_a);
    output.drain.step_b = lowering.scalar(op.step_b);
    output.drain.gradscale = lowering.scalar(op.gradscale);
    output.drain.exponent = op.odd_phase ? -1 : 0;
    // An integer accumulator counts in units of the smallest fp4_r4 value, 2^-6.
    if (logarithmic && lowering.target.array.accumulator == mac_array::Accumulator::int32)
        output.drain.exponent -= 6;
    return output;
}

void drain_and_store(const Lowering& lowering, const GemmOutput& output, std::int64_t first,
                     std::int64_t last, std::int64_t first_column, std::int64_t last_column) {
    auto& emitter = lowering.emitter;
    const auto& tensor = lowering.tensor(output.tensor);
    const std::int64_t element = numerics::bits(tensor.format) / 8;
    const std::int64_t columns = last_column - first_column;
    const std::int64_t accumulator =
        mac_array::accumulator_bits(lowering.target.array.accumulator) / 8;

    const std::int64_t most = emitter.capacity(Slot::drain) / (columns * element);
    const std::int64_t height = ceil_div(last - first, ceil_div(last - first, most));
    emitter.acquire(Engine::vector, Semaphore::accumulator_full);
    for (std::int64_t row = first; row < last; row += height) {
        isa::Drain drain = output.drain;
        drain.rows = std::min(height, last - row);
        drain.columns = columns;
        drain.accumulator_stride = columns * accumulator;
        drain.accumulator_address =
            emitter.address(Slot::accumulator) + (row - first) * drain.accumulator_stride;
        drain.destination = emitter.address(Slot::drain);
        drain.destination_stride = columns * element;
        emitter.acquire(Engine::vector, Semaphore::drain_free);
        emitter.emit(Engine::vector, drain);
        emitter.signal(Engine::vector, Semaphore::drain_full);

        emitter.acquire(Engine::store, Semaphore::drain_full);
        const auto boxes = store_pixels(output.map, row, row + drain.rows, drain.destination,
                                        lowering.dram(output.tensor) + first_column * element,
                                        columns * element, tensor.columns() * element);
        for (const auto& box : boxes) emitter.emit(Engine::store, box);
        emitter.signal(Engine::store, Semaphore::drain_free);
        emitter.advance(Slot::drain);
    }
    emitter.signal(Engine::vector, Semaphore::accumulator_free);
    emitter.advance(Slot::accumulator);
}

std::string describe_formats(const GemmShape& gemm) {
    return fmt::format("{} x {} -> {}", numerics::name(gemm.moving),
                       numerics::name(gemm.stationary), numerics::name(gemm.output));
}

}  // namespace quatrain::compiler
