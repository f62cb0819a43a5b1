// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/datapath.hpp"

#include "rtl_models/dma/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "rtl_models/operand_streamer/function.hpp"
#include "rtl_models/operand_streamer/overlapping.hpp"
#include "rtl_models/scaling_unit/function.hpp"
#include "rtl_models/vector_unit/function.hpp"
#include "sim/machine/event_charges.hpp"

#include <algorithm>
#include <thread>
#include <type_traits>

namespace quatrain::machine {
namespace {

void add_faults(const numerics::Faults& faults, EventCounts& events) {
    events[Event::fault_nan] += faults.nan;
    events[Event::fault_infinity] += faults.infinity;
    events[Event::fault_saturated] += faults.saturated;
    events[Event::gradient_odd_clipped] += faults.odd_clipped;
}

/// The operand streamer's side of a pass, elements [k_offset, k_offset + k_count) of its stream.
/// What it returns refers to it, so that no memory is taken for it.
template <class Pass>
class MovingOperand {
public:
    MovingOperand(const Pass& pass, std::int64_t k_count, std::span<const std::byte> buffer)
        : pass_(pass), k_count_(k_count), buffer_(buffer) {}

    mac_array::MovingVectors vectors() const {
        return [this](std::int64_t first, std::int64_t count, numerics::DecodedRows rows,
                      std::int64_t stride) {
            operand_streamer::gather(pass_.moving, pass_.moving_format, buffer_,
                                     block(first, count), rows, stride);
        };
    }
    mac_array::MovingLayout layout(decltype(&operand_streamer::lay_out) lay_out) const {
        return [this, lay_out](std::int64_t first, std::int64_t count,
                               numerics::OverlappingVectors& vectors) {
            return lay_out(pass_.moving, pass_.moving_format, buffer_, block(first, count),
                           numerics::product_kind(pass_.moving_format, pass_.stationary_format),
                           vectors);
        };
    }

private:
    operand_streamer::Block block(std::int64_t first, std::int64_t count) const {
        return {first, count, pass_.k_offset, k_count_};
    }

