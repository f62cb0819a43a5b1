// SPDX-License-Identifier: Apache-2.0
#include "sim/run/timeline.hpp"

#include "rtl_models/isa/address_map.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <tuple>
#include <utility>

namespace quatrain::run {
namespace {

using isa::BufferId;
using isa::Semaphore;

std::string text_of(const isa::Instruction& instruction) {
    isa::Instruction bare;
    bare.body = instruction.body;
    return isa::describe(bare);
}

}  // namespace

TimelineRecorder::TimelineRecorder(const config::Architecture& architecture,
                                   const compiler::Program& program) {
    timeline_.cores = architecture.cores;
    for (std::size_t i = 0; i < isa::engine_count; ++i)
        timeline_.engines.emplace_back(isa::name(static_cast<isa::Engine>(i)));
    for (std::size_t i = 0; i < isa::buffer_count; ++i)
        timeline_.buffers.emplace_back(isa::name(static_cast<BufferId>(i)));
    for (const compiler::OperatorCode& code : program.code)
        timeline_.operators.push_back(
            fmt::format("{} {} {}", code.name, code.kind, training::name(code.pass)));
    timeline_.clock_period_ps = architecture.clock_period_ps;

    const auto guards = [this](Semaphore free, BufferId buffer, std::int64_t bytes) {
        regions_[static_cast<std::size_t>(free)] = {buffer, bytes};
    };
    const buffer::Params& buffers = architecture.buffers;
    const buffer::VectorRegions vector = buffer::vector_regions(buffers, architecture.cores);
    guards(Semaphore::moving_free, BufferId::moving, buffers.moving_bytes / 2);
    guards(Semaphore::stationary_free, BufferId::stationary, buffers.stationary_bytes / 2);
    guards(Semaphore::accumulator_free, BufferId::accumulator, buffers.accumulator_bytes / 2);
    guards(Semaphore::drain_free, BufferId::vector, vector.drain_bytes);
    guards(Semaphore::tile_free, BufferId::vector, vector.tile_bytes);
    guards(Semaphore::parameters_free, BufferId::vector, vector.parameter_bytes);
}

void TimelineRecorder::add(const machine::InstructionRecord& record) {
    TimelineSlice slice;
    slice.core = record.core;
    slice.engine = static_cast<std::size_t>(record.engine);
    slice.operator_index = record.operator_index;
    slice.text = text_of(*record.instruction);
    slice.issue = static_cast<std::uint64_t>(record.issue);
    slice.end = static_cast<std::uint64_t>(record.done);
    // An ideal transfer is done in the cycle of its issue.
    slice.start = std::min(slice.issue + 1, slice.end);
    if (const auto* transfer = std::get_if<isa::DmaTransfer>(&record.instruction->body)) {
        const auto& extent = transfer->extent;
        slice.bytes = static_cast<std::uint64_t>(extent[0] * extent[1] * extent[2] * extent[3]);
        slice.buffer = static_cast<std::size_t>(transfer->buffer);
        slice.space = isa::space_of(transfer->dram_address);
    }
    timeline_.slices.push_back(std::move(slice));
    add_occupancy(record.core, record.instruction->waits, record.issue, 1);
    add_occupancy(record.core, record.instruction->signals, record.done, -1);
}

Timeline TimelineRecorder::take() {
    // The machine reports what ends in one cycle in an order of its own.
    std::ranges::stable_sort(timeline_.slices, {}, [](const TimelineSlice& slice) {
        return std::tuple(slice.end, slice.core, slice.engine, slice.issue);
    });
    return std::move(timeline_);
}

void TimelineRecorder::add_occupancy(std::int64_t core,
                                     const std::array<isa::SemaphoreUse, 4>& uses,
                                     std::int64_t cycle, std::int64_t sign) {
    for (const isa::SemaphoreUse& use : uses) {
        const Region& region = regions_[static_cast<std::size_t>(use.semaphore)];
        if (region.bytes == 0) continue;
        timeline_.occupancy.push_back({static_cast<std::size_t>(region.buffer),
                                       static_cast<std::uint64_t>(cycle),
                                       sign * use.count * region.bytes, core});
    }
}

}  // namespace quatrain::run
