// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/compiler.hpp"

#include "workloads/compiler/heuristic_mapper.hpp"
#include "workloads/compiler/lowering.hpp"
#include "workloads/compiler/placement.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace quatrain::compiler {

using isa::Engine;
using isa::Semaphore;
using training::OperatorKind;

OtherDataflow other_dataflow(const Program& program) {
    OtherDataflow result;
    for (const OperatorCode& code : program.code)
        for (std::size_t phase = 0; phase < code.mappings.size(); ++phase) {
            const bool is_other = std::visit(
                [](const auto& one) { return one.dataflow != one.usual; }, code.mappings[phase]);
            if (is_other) result.insert({code.name, code.pass, static_cast<std::int64_t>(phase)});
        }
    return result;
}

std::string_view name(Dataflow dataflow) {
    switch (dataflow) {
        case Dataflow::weight_stationary:
            return "weight stationary";
        case Dataflow::output_stationary:
            return "output stationary";
        case Dataflow::none:
            break;
    }
    return "none";
}

namespace {

bool is_gemm(OperatorKind kind) {
    return kind == OperatorKind::convolution || kind == OperatorKind::convolution_backward_data ||
           kind == OperatorKind::convolution_backward_weight;
}

/// An integer accumulator takes whole products only: docs/training-step.md, "GEMM".
void require_accumulator(const training::Graph& graph, const Target& target) {
    if (target.array.accumulator != mac_array::Accumulator::int32) return;
    for (const training::Operator& op : graph.operators) {
        if (!is_gemm(op.kind)) continue;
        const auto a = graph.tensors[op.inputs[0]].format, b = graph.tensors[op.inputs[1]].format;
        if (std::max(numerics::bits(a), numerics::bits(b)) > 4)
            throw CompileError(
                fmt::format("layer {}: multiplies {} x {}, int32 accumulators serve the 4-bit mode "
                            "only",
                            op.name, numerics::name(a), numerics::name(b)));
    }
}

/// Operators in the order of their execution. The scales of activations depend on parameters only,
/// and sums of scalars over the cores are for the update only: made first, and behind the backward
/// pass, they do not stand between operators that can share tiles.
std::vector<std::size_t> execution_order(const training::Graph& graph) {
    const auto& operators = graph.operators;
    const auto first = [](const training::Operator& op) {
        return op.kind == OperatorKind::activation_scale;
    };
    const auto late = [&](const training::Operator& op) {
        return op.kind == OperatorKind::all_reduce && graph.tensors[op.inputs[0]].scalar;
    };
    std::vector<std::size_t> order, rest;
    for (std::size_t i = 0; i < operators.size(); ++i)
        if (first(operators[i])) order.push_back(i);
    for (std::size_t i = 0; i < operators.size(); ++i) {
        if (first(operators[i])) continue;
        if (late(operators[i]) && operators[i].pass != training::Pass::update) {
            rest.push_back(i);
            continue;
        }
        if (operators[i].pass == training::Pass::update)
            order.insert(order.end(), rest.begin(), std::exchange(rest, {}).end());
        order.push_back(i);
    }
    return order;
}

/// In groups that share tiles.
std::vector<std::vector<std::size_t>> group_operators(const Lowering& lowering) {
    std::vector<std::vector<std::size_t>> groups;
    for (const std::size_t i : execution_order(lowering.graph)) {
        if (!groups.empty()) {
            auto group = groups.back();
            group.push_back(i);
            if (joins_group(lowering, group)) {
                groups.back() = std::move(group);
                continue;
            }
        }
        groups.push_back({i});
    }
    return groups;
}

OperatorCode describe(const training::Graph& graph, const std::vector<std::size_t>& group) {
    OperatorCode code;
    code.operators = group;
    code.pass = graph.operators[group.front()].pass;
    std::vector<std::string_view> names;
    for (const auto index : group) {
        const auto& op = graph.operators[index];
        if (std::ranges::find(names, op.name) == names.end()) {
            if (!names.empty()) code.name += '+';
            code.name += op.name;
            names.push_back(op.name);
        }
        if (!code.kind.empty()) code.kind += '+';
        code.kind += training::name(op.kind);
    }
    return code;
}

void lower(const Lowering& lowering, OperatorCode& code) {
    const auto& op = lowering.graph.operators[code.operators.front()];
    switch (op.kind) {
        case OperatorKind::convolution:
            return lower_forward(lowering, op, code);
        case OperatorKind::convolution_backward_data:
            return lower_backward_data(lowering, op, code);
        case OperatorKind::convolution_backward_weight:
            return lower_backward_weight(lowering, op, code);
        case OperatorKind::max_pool:
            return lower_max_pool(lowering, op, code);
        case OperatorKind::max_pool_backward:
            return lower_max_pool_backward(lowering, op, code);
        case OperatorKind::weight_quantise:
            if (op.outputs.size() > 1) return lower_weight_quantise(lowering, op, code);
            break;
        default:
            break;
    }
    if (is_scalar_operator(op.kind)) return lower_scalars(lowering, op, code);
    lower_tile_group(lowering, code.operators, code);
}

isa::DmaTransfer scalar_image(const Program& program) {
    return transfer(isa::BufferId::scalar, 0, program.scalar_image_address, program.scalar_bytes,
                    {});
}

/// The scalar buffer's image, to the buffer before the first operator...
void load_scalars(Emitter& emitter, const Program& program) {
    if (program.scalar_bytes == 0) return;
    emitter.emit(Engine::load, scalar_image(program));
    emitter.signal(Engine::load, Semaphore::scalars_loaded);
    emitter.acquire(Engine::vector, Semaphore::scalars_loaded);
}

/// ... and back after the last, which is no sum over the cores.
void store_scalars(Emitter& emitter, const Program& program) {
    if (program.scalar_bytes == 0) return;
    emitter.signal(Engine::vector, Semaphore::scalars_done);
    emitter.acquire(Engine::store, Semaphore::scalars_done);
    emitter.emit(Engine::store, scalar_image(program));
}

/// Sums over the cores: every core has its own code, and leaves the emitter as the others do.
void lower_for_every_core(const Lowering& lowering, const training::Operator& op,
                          std::vector<Mail>& mail, OperatorCode& code) {
    const Emitter before = lowering.emitter;
    for (std::size_t core = 0; core < mail.size(); ++core) {
        lowering.emitter = before;
        lower_all_reduce(lowering, op, static_cast<std::int64_t>(core), mail[core], code);
        code.of_core.push_back(lowering.emitter.finish());
    }
}

std::uint64_t encoded_bytes(const OperatorCode& code) {
    std::uint64_t bytes = 0;
    for (const auto& queue : code.of_core.empty() ? code.queues : code.of_core.front())
        bytes += isa::encoded_bytes(queue);
    return bytes;
}

}  // namespace

