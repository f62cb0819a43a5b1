// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/gemm_lowering.hpp"
#include "workloads/compiler/mapping_space.hpp"
#include "workloads/compiler/transposed_stream.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;

namespace {

/// A GEMM with its operands: forward, or one phase of dX.
struct Gemm {
    GemmShape shape;
    training::TensorId moving = 0, stationary = 0;
    /// Rows of the stationary tensor that make up k, in runs of `run` rows that start at these
    /// rows.
    std::vector<std::int64_t> run_starts;
    std::int64_t run = 0;
    GemmOutput output;

    std::int64_t weight_row(std::int64_t k) const { return run_starts[k / run] + k % run; }
};

/// The GEMM with its elements of k as the mapping's dataflow sums them up: where outputs stay, dX
/// takes the gradient's pixels in raster order, the last kernel position first.
Gemm in_order(const Gemm& gemm, const ActivationMapping& mapping) {
    Gemm result = gemm;
    if (mapping.dataflow == ActivationMapping::usual ||
        gemm.shape.pass != training::Pass::backward_data)
        return result;
    result.shape.stream = flipped(gemm.shape.stream);
    std::ranges::reverse(result.run_starts);
    return result;
}

class ActivationGemm {
public:
    ActivationGemm(const Lowering& lowering, const Gemm& gemm, const ActivationMapping& mapping,
                   TileHalves halves)
        : lowering_(lowering),
          emitter_(lowering.emitter),
          gemm_(in_order(gemm, mapping)),
          shape_(gemm_.shape),
          mapping_(mapping),
          depth_(emitted_depth(gemm.shape, lowering.target, gemm.shape.k)),
          rows_(emitted_rows(lowering.target)),
          group_(emitted_columns(gemm.shape, lowering.target)),
          accumulator_(mac_array::accumulator_bits(lowering.target.array.accumulator) / 8),
          moving_(emitter_, Slot::moving, halves.moving),
          stationary_(emitter_, Slot::stationary, halves.stationary) {}

    void emit() {
        if (mapping_.weights_outer) {
            for (std::int64_t n = 0; n < shape_.columns; n += mapping_.columns)
                for (std::int64_t p = 0; p < shape_.pixels(); p += mapping_.pixels) tile(p, n);
        } else {
            for (std::int64_t p = 0; p < shape_.pixels(); p += mapping_.pixels)
                for (std::int64_t n = 0; n < shape_.columns; n += mapping_.columns) tile(p, n);
        }
        moving_.release();
        stationary_.release();
    }

private:
    std::int64_t last_pixel(std::int64_t p) const {
        return std::min(p + mapping_.pixels, shape_.pixels());
    }
    std::int64_t last_column(std::int64_t n) const {
        return std::min(n + mapping_.columns, shape_.columns);
    }
    std::int64_t last_k(std::int64_t k) const { return std::min(k + mapping_.k, shape_.k); }

    void tile(std::int64_t p, std::int64_t n) {
        hold_moving(p);
        emitter_.acquire(Engine::array, Semaphore::accumulator_free);
        for (std::int64_t k = 0; k < shape_.k; k += mapping_.k) {
            hold_stationary(k, n);
            passes(p, n, k);
        }
        emitter_.signal(Engine::array, Semaphore::accumulator_full);
        drain_and_store(lowering_, gemm_.output, p, last_pixel(p), n, last_column(n));
    }

    void hold_moving(std::int64_t p) {
        moving_.hold({p, 0}, [&] {
            stream_ =
                load_moving(lowering_, shape_, gemm_.moving, p, last_pixel(p), moving_.halves());
            stream_.first_pixel = p;
        });
    }
    void hold_stationary(std::int64_t k, std::int64_t n) {
        stationary_.hold({k, n}, [&] { load_stationary(k, last_k(k), n, last_column(n)); });
    }

