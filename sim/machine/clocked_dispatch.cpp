// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_dispatch.hpp"

namespace quatrain::machine {
namespace {

constexpr auto load_queue = static_cast<std::size_t>(isa::Engine::load);
constexpr auto store_queue = static_cast<std::size_t>(isa::Engine::store);
constexpr auto array_queue = static_cast<std::size_t>(isa::Engine::array);
constexpr auto vector_queue = static_cast<std::size_t>(isa::Engine::vector);

/// A command is empty until its engine's first instruction issues.
bool empty(const sequencer::Command& command) {
    return command.id == 0;
}

dma::Command transfer(const sequencer::Command& command) {
    return {command.id, std::get<isa::DmaTransfer>(command.instruction.body)};
}

template <class Command>
Command pass(const sequencer::Command& command) {
    if (const auto* body = std::get_if<isa::WeightStationaryPass>(&command.instruction.body))
        return {*body, command.id};
    return {std::get<isa::OutputStationaryPass>(command.instruction.body), command.id};
}

}  // namespace

bool for_scaling_unit(const isa::Instruction& instruction) {
    const auto* vector = std::get_if<isa::VectorInstruction>(&instruction.body);
    return !vector || scaling_unit::executes(vector->operation);
}

ClockedDispatch::ClockedDispatch(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(ClockedDispatch);
    SC_METHOD(split_transfers);
    sensitive << command[load_queue] << command[store_queue];
    SC_METHOD(split_pass);
    sensitive << command[array_queue];
    SC_METHOD(split_vector);
    sensitive << start[vector_queue] << command[vector_queue];
    SC_METHOD(answer);
    sensitive << scaling_done << vector_done << busy_;
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

void ClockedDispatch::split_transfers() {
    if (!empty(command[load_queue].read())) load.write(transfer(command[load_queue].read()));
    if (!empty(command[store_queue].read())) store.write(transfer(command[store_queue].read()));
}

void ClockedDispatch::split_pass() {
    const sequencer::Command& next = command[array_queue].read();
    if (empty(next)) return;
    array_pass.write(pass<mac_array::Command>(next));
    streamer_pass.write(pass<operand_streamer::Command>(next));
}

void ClockedDispatch::split_vector() {
    const sequencer::Command& next = command[vector_queue].read();
    const bool starts = start[vector_queue].read() && !empty(next);
    const bool scales = starts && for_scaling_unit(next.instruction);
    scaling_start.write(scales);
    vector_start.write(starts && !scales);
    if (!starts) return;
    if (const auto* drain = std::get_if<isa::Drain>(&next.instruction.body))
        scaling.write({*drain, next.id});
    else if (scales)
        scaling.write({std::get<isa::VectorInstruction>(next.instruction.body), next.id});
    else
        vector.write({std::get<isa::VectorInstruction>(next.instruction.body), next.id});
}

void ClockedDispatch::answer() {
    const bool finishes = scaling_done.read() || vector_done.read();
    done.write(finishes);
    ready.write(!busy_.read() || finishes);
}

void ClockedDispatch::edge() {
    busy_.write(start[vector_queue].read() ||
                (busy_.read() && !scaling_done.read() && !vector_done.read()));
}

}  // namespace quatrain::machine
