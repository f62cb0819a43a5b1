// SPDX-License-Identifier: Apache-2.0
#include "sim/report/program_table.hpp"

#include "sim/report/figures.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::report {
namespace {

void append_queue(std::string& text, const isa::Queue& queue, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    for (const isa::QueueElement& element : queue) {
        if (element.loop.empty()) {
            text += indent + isa::describe(element.instruction) + "\n";
        } else {
            text += fmt::format("{}repeat {} times\n", indent, element.loop.front().count);
            append_queue(text, element.loop.front().body, depth + 1);
        }
    }
}

/// Names of the queues and their instructions.
void append_queues(std::string& text, const isa::Queues& queues, const std::string& of_core) {
    for (std::size_t i = 0; i < isa::engine_count; ++i) {
        if (queues[i].empty()) continue;
        text += fmt::format("  {}{} queue\n", of_core, isa::name(static_cast<isa::Engine>(i)));
        append_queue(text, queues[i], 2);
    }
}

/// Of core 0, where every core has its own.
const isa::Queues& queues_of_a_core(const compiler::OperatorCode& code) {
    return code.of_core.empty() ? code.queues : code.of_core.front();
}

// A group of operators belongs to each of its layers.
bool belongs_to(const compiler::OperatorCode& code, const training::Graph& graph,
                const std::string& layer) {
    return code.name == layer ||
           std::any_of(code.operators.begin(), code.operators.end(),
                       [&](std::size_t index) { return graph.operators[index].name == layer; });
}

}  // namespace

Table program_table(const compiler::Program& program) {
    Table table({{"layer", Align::left},
                 {"operator", Align::left},
                 {"pass", Align::left},
                 {"format", Align::left},
                 {"m"},
                 {"n"},
                 {"k"},
                 {"dataflow", Align::left},
                 {"tile", Align::left},
                 {"instructions"},
                 {"bytes"}});
    for (const compiler::OperatorCode& code : program.code) {
        std::uint64_t instructions = 0;
        std::uint64_t bytes = 0;
        for (const isa::Queue& queue : queues_of_a_core(code)) {
            instructions += isa::executed_instructions(queue);
            bytes += isa::encoded_bytes(queue);
        }
        table.add({code.name, code.kind, std::string(training::name(code.pass)), code.format,
                   plain(code.m), plain(code.n), plain(code.k),
                   std::string(compiler::name(code.dataflow)), code.tile, plain(instructions),
                   plain(bytes)});
    }
    return table;
}

std::string program_summary(const compiler::Program& program) {
    const training::Graph& graph = program.graph;
    const std::string cores =
        graph.cores == 1 ? "" : fmt::format(" on {} cores, of each", graph.cores);
    const std::string scratchpad =
        program.scratchpad_bytes == 0
            ? ""
            : fmt::format(", scratchpad {}",
                          si(static_cast<double>(program.scratchpad_bytes), "B"));
    return fmt::format(
        "{}, batch {}{}: {} operators, program {}, DRAM image {}{}, scalar buffer {}\n",
        graph.network.name, graph.whole_batch, cores, program.code.size(),
        si(static_cast<double>(program.encoded_bytes), "B"),
        si(static_cast<double>(program.dram_bytes), "B"), scratchpad,
        si(static_cast<double>(program.scalar_bytes), "B"));
}

std::string search_summary(const compiler::SearchCount& count) {
    if (count.gemms == 0) return "";
    std::string text = fmt::format(
        "search: {} different GEMMs with {} mappings, {} costed, the others ruled out by bounds\n",
        count.gemms, grouped(count.mappings), grouped(count.evaluated));
    if (count.both_dataflows)
        return text + fmt::format(
                          "search: the other dataflow than the usual one of the pass is "
                          "best for {} of {} GEMMs\n",
                          count.other_dataflow_chosen, count.gemms);
    text += fmt::format("search: the other dataflow is ruled out by its bounds for {} of {} GEMMs",
                        count.other_dataflow_ruled_out, count.gemms);
    if (count.other_dataflow_ruled_out < count.gemms)
        text += fmt::format("; in the others it could save {:.1f} % of the cost of all at most",
                            100 * count.other_dataflow_saving / count.cost);
    return text + "\n";
}

std::string program_listing(const compiler::Program& program, const std::string& layer) {
    std::string text;
    for (const compiler::OperatorCode& code : program.code) {
        if (!belongs_to(code, program.graph, layer)) continue;
        text += fmt::format("{} {} {}: {}\n", code.name, code.kind, training::name(code.pass),
                            code.tile);
        if (code.of_core.empty()) append_queues(text, code.queues, "");
        for (std::size_t core = 0; core < code.of_core.size(); ++core)
            append_queues(text, code.of_core[core], fmt::format("core {} ", core));
    }
    return text;
}

}  // namespace quatrain::report