    void load_stationary(std::int64_t k0, std::int64_t k1, std::int64_t n0, std::int64_t n1) {
        const auto format = shape_.stationary;
        const std::int64_t row_bytes = packed_bytes(n1 - n0, format);
        const std::int64_t tensor_row =
            packed_bytes(lowering_.tensor(gemm_.stationary).columns(), format);
        std::int64_t address = stationary_.address();
        emitter_.depend(gemm_.stationary);
        emitter_.acquire(Engine::load, Semaphore::stationary_free, stationary_.halves());
        for (std::int64_t k = k0; k < k1;) {
            const std::int64_t row = gemm_.weight_row(k);
            std::int64_t count = std::min(gemm_.run - k % gemm_.run, k1 - k);
            while (k + count < k1 && gemm_.weight_row(k + count) == row + count)
                count += std::min(gemm_.run, k1 - k - count);
            const std::int64_t dram =
                lowering_.dram(gemm_.stationary) + row * tensor_row + packed_bytes(n0, format);
            emitter_.emit(Engine::load, transfer(BufferId::stationary, address, dram, row_bytes,
                                                 {{count, row_bytes, tensor_row}}));
            address += count * row_bytes;
            k += count;
        }
        emitter_.signal(Engine::load, Semaphore::stationary_full);
    }

    void passes(std::int64_t p, std::int64_t n, std::int64_t k0) {
        if (mapping_.dataflow == Dataflow::weight_stationary)
            weight_stationary_passes(p, n, k0);
        else
            output_stationary_passes(p, n, k0);
    }

    void weight_stationary_passes(std::int64_t p, std::int64_t n, std::int64_t k0) {
        const std::int64_t columns = last_column(n) - n;
        const std::int64_t k1 = last_k(k0);
        auto pass = pass_of<isa::WeightStationaryPass>(shape_, columns, accumulator_);
        pass.moving = stream_;
        pass.vectors = last_pixel(p) - p;
        for (std::int64_t c = 0; c < columns; c += group_) {
            pass.columns = std::min(group_, columns - c);
            pass.accumulator_address = emitter_.address(Slot::accumulator) + c * accumulator_;
            for (std::int64_t k = k0; k < k1; k += depth_) {
                pass.k_offset = k;
                pass.k_count = std::min(depth_, k1 - k);
                pass.stationary_address = stationary_.address() +
                                          (k - k0) * pass.stationary_stride +
                                          packed_bytes(c, shape_.stationary);
                pass.accumulate = k > 0;
                emitter_.emit(Engine::array, pass);
            }
        }
    }

    /// Sums of pixels of one image each.
    void output_stationary_passes(std::int64_t p, std::int64_t n, std::int64_t k0) {
        const std::int64_t columns = last_column(n) - n;
        const isa::Stream stream = images_as_one(stream_, shape_.images);
        const std::int64_t image = pixels_of_image(stream);
        auto pass = pass_of<isa::OutputStationaryPass>(shape_, columns, accumulator_);
        pass.moving = transposed(stream);
        pass.pixels = last_k(k0) - k0;
        pass.resume = k0 > 0;
        for (std::int64_t pixel = p; pixel < last_pixel(p); pixel += pass.outputs) {
            pass.k_offset = pixel % image;
            pass.outputs = std::min({rows_, image - pass.k_offset, last_pixel(p) - pixel});
            pass.moving.first_pixel = pixel / image * shape_.k + k0;
            for (std::int64_t c = 0; c < columns; c += group_) {
                pass.columns = std::min(group_, columns - c);
                pass.stationary_address =
                    stationary_.address() + packed_bytes(c, shape_.stationary);
                pass.accumulator_address = emitter_.address(Slot::accumulator) +
                                           (pixel - p) * pass.accumulator_stride + c * accumulator_;
                emitter_.emit(Engine::array, pass);
            }
        }
    }

    const Lowering& lowering_;
    Emitter& emitter_;
    Gemm gemm_;
    const GemmShape& shape_;
    ActivationMapping mapping_;
    std::int64_t depth_, rows_, group_, accumulator_;
    HeldTile moving_, stationary_;
    isa::Stream stream_;  ///< of the moving tile
};

/// Chooses a mapping, and emits the code.
ActivationMapping lower_gemm(const Lowering& lowering, const Gemm& gemm) {
    const auto emit = [&](const Lowering& to, const ActivationMapping& mapping) {
        ActivationGemm(to, gemm, mapping, tiles_of(gemm.shape, to.target, mapping)).emit();
    };
    const ActivationMapping mapping =
        lowering.mapper.activation(gemm.shape, lowering.target, [&](const ActivationMapping& one) {
            return code_alone(lowering, [&](const Lowering& alone) { emit(alone, one); });
        });
    emit(lowering, mapping);
    return mapping;
}

std::string describe_tile(const ActivationMapping& mapping, const GemmShape& shape) {
    std::string text =
        fmt::format("pixels {} x columns {}, {} outer", mapping.pixels, mapping.columns,
                    mapping.weights_outer ? "weights" : "activations");
    if (mapping.k < shape.k) text += fmt::format(", k {}", mapping.k);
    return text;
}

}  // namespace