Program compile(training::Graph graph, const Target& target) {
    HeuristicMapper mapper;
    return compile(std::move(graph), target, mapper);
}

Program compile(training::Graph graph, const Target& target, Mapper& mapper) {
    require_accumulator(graph, target);
    if (graph.cores != target.cores)
        throw std::logic_error("the step is one of another number of cores than the machine has");
    Program program;
    program.graph = std::move(graph);
    place_tensors(program, target);
    if (program.graph.operators.empty())
        throw CompileError(fmt::format("network {}: has no operators", program.graph.network.name));

    Emitter emitter(target);
    const Lowering lowering{program.graph, program.placements, target, mapper, emitter};
    const auto groups = group_operators(lowering);
    std::vector<Mail> mail(static_cast<std::size_t>(target.cores));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        auto& code = program.code.emplace_back(describe(program.graph, groups[i]));
        emitter.begin(static_cast<std::uint32_t>(i));
        const auto& op = program.graph.operators[groups[i].front()];
        if (op.kind == OperatorKind::all_reduce) {
            lower_for_every_core(lowering, op, mail, code);
        } else {
            const bool first = i == 0, last = i + 1 == groups.size();
            if (first) load_scalars(emitter, program);
            lower(lowering, code);
            if (last) store_scalars(emitter, program);
            code.queues = emitter.finish();
        }
        program.encoded_bytes += encoded_bytes(code);
    }
    return program;
}

}  // namespace quatrain::compiler