    const Pass& pass_;
    std::int64_t k_count_;
    std::span<const std::byte> buffer_;
};

}  // namespace

Datapath::Datapath(const MachineParams& params, const Settings& settings, dram::DramImage& dram,
                   scratchpad::ScratchpadImage* scratchpad, std::int64_t core)
    : params_(params),
      dram_(dram),
      scratchpad_(scratchpad),
      dram_base_(core * config::dram_share_bytes(params)),
      scratchpad_base_(core * config::scratchpad_share_bytes(params)),
      threads_(thread_count(settings)),
      pass_threads_(settings.pass_threads > 0 ? settings.pass_threads : threads_),
      count_zeros_(settings.count_zeros),
      tile_passes_(settings.tile_passes) {
    const buffer::Params& sizes = params.buffers;
    buffers_.emplace_back("moving", sizes.moving_bytes);
    buffers_.emplace_back("stationary", sizes.stationary_bytes);
    buffers_.emplace_back("accumulator", sizes.accumulator_bytes);
    buffers_.emplace_back("vector", sizes.vector_bytes);
    buffers_.emplace_back("scalar", sizes.scalar_bytes);
}

void Datapath::execute(isa::Engine engine, const isa::Instruction& instruction, EventCounts& events,
                       Scratch& scratch) {
    std::visit(
        [&](const auto& body) {
            if constexpr (std::is_same_v<std::decay_t<decltype(body)>, isa::DmaTransfer>)
                run(engine, body);
            else
                run(body, events, scratch);
        },
        instruction.body);
}

void Datapath::run(isa::Engine engine, const isa::DmaTransfer& transfer) {
    buffer::Buffer& buffer = buffers_[static_cast<std::size_t>(transfer.buffer)];
    switch (isa::space_of(transfer.dram_address)) {
        case isa::Space::dram:
            return move(engine, transfer, dram_base_, dram_, buffer);
        case isa::Space::scratchpad:
            return move(engine, transfer, scratchpad_base_ - isa::scratchpad_base, *scratchpad_,
                        buffer);
        case isa::Space::next_core:
            return put(transfer, buffer);
    }
}

/// Between the buffer and a memory in which the transfer's addresses begin at `base`.
template <class Memory>
void Datapath::move(isa::Engine engine, const isa::DmaTransfer& transfer, std::int64_t base,
                    Memory& memory, buffer::Buffer& buffer) {
    isa::DmaTransfer physical = transfer;
    physical.dram_address += base;
    if (engine == isa::Engine::load)
        dma::load(physical, memory, buffer, threads_);
    else
        dma::store(physical, buffer, memory, threads_);
}

void Datapath::put(const isa::DmaTransfer& transfer, buffer::Buffer& from) {
    const auto to_buffer = static_cast<std::size_t>(isa::next_core_buffer(transfer.dram_address));
    buffer::Buffer& to = next_->buffers_[to_buffer];
    dma::for_each_run(
        transfer, transfer.dram_stride, threads_,
        [&](std::int64_t address, std::int64_t buffer_address, std::int64_t run_bytes) {
            std::ranges::copy(from.read(buffer_address, run_bytes),
                              to.write(isa::next_core_offset(address), run_bytes).begin());
        });
}

void Datapath::run(const isa::WeightStationaryPass& pass, EventCounts& events, Scratch& scratch) {
    const MovingOperand moving(pass, pass.k_count, bytes(isa::BufferId::moving));
    const auto execute =
        tile_passes_ ? mac_array::weight_stationary_tile : mac_array::weight_stationary_pass;
    const mac_array::PassCounts counts =
        execute(params_.array, pass, moving.vectors(), bytes(isa::BufferId::stationary),
                bytes(isa::BufferId::accumulator), scratch.array, pass_threads_, count_zeros_,
                moving.layout(operand_streamer::lay_out));
    events[mac_array::mac_events(pass.moving_format, pass.stationary_format).zero_macs] +=
        static_cast<std::uint64_t>(counts.zero_macs);
}

void Datapath::run(const isa::OutputStationaryPass& pass, EventCounts& events, Scratch& scratch) {
    const MovingOperand moving(pass, pass.outputs, bytes(isa::BufferId::moving));
    const auto execute =
        tile_passes_ ? mac_array::output_stationary_tile : mac_array::output_stationary_pass;
    const mac_array::PassCounts counts =
        execute(params_.array, pass, moving.vectors(), bytes(isa::BufferId::stationary),
                bytes(isa::BufferId::accumulator), scratch.array, pass_threads_, count_zeros_,
                moving.layout(operand_streamer::lay_out_transposed));
    events[mac_array::mac_events(pass.moving_format, pass.stationary_format).zero_macs] +=
        static_cast<std::uint64_t>(counts.zero_macs);
}

void Datapath::run(const isa::Drain& drain, EventCounts& events, Scratch& scratch) {
    const scaling_unit::Memory memory{bytes(isa::BufferId::accumulator),
                                      bytes(isa::BufferId::vector), bytes(isa::BufferId::scalar)};
    const auto format = mac_array::accumulator_format(params_.array.accumulator);
    add_faults(scaling_unit::execute(drain, format, memory, scratch.scaling, threads_).faults,
               events);
}

void Datapath::run(const isa::VectorInstruction& instruction, EventCounts& events,
                   Scratch& scratch) {
    const auto vector = bytes(isa::BufferId::vector);
    const auto scalar = bytes(isa::BufferId::scalar);
    if (scaling_unit::executes(instruction.operation)) {
        const scaling_unit::Memory memory{bytes(isa::BufferId::accumulator), vector, scalar};
        add_faults(scaling_unit::execute(instruction, memory, scratch.scaling, threads_).faults,
                   events);
        return;
    }
    add_faults(vector_unit::execute(instruction, {vector, scalar}, scratch.vector, threads_).faults,
               events);
}

int thread_count(const Settings& settings) {
    if (settings.threads > 0) return settings.threads;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::vector<Datapath> make_datapaths(const MachineParams& params, const Settings& settings,
                                     dram::DramImage& dram,
                                     scratchpad::ScratchpadImage* scratchpad) {
    std::vector<Datapath> all;
    if (!settings.numerics) return all;
    for (std::int64_t core = 0; core < params.cores; ++core)
        all.emplace_back(params, settings, dram, scratchpad, core);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].connect_next(all[(i + 1) % all.size()]);
    return all;
}

}  // namespace quatrain::machine
