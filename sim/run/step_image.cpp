// SPDX-License-Identifier: Apache-2.0
#include "sim/run/step_image.hpp"

#include "sim/run/tensors.hpp"

#include <fmt/format.h>

namespace quatrain::run {

std::vector<machine::OperatorQueues> operator_queues(const compiler::Program& program) {
    std::vector<machine::OperatorQueues> queues;
    for (const compiler::OperatorCode& code : program.code)
        queues.push_back({&code.queues, fmt::format("{} {}", code.name, code.kind)});
    return queues;
}

void load_image(dram::DramImage& dram, const compiler::Program& program,
                const golden::Tensors& inputs) {
    for (const auto& [name, tensor] : inputs) {
        const training::TensorId id = program.graph.by_name.at(name);
        dram.write(program.placements[id].dram_address, pack(program.graph.tensors[id], tensor));
    }
}

golden::Tensor read_tensor(const dram::DramImage& dram, const compiler::Program& program,
                           training::TensorId id) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(program.placements[id].bytes));
    dram.read(program.placements[id].dram_address, bytes);
    return unpack(program.graph.tensors[id], bytes);
}

}  // namespace quatrain::run
