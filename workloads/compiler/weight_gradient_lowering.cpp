// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/gemm_lowering.hpp"
#include "workloads/compiler/mapping_space.hpp"
#include "workloads/compiler/transposed_stream.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;

namespace {

/// dW: k x columns outputs, reduced over the output pixels.
class WeightGradientGemm {
public:
    WeightGradientGemm(const Lowering& lowering, const GemmShape& shape, training::TensorId moving,
                       training::TensorId stationary, const GemmOutput& output,
                       const WeightGradientMapping& mapping, TileHalves halves)
        : lowering_(lowering),
          emitter_(lowering.emitter),
          shape_(shape),
          moving_tensor_(moving),
          stationary_tensor_(stationary),
          output_(output),
          mapping_(mapping),
          rows_(emitted_rows(lowering.target)),
          depth_(emitted_depth(shape, lowering.target, pixels_of_image(shape.stream))),
          group_(emitted_columns(shape, lowering.target)),
          accumulator_(mac_array::accumulator_bits(lowering.target.array.accumulator) / 8),
          moving_(emitter_, Slot::moving, halves.moving),
          stationary_(emitter_, Slot::stationary, halves.stationary) {}

    void emit() {
        if (mapping_.columns_outer) {
            for (std::int64_t n = 0; n < shape_.columns; n += mapping_.columns)
                for (std::int64_t m = 0; m < shape_.k; m += mapping_.rows) group(m, n);
        } else {
            for (std::int64_t m = 0; m < shape_.k; m += mapping_.rows)
                for (std::int64_t n = 0; n < shape_.columns; n += mapping_.columns) group(m, n);
        }
        moving_.release();
        stationary_.release();
    }

private:
    std::int64_t last_pixel(std::int64_t p) const {
        return std::min(p + mapping_.pixels, shape_.pixels());
    }

    /// The outputs [m0, m0 + rows) x [n0, n0 + columns): their accumulators stay while all segments
    /// pass by.
    void group(std::int64_t m0, std::int64_t n0) {
        const std::int64_t m1 = std::min(m0 + mapping_.rows, shape_.k);
        const std::int64_t n1 = std::min(n0 + mapping_.columns, shape_.columns);
        emitter_.acquire(Engine::array, Semaphore::accumulator_free);
        for (std::int64_t p = 0; p < shape_.pixels(); p += mapping_.pixels) {
            hold_moving(p);
            hold_stationary(p, n0, n1);
            passes(p, m0, m1, n1 - n0);
        }
        emitter_.signal(Engine::array, Semaphore::accumulator_full);
        drain_and_store(lowering_, output_, m0, m1, n0, n1);
    }

    void hold_moving(std::int64_t p) {
        moving_.hold({p, 0}, [&] {
            stream_ =
                load_moving(lowering_, shape_, moving_tensor_, p, last_pixel(p), moving_.halves());
            stream_.first_pixel = p;
        });
    }
    void hold_stationary(std::int64_t p, std::int64_t n0, std::int64_t n1) {
        stationary_.hold({p, n0}, [&] { load_stationary(p, n0, n1); });
    }

    void load_stationary(std::int64_t p, std::int64_t n0, std::int64_t n1) {
        const std::int64_t run = packed_bytes(n1 - n0, shape_.stationary);
        const std::int64_t row = packed_bytes(shape_.columns, shape_.stationary);
        const std::int64_t dram =
            lowering_.dram(stationary_tensor_) + p * row + packed_bytes(n0, shape_.stationary);
        emitter_.depend(stationary_tensor_);
        emitter_.acquire(Engine::load, Semaphore::stationary_free, stationary_.halves());
        emitter_.emit(Engine::load, transfer(BufferId::stationary, stationary_.address(), dram, run,
                                             {{last_pixel(p) - p, run, row}}));
        emitter_.signal(Engine::load, Semaphore::stationary_full);
    }

    void passes(std::int64_t p, std::int64_t m0, std::int64_t m1, std::int64_t columns) {
        if (mapping_.dataflow == Dataflow::output_stationary)
            output_stationary_passes(p, m0, m1, columns);
        else
            weight_stationary_passes(p, m0, m1, columns);
    }

    void output_stationary_passes(std::int64_t p, std::int64_t m0, std::int64_t m1,
                                  std::int64_t columns) {
        auto pass = pass_of<isa::OutputStationaryPass>(shape_, columns, accumulator_);
        pass.moving = stream_;
        pass.pixels = last_pixel(p) - p;
        pass.resume = p > 0;
        for (std::int64_t m = m0; m < m1; m += pass.outputs) {
            pass.k_offset = m;
            pass.outputs = std::min(rows_, m1 - m);
            for (std::int64_t c = 0; c < columns; c += group_) {
                pass.columns = std::min(group_, columns - c);
                pass.stationary_address =
                    stationary_.address() + packed_bytes(c, shape_.stationary);
                pass.accumulator_address = emitter_.address(Slot::accumulator) +
                                           (m - m0) * pass.accumulator_stride + c * accumulator_;
                emitter_.emit(Engine::array, pass);
            }
        }
    }

