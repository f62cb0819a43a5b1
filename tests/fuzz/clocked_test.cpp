// SPDX-License-Identifier: Apache-2.0
// Random networks on random machines: the machine of events and the machine of clocked views agree
// on everything. QUATRAIN_FUZZ_CASES sets the number of cases of each share; QUATRAIN_FUZZ_SEED
// runs one case alone.
#include "sim/run/step_image.hpp"
#include "sim/run/tensors.hpp"
#include "tests/fuzz/draw.hpp"
#include "tests/fuzz/environment.hpp"
#include "tests/fuzz/shrink.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace quatrain::fuzz {
namespace {

/// What an engine of a core did: operator, issue, done.
using Record = std::tuple<std::size_t, std::int64_t, std::int64_t>;
using EngineOfCore = std::pair<std::int64_t, isa::Engine>;

struct Outcome {
    machine::MachineResult result;
    std::map<EngineOfCore, std::vector<Record>> records;  ///< in order
    std::vector<dram::Command> commands;                  ///< to the DRAM
    std::vector<std::byte> dram;  ///< all pages in which the program has bytes of any share
    std::int64_t dram_bytes = 0;  ///< that were ever written, in whole pages
    bool wrote_beside = false;    ///< in these pages, bytes that are not the program's
    std::vector<std::byte> scratchpad;
};

using Run = machine::MachineResult (*)(const machine::MachineParams&,
                                       std::span<const machine::OperatorQueues>,
                                       const machine::Settings&, dram::DramImage&,
                                       scratchpad::ScratchpadImage*);

/// Of cores with `bytes` of program each, at the beginnings of their shares.
void read_pages(const dram::DramImage& dram, std::int64_t share, std::int64_t cores,
                std::int64_t bytes, Outcome& outcome) {
    constexpr std::int64_t page_bytes = dram::DramImage::page_bytes;
    std::set<std::int64_t> pages;
    for (std::int64_t core = 0; core < cores; ++core)
        for (std::int64_t p = core * share / page_bytes; p * page_bytes < core * share + bytes; ++p)
            pages.insert(p);
    for (const std::int64_t p : pages) {
        std::vector<std::byte> page(static_cast<std::size_t>(page_bytes));
        dram.read(p * page_bytes, page);
        for (std::int64_t core = p * page_bytes / share; core * share < (p + 1) * page_bytes;
             ++core) {
            const auto place = [&](std::int64_t address) {
                return page.begin() +
                       std::clamp<std::int64_t>(address - p * page_bytes, 0, page_bytes);
            };
            const auto is_written = [](std::byte byte) { return byte != std::byte{}; };
            outcome.wrote_beside =
                outcome.wrote_beside ||
                std::any_of(place(core * share + bytes), place((core + 1) * share), is_written);
        }
        outcome.dram.insert(outcome.dram.end(), page.begin(), page.end());
    }
}

Outcome outcome(Run run, const run::RunOptions& options, const compiler::Program& program) {
    const config::Architecture& machine = options.architecture;
    dram::DramImage dram(dram::capacity_bytes(machine.memory, machine.dram));
    scratchpad::ScratchpadImage scratchpad(machine.scratchpad.bytes);
    const network::Extent& input = options.network.input();
    const auto images = datasets::open("synthetic", input.height, input.width, input.channels,
                                       options.network.classes(), options.seed);
    const run::StepInputs inputs(program.graph, images->train_batch(0, options.batch),
                                 options.seed);
    const std::int64_t share = config::dram_share_bytes(machine);
    for (std::int64_t core = 0; core < machine.cores; ++core)
        run::load_image(dram, program, inputs.of_core(core), core * share);
    Outcome outcome;
    machine::Settings settings;
    settings.threads = 1;
    settings.record = [&](const machine::InstructionRecord& one) {
        outcome.records[{one.core, one.engine}].emplace_back(one.operator_index, one.issue,
                                                             one.done);
    };
    settings.dram_command = [&](const dram::Command& one) { outcome.commands.push_back(one); };
    const auto queues = run::operator_queues(program);
    outcome.result = run(machine, queues, settings, dram, &scratchpad);
    read_pages(dram, share, machine.cores, program.dram_bytes, outcome);
    outcome.dram_bytes = dram.allocated_bytes();
    outcome.scratchpad.resize(static_cast<std::size_t>(machine.scratchpad.bytes));
    scratchpad.read(0, outcome.scratchpad);
    return outcome;
}

/// The first instruction of the engine that differs; empty: none.
std::string difference(const std::vector<machine::OperatorQueues>& queues,
                       const std::vector<Record>& fast, const std::vector<Record>& clocked) {
    const auto text = [&](const std::vector<Record>& records, std::size_t i) {
        if (i >= records.size()) return std::string("missing");
        const auto& [index, issue, done] = records[i];
        return fmt::format("{} issued in {}, done in {}", queues[index].name, issue, done);
    };
    for (std::size_t i = 0; i < std::max(fast.size(), clocked.size()); ++i)
        if (i >= fast.size() || i >= clocked.size() || fast[i] != clocked[i])
            return fmt::format("instruction {}: fast {}, clocked {}", i, text(fast, i),
                               text(clocked, i));
    return {};
}

std::string difference(const std::vector<machine::OperatorQueues>& queues, const Outcome& fast,
                       const Outcome& clocked) {
    if (fast.records.size() != clocked.records.size())
        return fmt::format("{} engines did something, clocked {}", fast.records.size(),
                           clocked.records.size());
    for (const auto& [engine, records] : fast.records) {
        const auto other = clocked.records.find(engine);
        const std::string wrong =
            other == clocked.records.end() ? "nothing" : difference(queues, records, other->second);
        if (!wrong.empty())
            return fmt::format("core {}, {}: {}", engine.first, isa::name(engine.second), wrong);
    }
    for (std::size_t i = 0; i < queues.size(); ++i)
        for (std::size_t k = 0; k < event_count; ++k) {
            const auto event = static_cast<Event>(k);
            const auto a = fast.result.operators[i].events[event];
            const auto b = clocked.result.operators[i].events[event];
            if (a != b)
                return fmt::format("{} of {}: fast {}, clocked {}", event_info(event).name,
                                   queues[i].name, a, b);
        }
    if (fast.commands.empty()) return "no command to the DRAM";
    for (std::size_t i = 0; i < std::max(fast.commands.size(), clocked.commands.size()); ++i) {
        if (i >= fast.commands.size() || i >= clocked.commands.size())
            return fmt::format("{} commands to the DRAM, clocked {}", fast.commands.size(),
                               clocked.commands.size());
        if (!(fast.commands[i] == clocked.commands[i]))
            return fmt::format("command {} to the DRAM: in cycle {}, clocked {}", i,
                               fast.commands[i].cycle, clocked.commands[i].cycle);
    }
    if (fast.result.channels != clocked.result.channels)
        return "statistics of the DRAM's channels differ";
    for (std::size_t i = 0; i < fast.dram.size(); ++i)
        if (fast.dram[i] != clocked.dram[i]) return fmt::format("DRAM byte {} differs", i);
    if (fast.scratchpad != clocked.scratchpad) return "the scratchpad's bytes differ";
    for (const Outcome* one : {&fast, &clocked})
        if (one->dram_bytes > std::ssize(one->dram))
            return fmt::format("{} bytes of DRAM written, the program has {}", one->dram_bytes,
                               one->dram.size());
    if (fast.wrote_beside || clocked.wrote_beside) return "bytes beside the program were written";
    if (fast.result.cycles != clocked.result.cycles)
        return fmt::format("{} cycles, clocked {}", fast.result.cycles, clocked.result.cycles);
    return {};
}

struct Case {
    Plan plan;
    run::RunOptions options;
    compiler::Program program;
};

/// Nullopt when the machine refuses the network. Throws std::runtime_error when it had no reason
/// to.
std::optional<Case> compiled(const Plan& plan) {
    const run::RunOptions options = make_options(plan);
    try {
        return Case{plan, options, run::compile_step(options)};
    } catch (const std::exception& error) {
        const std::string wrong = unjustified(plan, error.what());
        if (!wrong.empty()) throw std::runtime_error(wrong);
        return std::nullopt;
    }
}

/// What differs between the two machines; empty: nothing.
std::string compare(const Case& one) {
    try {
        return difference(run::operator_queues(one.program),
                          outcome(machine::run_timed, one.options, one.program),
                          outcome(machine::run_clocked, one.options, one.program));
    } catch (const std::exception& error) {
        return error.what();
    }
}

Plan draw(std::uint64_t seed) {
    Plan plan = Draw(seed).plan();
    // Clocks tick slowly.
    plan.images_per_core =
        std::min<std::int64_t>(plan.images_per_core, plan.architecture.cores == 1 ? 2 : 1);
    return plan;
}

bool differs(const Plan& plan) {
    const std::optional<Case> one = compiled(plan);
    return one && !compare(*one).empty();
}

/// Reports a failing case with the smallest one that fails too.
void run_case(const Case& one) {
    const std::string wrong = compare(one);
    if (wrong.empty()) return;
    const Plan small = shrink(one.plan, differs, 100);
    ADD_FAILURE() << "seed " << one.plan.seed << ": " << wrong
                  << "\nsmaller: " << compare(compiled(small).value()) << "\n"
                  << describe(small);
}

constexpr std::uint64_t shares = 4, default_cases = 16;

/// The cases of a share, one after the other, until `visit` gives false: those that compile.
void for_each_case(std::uint64_t share, std::uint64_t count,
                   const std::function<bool(const Case&)>& visit) {
    std::uint64_t visited = 0;
    for (std::uint64_t seed = 1000 * share; visited < count; ++seed) {
        const std::optional<Case> one = compiled(draw(seed));
        if (!one) continue;
        if (!visit(*one)) return;
        ++visited;
    }
}

class Clocked : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Clocked, FastAndClockedMachineAgreeOnCountersCyclesAndBytes) {
    if (const std::uint64_t only = environment("QUATRAIN_FUZZ_SEED", 0); only != 0) {
        const std::optional<Case> one = compiled(draw(only));
        if (one) run_case(*one);
        return;
    }
    for_each_case(GetParam(), environment("QUATRAIN_FUZZ_CASES", default_cases),
                  [](const Case& one) {
                      run_case(one);
                      return !HasFailure();
                  });
}

