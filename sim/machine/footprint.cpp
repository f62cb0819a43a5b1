// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/footprint.hpp"

#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "rtl_models/scratchpad/function.hpp"
#include "sim/machine/operand_roles.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>
#include <string>

namespace quatrain::machine {
namespace {

using isa::no_address;

std::int64_t packed_bytes(std::int64_t elements, int bits) {
    return ceil_div(elements * bits, 8);
}

Region contiguous(std::int64_t address, std::int64_t bytes) {
    return {.address = address, .extent = {bytes, 1, 1, 1}, .stride = {0, 0, 0}};
}
Region rows_of(std::int64_t address, std::int64_t bytes, std::int64_t rows, std::int64_t stride) {
    return {.address = address, .extent = {bytes, rows, 1, 1}, .stride = {stride, 0, 0}};
}

/// Tensor rows that grid row `grid_row` of image `image` can reach with kernel rows [first, last].
struct RowRange {
    std::int64_t begin, end;
};
RowRange reachable(const isa::Stream& stream, std::int64_t pixel, std::int64_t first_ky,
                   std::int64_t last_ky) {
    const std::int64_t row = pixel / stream.grid_width;
    const std::int64_t image = row / stream.grid_height;
    const std::int64_t y = (row % stream.grid_height) * stream.row_step + stream.row_offset;
    const std::int64_t a = y + first_ky * stream.row_kernel_step;
    const std::int64_t b = y + last_ky * stream.row_kernel_step;
    const auto inside = [&](std::int64_t value) {
        return std::clamp<std::int64_t>(value, 0, stream.height);
    };
    return {image * stream.height + inside(std::min(a, b)),
            image * stream.height + inside(std::max(a, b) + 1)};
}

Region moving_region(const isa::Stream& stream, int bits, std::int64_t k_offset,
                     std::int64_t k_count, std::int64_t vectors) {
    const std::int64_t kernel_row = stream.kernel_width * stream.channels;
    const std::int64_t first_ky = k_offset / kernel_row;
    const std::int64_t last_ky = (k_offset + k_count - 1) / kernel_row;
    const RowRange first = reachable(stream, stream.first_pixel, first_ky, last_ky);
    const RowRange last = reachable(stream, stream.first_pixel + vectors - 1, first_ky, last_ky);
    // Rows before the tile are only in reach of a clamped first row that reads nothing.
    const std::int64_t begin = std::max(first.begin, stream.first_row) - stream.first_row;
    const std::int64_t end = std::max(last.end - stream.first_row, begin);
    const std::int64_t row_elements = stream.width * stream.channels;
    const std::int64_t begin_byte = begin * row_elements * bits / 8;
    return contiguous(stream.address + begin_byte,
                      packed_bytes(end * row_elements, bits) - begin_byte);
}

class Builder {
public:
    explicit Builder(const MachineParams& params, isa::Engine engine)
        : params_(params), engine_(engine) {}
    Footprint take() { return std::move(accesses_); }

    void operator()(const isa::DmaTransfer& transfer) {
        const bool load = engine_ == isa::Engine::load;
        add(static_cast<Memory>(transfer.buffer),
            {transfer.buffer_address, transfer.extent, transfer.buffer_stride}, load);
        Region other{transfer.dram_address, transfer.extent, transfer.dram_stride};
        switch (isa::space_of(transfer.dram_address)) {
            case isa::Space::dram:
                return add(Memory::dram, other, !load);
            case isa::Space::scratchpad:
                other.address -= isa::scratchpad_base;
                return add(Memory::scratchpad, other, !load);
            case isa::Space::next_core:
                other.address = isa::next_core_offset(transfer.dram_address);
                return accesses_.push_back({.memory = put_buffer(transfer.dram_address),
                                            .region = other,
                                            .write = true,
                                            .in_next_core = true});
        }
    }

    void operator()(const isa::WeightStationaryPass& pass) {
        add_moving(moving_region(pass.moving, bits(pass.moving_format), pass.k_offset, pass.k_count,
                                 pass.vectors));
        const std::int64_t row = packed_bytes(pass.columns, bits(pass.stationary_format));
        add(Memory::stationary,
            rows_of(pass.stationary_address, row, pass.k_count, pass.stationary_stride), false);
        accumulators(pass.accumulator_address, pass.columns, pass.vectors, pass.accumulator_stride,
                     pass.accumulate);
    }

    void operator()(const isa::OutputStationaryPass& pass) {
        add_moving(moving_region(pass.moving, bits(pass.moving_format), pass.k_offset, pass.outputs,
                                 pass.pixels));
        const std::int64_t row = packed_bytes(pass.columns, bits(pass.stationary_format));
        add(Memory::stationary,
            rows_of(pass.stationary_address, row, pass.pixels, pass.stationary_stride), false);
        accumulators(pass.accumulator_address, pass.columns, pass.outputs, pass.accumulator_stride,
                     pass.resume);
    }

