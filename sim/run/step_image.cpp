// SPDX-License-Identifier: Apache-2.0
#include "sim/run/step_image.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "sim/run/tensors.hpp"

#include <fmt/format.h>

namespace quatrain::run {

std::vector<machine::OperatorQueues> operator_queues(const compiler::Program& program) {
    std::vector<machine::OperatorQueues> queues;
    for (const compiler::OperatorCode& code : program.code) {
        machine::OperatorQueues& of_operator =
            queues.emplace_back(&code.queues, fmt::format("{} {}", code.name, code.kind));
        for (const isa::Queues& own : code.of_core) of_operator.of_core.push_back(&own);
    }
    return queues;
}

void load_image(dram::DramImage& dram, const compiler::Program& program,
                const golden::Tensors& inputs, std::int64_t share_begin) {
    for (const auto& [name, tensor] : inputs) {
        const training::TensorId id = program.graph.by_name.at(name);
        dram.write(share_begin + program.placements[id].dram_address,
                   pack(program.graph.tensors[id], tensor));
    }
}

namespace {

void read_bytes(const CoreMemories& memories, const compiler::Placement& place,
                std::span<std::byte> bytes) {
    if (isa::space_of(place.dram_address) == isa::Space::scratchpad)
        memories.scratchpad.read(
            memories.scratchpad_begin + place.dram_address - isa::scratchpad_base, bytes);
    else
        memories.dram.read(memories.dram_begin + place.dram_address, bytes);
}

}  // namespace

golden::Tensor read_tensor(const CoreMemories& memories, const compiler::Program& program,
                           training::TensorId id) {
    const compiler::Placement& place = program.placements[id];
    std::vector<std::byte> bytes(static_cast<std::size_t>(place.bytes));
    read_bytes(memories, place, bytes);
    return unpack(program.graph.tensors[id], bytes);
}

StepMemory::StepMemory(const config::Architecture& architecture, const compiler::Program& program,
                       bool numerics)
    : program_(program),
      dram_(dram::capacity_bytes(architecture.memory, architecture.dram)),
      scratchpad_(numerics ? architecture.scratchpad.bytes : 0),
      dram_share_(config::dram_share_bytes(architecture)),
      scratchpad_share_(config::scratchpad_share_bytes(architecture)) {}

void StepMemory::load(const StepInputs& inputs) {
    for (std::int64_t core = 0; core < inputs.cores(); ++core)
        load_image(dram_, program_, inputs.of_core(core), core * dram_share_);
}

void StepMemory::write(std::int64_t core, training::TensorId id, std::span<const std::byte> bytes) {
    dram_.write(core * dram_share_ + program_.placements[id].dram_address, bytes);
}

CoreMemories StepMemory::of_core(std::int64_t core) const {
    return {dram_, scratchpad_, core * dram_share_, core * scratchpad_share_};
}

void StepMemory::read(std::int64_t core, training::TensorId id, std::span<std::byte> bytes) const {
    read_bytes(of_core(core), program_.placements[id], bytes);
}

golden::Tensor StepMemory::tensor(std::int64_t core, training::TensorId id) const {
    return read_tensor(of_core(core), program_, id);
}

}  // namespace quatrain::run