/// What a case has in it, in words.
std::set<std::string> features(const Case& one) {
    std::set<std::string> found;
    const auto add = [&](std::string_view what, auto value) {
        found.insert(fmt::format("{} {}", what, static_cast<std::int64_t>(value)));
    };
    for (const Block& block : one.plan.blocks) {
        add("block", block.kind);
        add("kernel", block.kernel);
        add("stride", block.stride);
        add("padded", block.padding > 0);
        add("dilation", block.dilation);
        add("batch norm", block.batch_norm);
    }
    add("head", one.plan.head);
    add("precision", one.plan.precision);
    add("images per core", one.plan.images_per_core);
    add("cores", one.plan.architecture.cores);
    add("batch norm over", one.plan.batch_norm);
    add("scratchpad", one.program.scratchpad_bytes > 0);
    add("training", one.plan.training);
    const mac_array::Params& array = one.plan.architecture.array;
    add("accumulator", array.accumulator);
    add("two stationary registers", array.double_stationary);
    add("two result registers", array.double_result);
    add("one row", array.rows == 1);
    add("one column", array.cols == 1);
    add("one lane", array.lanes_4bit == 1);
    for (const compiler::OperatorCode& code : one.program.code) add("dataflow", code.dataflow);
    return found;
}

TEST(ClockedCases, HaveEveryKindOfLayerAndMachine) {
    std::set<std::string> found;
    for (std::uint64_t share = 1; share <= shares; ++share)
        for_each_case(share, default_cases, [&](const Case& one) {
            found.merge(features(one));
            return true;
        });
    const std::map<std::string, std::vector<int>> wanted{
        {"block", {0, 1, 2, 3}},
        {"kernel", {1, 2, 3, 5}},
        {"stride", {1, 2, 3}},
        {"padded", {0, 1}},
        {"dilation", {1, 2}},
        {"batch norm", {0, 1}},
        {"head", {0, 1, 2}},
        {"precision", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
        {"images per core", {1, 2}},
        {"cores", {1, 2, 3, 4}},
        {"batch norm over", {0, 1}},
        {"scratchpad", {0, 1}},
        {"training", {0, 1}},
        {"accumulator", {0, 1, 2, 3, 4}},
        {"two stationary registers", {0, 1}},
        {"two result registers", {0, 1}},
        {"dataflow", {0, 1, 2}},
        {"one row", {0, 1}},
        {"one column", {0, 1}},
        {"one lane", {0, 1}}};
    for (const auto& [what, values] : wanted)
        for (const int value : values) {
            const std::string feature = fmt::format("{} {}", what, value);
            EXPECT_TRUE(found.contains(feature)) << feature;
        }
}

INSTANTIATE_TEST_SUITE_P(Shares, Clocked, ::testing::Range<std::uint64_t>(1, shares + 1));

}  // namespace
}  // namespace quatrain::fuzz
