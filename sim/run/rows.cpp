// SPDX-License-Identifier: Apache-2.0
#include "sim/run/rows.hpp"

#include "sim/energy/area.hpp"
#include "sim/machine/forecast.hpp"
#include "sim/run/memory.hpp"
#include "sim/run/step_image.hpp"

#include <algorithm>
#include <bit>

namespace quatrain::run {
namespace {

/// Cycles that the definition's MACs would take on full arrays.
double ideal_cycles(const config::Architecture& architecture, const OperatorRow& row) {
    return static_cast<double>(row.macs) /
           static_cast<double>(peak_macs_per_cycle(architecture, row.counts));
}

OperatorRow make_row(const compiler::OperatorCode& code, std::int64_t cores) {
    OperatorRow row;
    row.name = code.name;
    row.kind = code.kind;
    row.pass = training::name(code.pass);
    row.format = code.format;
    row.dataflow = compiler::name(code.dataflow);
    row.tile = code.tile;
    row.m = code.m;
    row.n = code.n;
    row.k = code.k;
    row.macs = code.macs * static_cast<std::uint64_t>(cores);
    return row;
}

/// Rows partition the run: an operator's time ends when it and all before it are done.
std::vector<std::uint64_t> ends(const std::vector<machine::OperatorResult>& operators) {
    std::vector<std::uint64_t> cycles;
    std::uint64_t latest = 0;
    for (const machine::OperatorResult& one : operators)
        cycles.push_back(latest = std::max(latest, static_cast<std::uint64_t>(one.end_cycle)));
    return cycles;
}

void add_times(const RunOptions& options, const machine::MachineResult& simulated,
               RunResult& result) {
    const std::vector<std::uint64_t> end = ends(simulated.operators);
    std::uint64_t previous = 0;
    double ideal = 0;
    for (std::size_t i = 0; i < result.operators.size(); ++i) {
        OperatorRow& row = result.operators[i];
        row.counts = simulated.operators[i].events;
        row.start_cycle = previous;
        previous = end[i];
        row.cycles = previous - row.start_cycle;
        row.span_cycles = static_cast<std::uint64_t>(simulated.operators[i].end_cycle -
                                                     simulated.operators[i].start_cycle);
        if (row.macs == 0) continue;
        ideal += ideal_cycles(options.architecture, row);
        // What ran ahead of the end of the operator before can have fewer cycles than it took.
        if (row.cycles != 0)
            row.utilisation = std::min(
                1.0, ideal_cycles(options.architecture, row) / static_cast<double>(row.cycles));
    }
    for (const OperatorRow& row : result.operators) {
        result.counts += row.counts;
        result.macs += row.macs;
    }
    result.cycles = previous;
    if (result.cycles != 0) result.utilisation = ideal / static_cast<double>(result.cycles);
    result.seconds = static_cast<double>(result.cycles) *
                     static_cast<double>(options.architecture.clock_period_ps) * 1e-12;
}

void add_energies(const RunOptions& options, const machine::MachineResult& simulated,
                  RunResult& result) {
    const energy::DramCosts dram =
        simulated.channels.empty() ? energy::dram_costs(options.architecture)
                                   : energy::dram_costs(options.architecture, simulated.channels,
                                                        result.counts, result.cycles);
    const energy::BandModel model(options.technology, options.architecture, dram);
    for (OperatorRow& row : result.operators) {
        row.energy = model.account(row.counts, row.cycles);
        result.energy += row.energy;
    }
    result.sensitivity = energy::sensitivity(options.technology, options.architecture, dram,
                                             result.counts, result.cycles);
    result.area_mm2 = energy::area(options.technology, options.architecture).square_millimetres();
}

std::int32_t integer(const golden::Tensor& scalar) {
    return std::bit_cast<std::int32_t>(scalar.codes.at(0));
}
float real(const golden::Tensor& scalar) {
    return std::bit_cast<float>(scalar.codes.at(0));
}

int sign(int value) {
    return (value > 0) - (value < 0);
}

/// The name of what all cores together have of a tensor.
std::string of_all_cores(const training::Graph& graph, const std::string& name) {
    return graph.cores > 1 ? name + ".reduced" : name;
}

GradScaleRow gradscale_row(const training::Graph& graph, const training::Operator& quantise,
                           const StepInputs& inputs, const TensorSource& source) {
    const auto tensor = [&](std::int64_t core, const std::string& suffix) {
        return source(core, graph.by_name.at(quantise.name + suffix));
    };
    GradScaleRow row;
    row.layer = quantise.name;
    row.log2_scale = integer(inputs.at(0, quantise.name + ".gradscale_log2"));
    const bool global = graph.recipe.gradscale == training::GradScaleScope::global;
    const std::string vote = global ? "gradscale_vote" : quantise.name + ".gradscale_vote";
    row.vote_sum = integer(source(0, graph.by_name.at(of_all_cores(graph, vote))));
    row.vote = sign(row.vote_sum);
    const training::Tensor& gradient = graph.tensors[quantise.inputs[0]];
    const auto elements = static_cast<double>(gradient.elements() * graph.cores);
    for (std::int64_t core = 0; core < graph.cores; ++core) {
        row.max_abs = std::max<double>(row.max_abs, real(tensor(core, ".gradient_max")));
        row.underflow_fraction += integer(tensor(core, ".gradient_underflow")) / elements;
        row.overflow_fraction += integer(tensor(core, ".gradient_overflow")) / elements;
    }
    return row;
}

/// Outputs, and inputs that the operator updates in place.
std::vector<training::TensorId> made_tensors(const training::Operator& op) {
    std::vector<training::TensorId> made = op.outputs;
    const std::vector<training::TensorId> updated = training::updated_in_place(op);
    made.insert(made.end(), updated.begin(), updated.end());
    return made;
}

}  // namespace

std::uint64_t peak_macs_per_cycle(const config::Architecture& architecture,
                                  const EventCounts& counts) {
    const mac_array::Params& array = architecture.array;
    using numerics::Precision;
    const Precision mode = counts[Event::macs_thirty_two_bit] != 0 ? Precision::thirty_two_bit
                           : counts[Event::macs_sixteen_bit] != 0  ? Precision::sixteen_bit
                           : counts[Event::macs_eight_bit] != 0    ? Precision::eight_bit
                                                                   : Precision::four_bit;
    const std::int64_t lanes = mac_array::lanes(array, mode);
    return static_cast<std::uint64_t>(architecture.cores * array.rows * array.cols * lanes);
}

RunResult make_result(const RunOptions& options, const compiler::Program& program,
                      const machine::MachineResult& simulated) {
    RunResult result;
    for (std::size_t i = 0; i < simulated.operators_done; ++i)
        result.operators.push_back(make_row(program.code[i], options.architecture.cores));
    result.complete = simulated.operators_done == program.code.size();
    add_times(options, simulated, result);
    add_energies(options, simulated, result);
    result.channels = channel_rows(options.architecture, simulated.channels);
    result.faults = {.nan = result.counts[Event::fault_nan],
                     .infinity = result.counts[Event::fault_infinity],
                     .saturated = result.counts[Event::fault_saturated]};
    result.parameters = network::parameters(options.network);
    result.macs_forward = network::macs_forward(options.network);
    result.program_bytes = program.encoded_bytes;
    result.dram_bytes = program.dram_bytes * options.architecture.cores;
    return result;
}

void add_predictions(const RunOptions& options, const compiler::Program& program,
                     RunResult& result) {
    const std::vector<machine::OperatorQueues> queues = operator_queues(program);
    const std::vector<std::uint64_t> end =
        ends(machine::forecast(options.architecture, queues, {}).operators);
    std::uint64_t previous = 0;
    for (std::size_t i = 0; i < result.operators.size(); ++i) {
        result.operators[i].predicted_cycles = end[i] - previous;
        previous = end[i];
    }
    if (result.complete) result.predicted_cycles = previous;
}

void add_numbers(const compiler::Program& program, const StepInputs& inputs,
                 const TensorSource& source, RunResult& result) {
    const training::Graph& graph = program.graph;
    if (const auto loss = graph.by_name.find(of_all_cores(graph, "loss"));
        loss != graph.by_name.end())
        result.loss = real(source(0, loss->second));
    for (const training::Operator& op : graph.operators)
        if (op.kind == training::OperatorKind::gradient_quantise)
            result.gradscale.push_back(gradscale_row(graph, op, inputs, source));
    std::reverse(result.gradscale.begin(), result.gradscale.end());  // network order
}

void add_golden(const compiler::Program& program, const CheckResult& checked, RunResult& result) {
    for (std::size_t i = 0; i < result.operators.size(); ++i)
        for (const std::size_t index : program.code[i].operators) {
            const training::Operator& op = program.graph.operators[index];
            for (const training::TensorId id : made_tensors(op))
                if (const auto count = checked.tensors.find(id); count != checked.tensors.end())
                    result.operators[i].golden += count->second;
        }
}

void add_fidelity(const compiler::Program& program,
                  const std::map<std::size_t, std::vector<TensorFidelity>>& fidelities,
                  RunResult& result) {
    for (std::size_t i = 0; i < result.operators.size(); ++i)
        for (const std::size_t index : program.code[i].operators)
            if (const auto found = fidelities.find(index); found != fidelities.end()) {
                OperatorRow& row = result.operators[i];
                row.tensors.insert(row.tensors.end(), found->second.begin(), found->second.end());
                row.sqnr_db = found->second.front().sqnr_db;
                row.cosine = found->second.front().cosine;
                row.bias = found->second.front().bias;
            }
}

}  // namespace quatrain::run
