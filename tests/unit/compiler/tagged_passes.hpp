// SPDX-License-Identifier: Apache-2.0
#pragma once

// Transfers, passes and drains of the TaggedMachine.

#include "rtl_models/numerics/gemm.hpp"
#include "tests/unit/compiler/tagged_machine.hpp"

namespace quatrain::compiler::testing {

/// How a window slides along one axis, and the kernel positions that exist for an input position,
/// in order.
struct WindowAxis {
    std::int64_t kernel = 1, stride = 1, padding = 0, dilation = 1;
    std::vector<std::int64_t> positions(std::int64_t input) const {
        std::vector<std::int64_t> result;
        for (std::int64_t k = 0; k < kernel; ++k)
            if ((input + padding - k * dilation) % stride == 0) result.push_back(k);
        return result;
    }
    std::int64_t input(std::int64_t output, std::int64_t k) const {
        return output * stride - padding + k * dilation;
    }
};

/// A convolution's geometry.
struct Window {
    WindowAxis rows, columns;
    explicit Window(const network::Node& node) {
        if (node.kind == network::NodeKind::fully_connected) return;
        rows = {node.kernel, node.stride, node.padding, node.dilation};
        columns = {kernel_width(node), stride_width(node), node.padding, node.dilation};
    }
};

inline void TaggedMachine::execute(const isa::DmaTransfer& transfer) {
    const bool load = current_ == static_cast<std::size_t>(isa::Engine::load);
    auto& buffer = memory(transfer.buffer);
    require(transfer.extent[0] > 0, "an empty transfer");
    for (std::int64_t i3 = 0; i3 < transfer.extent[3]; ++i3)
        for (std::int64_t i2 = 0; i2 < transfer.extent[2]; ++i2)
            for (std::int64_t i1 = 0; i1 < transfer.extent[1]; ++i1) {
                const auto offset = [&](const std::array<std::int64_t, 3>& stride) {
                    return i1 * stride[0] + i2 * stride[1] + i3 * stride[2];
                };
                const auto near = transfer.buffer_address + offset(transfer.buffer_stride);
                const auto address = transfer.dram_address + offset(transfer.dram_stride);
                const auto [memory, there] = far(address);
                claim(buffer, near, transfer.extent[0], load);
                claim(*memory, there, transfer.extent[0], !load);
                for (std::int64_t b = 0; b < transfer.extent[0]; ++b) {
                    if (load) {
                        require(memory->tag(there + b).tensor != Tag::nothing,
                                "loads byte {} that nobody has stored", address + b);
                        buffer.set(near + b, memory->tag(there + b));
                    } else {
                        store_byte(buffer.tag(near + b), address + b);
                    }
                }
            }
}

inline void TaggedMachine::store_byte(Tag tag, std::int64_t address) {
    if (tag.tensor == Tag::scalars) return;
    if (tag.tensor == Tag::zero) {
        const auto& op = gemm();
        require(op.kind == training::OperatorKind::convolution_backward_data,
                "stores zeros that are no dX");
        const auto& dx = tensor(op.outputs[0]);
        tag = {static_cast<std::uint32_t>(op.outputs[0]),
               address - program_.placements[op.outputs[0]].dram_address, false};
        const std::int64_t pixel = element(tag, 0) / dx.columns();
        const Window window(program_.graph.network.nodes[op.node]);
        require(window.columns.positions(pixel % dx.shape[2]).empty() ||
                    window.rows.positions(pixel / dx.shape[2] % dx.shape[1]).empty(),
                "zero for pixel {} that kernel positions reach", pixel);
    }
    require(tag.tensor < program_.graph.tensors.size(), "stores a byte without a meaning");
    require(address == program_.placements[tag.tensor].dram_address + tag.index,
            "stores byte {} of {} at DRAM address {}", tag.index, tensor(tag.tensor).name, address);
    const auto [memory, there] = far(address);
    const auto& before = memory->tag(there);
    const bool fresh =
        tag.updated ? before == Tag{tag.tensor, tag.index, false} : before.tensor == Tag::nothing;
    require(fresh, "stores byte {} of {} again", tag.index, tensor(tag.tensor).name);
    memory->set(there, tag);
    ++stored_bytes_[{tag.tensor, tag.updated}];
}

inline std::int64_t TaggedMachine::stationary_element(std::int64_t address, numerics::Format format,
                                                      training::TensorId id, std::int64_t nibble) {
    const auto& tag = memory(isa::BufferId::stationary).tag(address);
    require(tag.tensor == id && tensor(id).format == format, "stationary byte {} is not of {}",
            address, tensor(id).name);
    return element(tag, nibble);
}

inline TaggedMachine::Place TaggedMachine::read_stream(const isa::Stream& s,
                                                       numerics::Format format,
                                                       training::TensorId id, std::int64_t vector,
                                                       std::int64_t k) {
    const std::int64_t q = s.first_pixel + vector;
    const std::int64_t gx = q % s.grid_width, gy = q / s.grid_width % s.grid_height;
    Place place;
    place.image = q / s.grid_width / s.grid_height;
    place.channel = k % s.channels;
    place.row =
        gy * s.row_step + s.row_offset + k / s.channels / s.kernel_width * s.row_kernel_step;
    place.column = gx * s.column_step + s.column_offset +
                   k / s.channels % s.kernel_width * s.column_kernel_step;
    place.inside =
        place.row >= 0 && place.row < s.height && place.column >= 0 && place.column < s.width;
    if (!place.inside) return place;
    const std::int64_t global = place.image * s.height + place.row;
    const std::int64_t offset =
        ((global - s.first_row) * s.width + place.column) * s.channels + place.channel;
    const std::int64_t bits = numerics::bits(format);
    const auto& tag = memory(isa::BufferId::moving).tag(s.address + offset * bits / 8);
    const auto& source = tensor(id);
    require(tag.tensor == id && source.format == format, "moving operand is not of {}",
            source.name);
    const std::int64_t found = element(tag, bits == 4 ? offset % 2 : 0);
    require(found / source.columns() == global * s.width + place.column,
            "moving vector {}, k {} is pixel {} of {}, not {}", vector, k, found / source.columns(),
            source.name, global * s.width + place.column);
    place.channel = found % source.columns();
    return place;
}

inline void TaggedMachine::claim_rows(isa::BufferId id, std::int64_t address, std::int64_t stride,
                                      std::int64_t bytes, std::int64_t rows, bool write) {
    for (std::int64_t row = 0; row < rows; ++row)
        claim(memory(id), address + row * stride, bytes, write);
}

/// Of the mode of the wider operand.
inline std::int64_t TaggedMachine::lanes(numerics::Format a, numerics::Format b) const {
    switch (std::max(numerics::bits(a), numerics::bits(b))) {
        case 4:
            return target_.array.lanes_4bit;
        case 8:
            return target_.array.lanes_8bit;
        case 16:
            return target_.array.lanes_16bit;
        default:
            return target_.array.lanes_32bit;
    }
}

inline void TaggedMachine::execute(const isa::WeightStationaryPass& pass) {
    const auto& op = gemm();
    const bool forward = op.kind == training::OperatorKind::convolution;
    const Window window(program_.graph.network.nodes[op.node]);
    const auto& weights = tensor(op.inputs[1]);
    const auto& result = tensor(op.outputs[0]);
    const std::int64_t block = weights.shape[2], bits = numerics::bits(pass.stationary_format);
    const std::int64_t bytes = mac_array::accumulator_bits(target_.array.accumulator) / 8;
    require(target_.tile_passes || pass.columns <= target_.array.cols, "too many columns");
    const std::int64_t chunk =
        target_.array.rows * lanes(pass.moving_format, pass.stationary_format);
    const bool whole_words = chunk % numerics::elements_per_word(numerics::product_kind(
                                         pass.moving_format, pass.stationary_format)) ==
                             0;
    require(((target_.tile_passes && whole_words) || pass.k_count <= chunk) &&
                pass.k_offset % chunk == 0,
            "k {} + {} is no chunk of {}", pass.k_offset, pass.k_count, chunk);
    claim_rows(isa::BufferId::stationary, pass.stationary_address, pass.stationary_stride,
               pass.columns * bits / 8, pass.k_count, false);
    claim_rows(isa::BufferId::accumulator, pass.accumulator_address, pass.accumulator_stride,
               pass.columns * bytes, pass.vectors, true);
    for (std::int64_t t = 0; t < pass.vectors; ++t) {
        std::int64_t output = -1;
        std::vector<std::int64_t> rows;  // of the weights, in the order of the reduction
        for (std::int64_t i = 0; i < pass.k_count; ++i) {
            const auto address = pass.stationary_address + i * pass.stationary_stride;
            const auto first = stationary_element(address, pass.stationary_format, op.inputs[1], 0);
            const std::int64_t row = first / weights.columns();
            const std::int64_t ky = row / block / window.columns.kernel,
                               kx = row / block % window.columns.kernel;
            const auto place =
                read_stream(pass.moving, pass.moving_format, op.inputs[0], t, pass.k_offset + i);
            require(place.channel == row % block, "channel {} meets weights of {}", place.channel,
                    row % block);
            std::int64_t y = 0, x = 0;
            if (forward) {
                const std::int64_t q = pass.moving.first_pixel + t;
                x = q % result.shape[2], y = q / result.shape[2] % result.shape[1];
                require(place.row == window.rows.input(y, ky) &&
                            place.column == window.columns.input(x, kx),
                        "output pixel {} reads row {} for kernel row {}", q, place.row, ky);
                require(row == pass.k_offset + i, "weights of row {} at k {}", row,
                        pass.k_offset + i);
            } else {
                y = window.rows.input(place.row, ky), x = window.columns.input(place.column, kx);
                if (rows.empty()) {
                    for (const auto a : window.rows.positions(y))
                        for (const auto b : window.columns.positions(x))
                            for (std::int64_t c = 0; c < block; ++c)
                                rows.push_back((a * window.columns.kernel + b) * block + c);
                }
                require(pass.k_offset + i < static_cast<std::int64_t>(rows.size()) &&
                            rows[static_cast<std::size_t>(pass.k_offset + i)] == row,
                        "weights of row {} out of order", row);
            }
            const std::int64_t pixel = (place.image * result.shape[1] + y) * result.shape[2] + x;
            require(output < 0 || output == pixel, "one sum for pixels {} and {}", output, pixel);
            output = pixel;
        }
        for (std::int64_t c = 0; c < pass.columns; ++c) {
            for (std::int64_t i = 0; i < pass.k_count; ++i) {
                const auto address =
                    pass.stationary_address + i * pass.stationary_stride + c * bits / 8;
                const auto found = stationary_element(address, pass.stationary_format, op.inputs[1],
                                                      bits == 4 ? c % 2 : 0);
                add(pass.accumulator_address + t * pass.accumulator_stride + c * bytes,
                    {output, found % weights.columns(), 1}, i == 0 && !pass.accumulate,
                    pass.k_offset + i);
            }
        }
    }
}

inline void TaggedMachine::add(std::int64_t address, const Sum& term, bool fresh,
                               std::int64_t reduced) {
    auto& sum = accumulators_.at(static_cast<std::size_t>(address));
    if (fresh) sum = {term.row, term.column, 0};
    require(sum.row == term.row && sum.column == term.column && sum.reduced == reduced,
            "accumulator {} holds ({}, {}) reduced to {}, not ({}, {}) to {}", address, sum.row,
            sum.column, sum.reduced, term.row, term.column, reduced);
    sum.reduced += term.reduced;
}

inline void TaggedMachine::execute(const isa::OutputStationaryPass& pass) {
    const auto& op = gemm();
    const Window window(program_.graph.network.nodes[op.node]);
    const auto& x = tensor(op.inputs[0]);
    const auto& dy = tensor(op.inputs[1]);
    const auto& s = pass.moving;
    const std::int64_t bits = numerics::bits(pass.stationary_format);
    const std::int64_t bytes = mac_array::accumulator_bits(target_.array.accumulator) / 8;
    require(target_.tile_passes ||
                (pass.outputs <= target_.array.rows && pass.columns <= target_.array.cols),
            "too large");
    require(s.first_pixel % target_.array.chunk == 0, "pixel {} cuts a chunk", s.first_pixel);
    claim_rows(isa::BufferId::stationary, pass.stationary_address, pass.stationary_stride,
               pass.columns * bits / 8, pass.pixels, false);
    claim_rows(isa::BufferId::accumulator, pass.accumulator_address, pass.accumulator_stride,
               pass.columns * bytes, pass.outputs, true);
    const auto first_channel =
        element(memory(isa::BufferId::moving).tag(s.address), 0) % x.columns();
    for (std::int64_t r = 0; r < pass.outputs; ++r) {
        const std::int64_t k = pass.k_offset + r, position = k / s.channels;
        const std::int64_t ky = position / window.columns.kernel,
                           kx = position % window.columns.kernel;
        const std::int64_t channel = first_channel + k % s.channels;
        for (std::int64_t p = 0; p < pass.pixels; ++p) {
            const std::int64_t q = s.first_pixel + p;
            const auto place = read_stream(s, pass.moving_format, op.inputs[0], p, k);
            require(!place.inside || place.channel == channel, "channel {} in row {}",
                    place.channel, k);
            require(place.row == window.rows.input(q / dy.shape[2] % dy.shape[1], ky) &&
                        place.column == window.columns.input(q % dy.shape[2], kx),
                    "output pixel {} reads row {} for kernel row {}", q, place.row, ky);
            for (std::int64_t c = 0; c < pass.columns; ++c) {
                const auto address =
                    pass.stationary_address + p * pass.stationary_stride + c * bits / 8;
                const auto found = stationary_element(address, pass.stationary_format, op.inputs[1],
                                                      bits == 4 ? c % 2 : 0);
                require(found / dy.columns() == q, "gradient of pixel {} meets input of {}",
                        found / dy.columns(), q);
                add(pass.accumulator_address + r * pass.accumulator_stride + c * bytes,
                    {position * x.columns() + channel, found % dy.columns(), 1},
                    p == 0 && !pass.resume, q);
            }
        }
    }
}

inline std::int64_t TaggedMachine::full_reduction(std::int64_t row) const {
    const auto& op = gemm();
    if (op.kind == training::OperatorKind::convolution) return tensor(op.inputs[1]).rows();
    if (op.kind == training::OperatorKind::convolution_backward_weight)
        return tensor(op.inputs[1]).rows();
    const Window window(program_.graph.network.nodes[op.node]);
    const auto& dx = tensor(op.outputs[0]);
    const auto rows = window.rows.positions(row / dx.shape[2] % dx.shape[1]).size();
    const auto columns = window.columns.positions(row % dx.shape[2]).size();
    return static_cast<std::int64_t>(rows * columns) * tensor(op.inputs[0]).columns();
}

inline void TaggedMachine::execute(const isa::Drain& drain) {
    const auto& op = gemm();
    const auto& result = tensor(op.outputs[0]);
    const std::int64_t bytes = mac_array::accumulator_bits(target_.array.accumulator) / 8;
    const std::int64_t element_bytes = numerics::bits(drain.format) / 8;
    require(drain.format == result.format, "drains the wrong format");
    claim_rows(isa::BufferId::accumulator, drain.accumulator_address, drain.accumulator_stride,
               drain.columns * bytes, drain.rows, false);
    claim_rows(isa::BufferId::vector, drain.destination, drain.destination_stride,
               drain.columns * element_bytes, drain.rows, true);
    for (std::int64_t r = 0; r < drain.rows; ++r)
        for (std::int64_t c = 0; c < drain.columns; ++c) {
            const auto& sum = accumulators_.at(static_cast<std::size_t>(
                drain.accumulator_address + r * drain.accumulator_stride + c * bytes));
            require(sum.reduced == full_reduction(sum.row), "drains ({}, {}) reduced to {} of {}",
                    sum.row, sum.column, sum.reduced, full_reduction(sum.row));
            const std::int64_t index = (sum.row * result.columns() + sum.column) * element_bytes;
            for (std::int64_t b = 0; b < element_bytes; ++b)
                memory(isa::BufferId::vector)
                    .set(drain.destination + r * drain.destination_stride + c * element_bytes + b,
                         {static_cast<std::uint32_t>(op.outputs[0]), index + b, false});
        }
}

inline void TaggedMachine::check_end() {
    for (const auto& [key, rows] : rows_summed_)
        require(rows == std::get<2>(key), "a sum over {} rows ends at {}", std::get<2>(key), rows);
    for (std::uint32_t id = 0; id < program_.graph.tensors.size(); ++id) {
        const auto& t = tensor(id);
        if (t.scalar) continue;
        const bool computed = t.origin == training::Origin::computed && t.updated_name.empty();
        if (computed)
            require(stored_bytes_[{id, false}] == program_.placements[id].bytes,
                    "{}: {} of {} bytes stored", t.name, stored_bytes_[{id, false}],
                    program_.placements[id].bytes);
        if (!t.updated_name.empty())
            require(stored_bytes_[{id, true}] == program_.placements[id].bytes,
                    "{}: {} of {} bytes updated", t.name, stored_bytes_[{id, true}],
                    program_.placements[id].bytes);
    }
    const auto initial = isa::initial_semaphores();
    for (std::size_t i = 0; i < initial.size(); ++i)
        require(semaphores_[i] == initial[i] ||
                    i == static_cast<std::size_t>(isa::Semaphore::operator_stored),
                "semaphore {} ends at {}", isa::name(static_cast<isa::Semaphore>(i)),
                semaphores_[i]);
}

}  // namespace quatrain::compiler::testing
