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

golden::Tensor read_tensor(const CoreMemories& memories, const compiler::Program& program,
                           training::TensorId id) {
    const compiler::Placement& place = program.placements[id];
    std::vector<std::byte> bytes(static_cast<std::size_t>(place.bytes));
    if (isa::space_of(place.dram_address) == isa::Space::scratchpad)
        memories.scratchpad.read(
            memories.scratchpad_begin + place.dram_address - isa::scratchpad_base, bytes);
    else
        memories.dram.read(memories.dram_begin + place.dram_address, bytes);
    return unpack(program.graph.tensors[id], bytes);
}

}  // namespace quatrain::run
