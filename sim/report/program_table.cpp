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
        for (const isa::Queue& queue : code.queues) {
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
    return fmt::format("{}, batch {}: {} operators, program {}, DRAM image {}, scalar buffer {}\n",
                       program.graph.network.name, program.graph.batch, program.code.size(),
                       si(static_cast<double>(program.encoded_bytes), "B"),
                       si(static_cast<double>(program.dram_bytes), "B"),
                       si(static_cast<double>(program.scalar_bytes), "B"));
}

std::string program_listing(const compiler::Program& program, const std::string& layer) {
    std::string text;
    for (const compiler::OperatorCode& code : program.code) {
        if (!belongs_to(code, program.graph, layer)) continue;
        text += fmt::format("{} {} {}: {}\n", code.name, code.kind, training::name(code.pass),
                            code.tile);
        for (std::size_t i = 0; i < isa::engine_count; ++i) {
            if (code.queues[i].empty()) continue;
            text += fmt::format("  {} queue\n", isa::name(static_cast<isa::Engine>(i)));
            append_queue(text, code.queues[i], 2);
        }
    }
    return text;
}

}  // namespace quatrain::report