void lower_forward(const Lowering& lowering, const training::Operator& op, OperatorCode& code) {
    const auto& x = lowering.tensor(op.inputs[0]);
    const auto& codes = lowering.tensor(op.inputs[1]);
    const auto& y = lowering.tensor(op.outputs[0]);
    require_packed(lowering, op, op.inputs[0]);
    require_packed(lowering, op, op.inputs[1]);

    Gemm gemm;
    gemm.shape.layer = op.name;
    gemm.shape.pass = op.pass;
    gemm.shape.stream = forward_stream(geometry(lowering.graph.network.nodes[op.node]), x, y);
    gemm.shape.tensor_channels = x.shape[3];
    gemm.shape.images = x.shape[0];
    gemm.shape.moving = x.format, gemm.shape.stationary = codes.format;
    gemm.shape.output = y.format;
    gemm.shape.k = codes.rows(), gemm.shape.columns = codes.columns();
    gemm.moving = op.inputs[0], gemm.stationary = op.inputs[1];
    gemm.run_starts = {0}, gemm.run = codes.rows();
    gemm.output = gemm_output(lowering, op, {y.shape[1], y.shape[2], y.shape[1], y.shape[2]});

    const auto mapping = lower_gemm(lowering, gemm);
    lowering.emitter.stored(op.outputs[0]);
    code.m = gemm.shape.pixels(), code.n = gemm.shape.columns, code.k = gemm.shape.k;
    code.macs = static_cast<std::uint64_t>(code.m * code.n * code.k);
    code.dataflow = mapping.dataflow;
    code.format = describe_formats(gemm.shape);
    code.tile = describe_tile(mapping, gemm.shape);
    code.mappings = {mapping};
}

namespace {

/// The kernel positions of one axis that exist for input positions y = phase (mod stride), and the
/// stream geometry they give: grid position gy, kernel index j reads dY at gy + offset + j * step.
struct PhaseAxis {
    std::int64_t grid = 0;                ///< input positions of this phase
    std::vector<std::int64_t> positions;  ///< increasing
    std::int64_t offset = 0, step = 1;
};

PhaseAxis phase_axis(const AxisGeometry& shape, std::int64_t extent, std::int64_t phase) {
    PhaseAxis axis;
    axis.grid = phase < extent ? ceil_div(extent - phase, shape.stride) : 0;
    for (std::int64_t k = 0; k < shape.kernel; ++k)
        if ((phase + shape.padding - k * shape.dilation) % shape.stride == 0)
            axis.positions.push_back(k);
    if (axis.positions.empty()) return axis;
    axis.offset = (phase + shape.padding - axis.positions.front() * shape.dilation) / shape.stride;
    const std::int64_t gap = shape.stride / std::gcd(shape.stride, shape.dilation);
    axis.step = -(shape.dilation * gap / shape.stride);
    return axis;
}

/// Zeros for the pixels of a phase that no kernel position reaches: one tile of zeros, stored as
/// often as needed.
void store_zeros(const Lowering& lowering, training::TensorId id, const PixelMap& map,
                 std::int64_t pixels) {
    auto& emitter = lowering.emitter;
    const auto& tensor = lowering.tensor(id);
    const std::int64_t pixel_bytes = packed_bytes(tensor.columns(), tensor.format);
    const std::int64_t most = emitter.capacity(Slot::drain) / pixel_bytes;
    if (most == 0)
        throw CompileError(fmt::format(
            "tensor {}: one pixel needs {} bytes, the vector buffer's drain half has {}",
            tensor.name, pixel_bytes, emitter.capacity(Slot::drain)));
    // Whole rows, or better whole images, make regular boxes.
    const std::int64_t image = map.grid_height * map.grid_width;
    const std::int64_t unit = most >= image ? image : most >= map.grid_width ? map.grid_width : 1;
    const std::int64_t height = std::min(most / unit * unit, pixels);

    isa::VectorInstruction zeros;
    zeros.operation = isa::VectorOperation::fill_zero;
    zeros.rows = height;
    zeros.columns = tensor.columns();
    zeros.out[0] = {emitter.address(Slot::drain), tensor.format};
    emitter.acquire(Engine::vector, Semaphore::drain_free);
    emitter.emit(Engine::vector, zeros);
    emitter.signal(Engine::vector, Semaphore::drain_full);
    emitter.acquire(Engine::store, Semaphore::drain_full);
    for (std::int64_t first = 0; first < pixels; first += height)
        for (const auto& box :
             store_pixels(map, first, std::min(first + height, pixels), zeros.out[0].address,
                          lowering.dram(id), pixel_bytes, pixel_bytes))
            emitter.emit(Engine::store, box);
    emitter.signal(Engine::store, Semaphore::drain_free);
    emitter.advance(Slot::drain);
}

}  // namespace