    /// The gradients of pixels of one image each stay while the rows pass by.
    void weight_stationary_passes(std::int64_t p, std::int64_t m0, std::int64_t m1,
                                  std::int64_t columns) {
        const std::int64_t image = pixels_of_image(stream_);
        auto pass = pass_of<isa::WeightStationaryPass>(shape_, columns, accumulator_);
        pass.moving = transposed(stream_);
        pass.vectors = m1 - m0;
        for (std::int64_t c = 0; c < columns; c += group_) {
            pass.columns = std::min(group_, columns - c);
            pass.accumulator_address = emitter_.address(Slot::accumulator) + c * accumulator_;
            for (std::int64_t pixel = p; pixel < last_pixel(p); pixel += pass.k_count) {
                pass.k_offset = pixel % image;
                pass.k_count = std::min({depth_, image - pass.k_offset, last_pixel(p) - pixel});
                pass.moving.first_pixel = pixel / image * shape_.k + m0;
                pass.stationary_address = stationary_.address() +
                                          (pixel - p) * pass.stationary_stride +
                                          packed_bytes(c, shape_.stationary);
                pass.accumulate = pixel > 0;
                emitter_.emit(Engine::array, pass);
            }
        }
    }

    const Lowering& lowering_;
    Emitter& emitter_;
    GemmShape shape_;
    training::TensorId moving_tensor_, stationary_tensor_;
    const GemmOutput& output_;
    WeightGradientMapping mapping_;
    std::int64_t rows_, depth_, group_, accumulator_;
    HeldTile moving_, stationary_;
    isa::Stream stream_;  ///< of the moving tile
};

/// One block of channels after the other.
void emit_blocks(const Lowering& lowering, const training::Operator& op, const GemmShape& shape,
                 const WeightGradientMapping& mapping) {
    const TileHalves halves = tiles_of(shape, lowering.target, mapping);
    const std::int64_t channels = shape.tensor_channels;
    for (std::int64_t channel = 0; channel < channels; channel += mapping.channels) {
        const std::int64_t count = std::min(mapping.channels, channels - channel);
        // Row (position, c) of the block is row (position, channel + c) of the gradient.
        const PixelMap rows{1, count, 1, channels, 1, 1, 0, channel};
        const auto output = gemm_output(lowering, op, rows);
        WeightGradientGemm(lowering, channel_block(shape, channel, count), op.inputs[0],
                           op.inputs[1], output, mapping, halves)
            .emit();
    }
}

}  // namespace

void lower_backward_weight(const Lowering& lowering, const training::Operator& op,
                           OperatorCode& code) {
    const auto& x = lowering.tensor(op.inputs[0]);
    const auto& dy = lowering.tensor(op.inputs[1]);
    const auto& gradient = lowering.tensor(op.outputs[0]);
    require_packed(lowering, op, op.inputs[0]);
    require_packed(lowering, op, op.inputs[1]);

    GemmShape shape;
    shape.layer = op.name;
    shape.pass = op.pass;
    shape.stream = forward_stream(geometry(lowering.graph.network.nodes[op.node]), x, dy);
    shape.images = x.shape[0];
    shape.moving = x.format, shape.stationary = dy.format, shape.output = gradient.format;
    shape.k = gradient.rows(), shape.columns = gradient.columns();

    shape.tensor_channels = x.shape[3];
    const WeightGradientMapping mapping = lowering.mapper.weight_gradient(
        shape, lowering.target, [&](const WeightGradientMapping& one) {
            return code_alone(lowering,
                              [&](const Lowering& alone) { emit_blocks(alone, op, shape, one); });
        });
    emit_blocks(lowering, op, shape, mapping);
    lowering.emitter.stored(op.outputs[0]);

    code.m = shape.k, code.n = shape.columns, code.k = shape.pixels();
    code.macs = static_cast<std::uint64_t>(code.m * code.n * code.k);
    code.dataflow = mapping.dataflow;
    code.format = describe_formats(shape);
    code.tile = fmt::format("outputs {} x columns {}, segments of {} pixels", mapping.rows,
                            mapping.columns, mapping.pixels);
    if (mapping.channels < x.shape[3])
        code.tile += fmt::format(", blocks of {} channels", mapping.channels);
    if (mapping.columns_outer) code.tile += ", columns outer";
    code.mappings = {mapping};
}

}  // namespace quatrain::compiler
