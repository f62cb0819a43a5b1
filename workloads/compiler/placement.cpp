// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/placement.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "workloads/compiler/lowering.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <vector>

namespace quatrain::compiler {
namespace {

constexpr std::int64_t scalar_element = 4;  ///< bytes of a scalar
constexpr std::int64_t alignment = 256;     ///< bytes; whole bursts of every preset

std::int64_t aligned(std::int64_t bytes) {
    return ceil_div(bytes, alignment) * alignment;
}

void place_scalars(Program& program, const Target& target) {
    std::int64_t next = 0;
    for (std::size_t id = 0; id < program.placements.size(); ++id) {
        if (!program.graph.tensors[id].scalar) continue;
        program.placements[id] = {program.scalar_image_address + next, scalar_element, next};
        next += scalar_element;
    }
    program.scalar_bytes = next;
    const std::int64_t needed = next + mailed_scalar_bytes(target.cores);
    if (needed > target.buffers.scalar_bytes)
        throw CompileError(
            fmt::format("network {}: its scalars need {} bytes, the scalar buffer has {}",
                        program.graph.network.name, needed, target.buffers.scalar_bytes));
}

/// All but scalars, packed.
void measure_tensors(Program& program) {
    for (std::size_t id = 0; id < program.placements.size(); ++id) {
        const auto& tensor = program.graph.tensors[id];
        if (tensor.scalar) continue;
        const std::int64_t bits = tensor.columns() * numerics::bits(tensor.format);
        if (bits % 8 != 0)
            throw CompileError(fmt::format("tensor {}: has {} channels, {} needs an even number",
                                           tensor.name, tensor.columns(),
                                           numerics::name(tensor.format)));
        program.placements[id].bytes = packed_bytes(tensor.elements(), tensor.format);
    }
}

/// How often every byte of a tensor moves, at least: to the memory once, and to each operator that
/// reads it.
std::vector<std::int64_t> traffic_per_byte(const training::Graph& graph) {
    std::vector<std::int64_t> traffic(graph.tensors.size(), 1);
    for (const training::Operator& op : graph.operators)
        for (const training::TensorId id : std::set(op.inputs.begin(), op.inputs.end()))
            ++traffic[id];
    return traffic;
}

/// Tensors that lie in the scratchpad if there is room, in the order in which they ask for it: what
/// the step finds, and what it leaves for the next, is in the DRAM.
std::vector<training::TensorId> scratchpad_candidates(const training::Graph& graph) {
    const std::vector<std::int64_t> traffic = traffic_per_byte(graph);
    std::vector<training::TensorId> candidates;
    for (training::TensorId id = 0; id < graph.tensors.size(); ++id) {
        const training::Tensor& tensor = graph.tensors[id];
        if (tensor.origin == training::Origin::computed && !tensor.scalar &&
            tensor.updated_name.empty())
            candidates.push_back(id);
    }
    std::ranges::stable_sort(candidates, [&](training::TensorId a, training::TensorId b) {
        return traffic[a] > traffic[b];
    });
    return candidates;
}

/// Returns which tensors have their place now.
std::vector<bool> fill_scratchpad(Program& program, const Target& target) {
    std::vector<bool> placed(program.placements.size(), false);
    std::int64_t next = 0;
    for (const training::TensorId id : scratchpad_candidates(program.graph)) {
        Placement& place = program.placements[id];
        if (next + aligned(place.bytes) > target.scratchpad_bytes) continue;
        place.dram_address = isa::scratchpad_base + next;
        next += aligned(place.bytes);
        placed[id] = true;
    }
    program.scratchpad_bytes = next;
    return placed;
}

}  // namespace

void place_tensors(Program& program, const Target& target) {
    program.placements.resize(program.graph.tensors.size());
    place_scalars(program, target);
    measure_tensors(program);
    const std::vector<bool> placed = fill_scratchpad(program, target);
    std::int64_t next = aligned(program.scalar_bytes);
    for (std::size_t id = 0; id < program.placements.size(); ++id) {
        if (program.graph.tensors[id].scalar || placed[id]) continue;
        program.placements[id].dram_address = next;
        next += aligned(program.placements[id].bytes);
    }
    program.dram_bytes = next;
    if (next > target.dram.capacity_bytes)
        throw CompileError(fmt::format(
            "network {}: its tensors need {} bytes, {} DRAM has {}", program.graph.network.name,
            next, target.cores == 1 ? "the" : "a core's share of the", target.dram.capacity_bytes));
}

}  // namespace quatrain::compiler