void lower_backward_data(const Lowering& lowering, const training::Operator& op,
                         OperatorCode& code) {
    const auto& dy = lowering.tensor(op.inputs[0]);
    const auto& codes = lowering.tensor(op.inputs[1]);  // {ky, kx, cout, cin}
    const auto& dx = lowering.tensor(op.outputs[0]);
    require_packed(lowering, op, op.inputs[0]);
    require_packed(lowering, op, op.inputs[1]);
    const auto shape = geometry(lowering.graph.network.nodes[op.node]);
    const std::int64_t height = dx.shape[1], width = dx.shape[2], outputs = dy.columns();

    Gemm gemm;
    gemm.shape.layer = op.name;
    gemm.shape.pass = op.pass;
    gemm.shape.tensor_channels = outputs;
    gemm.shape.images = dx.shape[0];
    gemm.shape.moving = dy.format, gemm.shape.stationary = codes.format;
    gemm.shape.output = dx.format;
    gemm.shape.columns = dx.columns();
    gemm.moving = op.inputs[0], gemm.stationary = op.inputs[1];
    code.m = dx.rows(), code.n = dx.columns(), code.k = codes.rows();
    code.format = describe_formats(gemm.shape);

    std::int64_t usual = 0;
    for (std::int64_t py = 0; py < shape.rows.stride; ++py)
        for (std::int64_t px = 0; px < shape.columns.stride; ++px) {
            const auto rows = phase_axis(shape.rows, height, py);
            const auto columns = phase_axis(shape.columns, width, px);
            const std::int64_t pixels = dx.shape[0] * rows.grid * columns.grid;
            if (pixels == 0) continue;
            const PixelMap map{rows.grid,         columns.grid,         height, width,
                               shape.rows.stride, shape.columns.stride, py,     px};
            if (rows.positions.empty() || columns.positions.empty()) {
                store_zeros(lowering, op.outputs[0], map, pixels);
                continue;
            }
            auto& stream = gemm.shape.stream;
            stream.height = dy.shape[1], stream.width = dy.shape[2], stream.channels = outputs;
            stream.grid_height = rows.grid, stream.grid_width = columns.grid;
            stream.row_offset = rows.offset, stream.row_kernel_step = rows.step;
            stream.column_offset = columns.offset, stream.column_kernel_step = columns.step;
            stream.kernel_height = static_cast<std::int64_t>(rows.positions.size());
            stream.kernel_width = static_cast<std::int64_t>(columns.positions.size());
            gemm.shape.k = stream.kernel_height * stream.kernel_width * outputs;
            gemm.run_starts.clear();
            gemm.run = outputs;
            for (const auto ky : rows.positions)
                for (const auto kx : columns.positions)
                    gemm.run_starts.push_back((ky * shape.columns.kernel + kx) * outputs);
            gemm.output = gemm_output(lowering, op, map);

            const auto mapping = lower_gemm(lowering, gemm);
            ++gemm.shape.phase;
            code.mappings.emplace_back(mapping);
            code.macs += static_cast<std::uint64_t>(pixels * gemm.shape.columns * gemm.shape.k);
            usual += mapping.dataflow == ActivationMapping::usual ? 1 : 0;
            if (code.tile.empty()) {
                code.dataflow = mapping.dataflow;
                code.tile = describe_tile(mapping, gemm.shape);
            }
        }
    if (shape.is_strided())
        code.tile += fmt::format(", {} x {} phases", shape.rows.stride, shape.columns.stride);
    if (usual > 0 && usual < gemm.shape.phase)
        code.tile += fmt::format(", {} of them {}", usual, name(ActivationMapping::usual));
    lowering.emitter.stored(op.outputs[0]);
}

}  // namespace quatrain::compiler