    void operator()(const isa::Drain& drain) {
        const std::int64_t row =
            packed_bytes(drain.columns, mac_array::accumulator_bits(params_.array.accumulator));
        add(Memory::accumulator,
            rows_of(drain.accumulator_address, row, drain.rows, drain.accumulator_stride), false);
        const std::int64_t result = packed_bytes(drain.columns, bits(drain.format));
        add(Memory::vector,
            rows_of(drain.destination, result, drain.rows, drain.destination_stride), true);
        for (const std::int64_t scalar : {drain.step_a, drain.step_b, drain.gradscale})
            add_scalar(scalar, false);
    }

    void operator()(const isa::VectorInstruction& instruction) {
        const OperandRoles& roles = operand_roles(instruction.operation);
        for (std::size_t i = 0; i < roles.in.size(); ++i)
            operand(instruction, instruction.in[i], roles.in[i], false);
        for (std::size_t i = 0; i < roles.out.size(); ++i) {
            const bool continues = instruction.accumulate && roles.out[i] == 'v';
            if (continues) operand(instruction, instruction.out[i], roles.out[i], false);
            operand(instruction, instruction.out[i], roles.out[i], true);
        }
        for (std::size_t i = 0; i < roles.scalars.size(); ++i) {
            if (roles.scalars[i] != 'w') add_scalar(instruction.scalars[i], false);
            if (roles.scalars[i] != 'r') add_scalar(instruction.scalars[i], true);
        }
    }

private:
    void add(Memory memory, const Region& region, bool write) {
        accesses_.push_back({memory, region, write});
    }
    /// Only stores of several cores can put, and only where mail is.
    Memory put_buffer(std::int64_t address) const {
        const bool can_put = engine_ == isa::Engine::store && params_.cores > 1;
        const std::int64_t window = (address - isa::next_core_base) >> isa::buffer_window_bits;
        for (const isa::BufferId mail : {isa::BufferId::vector, isa::BufferId::scalar})
            if (can_put && window == static_cast<std::int64_t>(mail))
                return static_cast<Memory>(mail);
        throw dram::DramError(fmt::format("dram: there is nothing at address {}", address));
    }
    void add_scalar(std::int64_t address, bool write) {
        if (address != no_address) add(Memory::scalar, contiguous(address, 4), write);
    }
    /// Vectors that lie in the padding altogether read nothing.
    void add_moving(const Region& region) {
        if (region.bytes() > 0) add(Memory::moving, region, false);
    }
    void accumulators(std::int64_t address, std::int64_t columns, std::int64_t rows,
                      std::int64_t stride, bool read) {
        const std::int64_t row =
            packed_bytes(columns, mac_array::accumulator_bits(params_.array.accumulator));
        if (read) add(Memory::accumulator, rows_of(address, row, rows, stride), false);
        add(Memory::accumulator, rows_of(address, row, rows, stride), true);
    }
    void operand(const isa::VectorInstruction& instruction, const isa::Operand& operand, char role,
                 bool write) {
        if (operand.address == no_address) return;
        const std::int64_t elements = operand_elements(instruction, role);
        add(Memory::vector,
            contiguous(operand.address, packed_bytes(elements, bits(operand.format))), write);
    }

    const MachineParams& params_;
    isa::Engine engine_;
    Footprint accesses_;
};

std::int64_t size(const MachineParams& params, Memory memory) {
    switch (memory) {
        case Memory::moving:
            return params.buffers.moving_bytes;
        case Memory::stationary:
            return params.buffers.stationary_bytes;
        case Memory::accumulator:
            return params.buffers.accumulator_bytes;
        case Memory::vector:
            return params.buffers.vector_bytes;
        case Memory::scalar:
            return params.buffers.scalar_bytes;
        case Memory::dram:
            return config::dram_share_bytes(params);
        case Memory::scratchpad:
            return config::scratchpad_share_bytes(params);
    }
    throw std::logic_error("a memory without a size");
}

}  // namespace

Footprint footprint(const MachineParams& params, isa::Engine engine,
                    const isa::Instruction& instruction) {
    Builder builder(params, engine);
    std::visit(builder, instruction.body);
    return builder.take();
}

Footprint split_off_next_core(Footprint& footprint) {
    const auto rest =
        std::stable_partition(footprint.begin(), footprint.end(),
                              [](const Access& access) { return !access.in_next_core; });
    Footprint in_next(rest, footprint.end());
    footprint.erase(rest, footprint.end());
    return in_next;
}

void check_bounds(const MachineParams& params, const Footprint& footprint) {
    for (const auto& [memory, region, write, in_next_core] : footprint) {
        if (std::ranges::any_of(region.extent, [](std::int64_t extent) { return extent < 1; })) {
            throw buffer::BufferError(
                fmt::format("{} at {}: an empty or negative extent", name(memory), region.address));
        }
        const std::int64_t bytes = size(params, memory);
        if (memory != Memory::dram && memory != Memory::scratchpad) {
            buffer::check_range(name(memory), bytes, region.begin(), region.end() - region.begin());
        } else if (region.begin() < 0 || region.end() > bytes) {
            const std::string message =
                fmt::format("{}: bytes {} to {} lie outside its {} bytes", name(memory),
                            region.begin(), region.end(), bytes);
            if (memory == Memory::dram) throw dram::DramError(message);
            throw scratchpad::ScratchpadError(message);
        }
    }
}

}  // namespace quatrain::machine
