// SPDX-License-Identifier: Apache-2.0
// Random networks on random machines: the machine of events and the machine of clocked views agree
// on everything.
#include "sim/run/step_image.hpp"
#include "sim/run/tensors.hpp"
#include "tests/fuzz/draw.hpp"
#include "tests/fuzz/shrink.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <optional>
#include <tuple>

namespace quatrain::fuzz {
namespace {

using Record = std::tuple<isa::Engine, std::size_t, std::int64_t, std::int64_t>;

struct Outcome {
    machine::MachineResult result;
    std::array<std::vector<Record>, isa::engine_count> records;  ///< of each engine, in order
    std::vector<std::byte> dram;
};

using Run = machine::MachineResult (*)(const machine::MachineParams&,
                                       std::span<const machine::OperatorQueues>,
                                       const machine::Settings&, dram::DramImage&);

Outcome outcome(Run run, const run::RunOptions& options, const compiler::Program& program) {
    dram::DramImage dram(options.architecture.dram.capacity_bytes);
    const network::Extent& input = options.network.input();
    const auto images = datasets::open("synthetic", input.height, input.width, input.channels,
                                       options.network.classes(), options.seed);
    run::load_image(
        dram, program,
        run::initial_tensors(program.graph, images->train_batch(0, options.batch), options.seed));
    Outcome outcome;
    machine::Settings settings;
    settings.threads = 1;
    settings.record = [&](const machine::InstructionRecord& one) {
        outcome.records[static_cast<std::size_t>(one.engine)].emplace_back(
            one.engine, one.operator_index, one.issue, one.done);
    };
    const auto queues = run::operator_queues(program);
    outcome.result = run(options.architecture, queues, settings, dram);
    outcome.dram.resize(static_cast<std::size_t>(program.dram_bytes));
    dram.read(0, outcome.dram);
    return outcome;
}

std::string difference(const std::vector<machine::OperatorQueues>& queues, const Outcome& fast,
                       const Outcome& clocked) {
    for (std::size_t e = 0; e < isa::engine_count; ++e)
        for (std::size_t i = 0; i < std::max(fast.records[e].size(), clocked.records[e].size());
             ++i) {
            if (i < fast.records[e].size() && i < clocked.records[e].size() &&
                fast.records[e][i] == clocked.records[e][i])
                continue;
            const auto text = [&](const Outcome& one) {
                if (i >= one.records[e].size()) return std::string("missing");
                const auto& [engine, index, issue, done] = one.records[e][i];
                return fmt::format("{} issued in {}, done in {}", queues[index].name, issue, done);
            };
            return fmt::format("{} instruction {}: fast {}, clocked {}",
                               isa::name(static_cast<isa::Engine>(e)), i, text(fast),
                               text(clocked));
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
    for (std::size_t i = 0; i < fast.dram.size(); ++i)
        if (fast.dram[i] != clocked.dram[i]) return fmt::format("DRAM byte {} differs", i);
    if (fast.result.cycles != clocked.result.cycles)
        return fmt::format("{} cycles, clocked {}", fast.result.cycles, clocked.result.cycles);
    return {};
}

/// What differs between the two machines; nullopt when the machine refuses the network.
std::optional<std::string> compare(const Plan& plan) {
    std::optional<compiler::Program> program;
    run::RunOptions options;
    try {
        options = make_options(plan);
        program = run::compile_step(options);
    } catch (const std::exception&) {
        return std::nullopt;
    }
    try {
        return difference(run::operator_queues(*program),
                          outcome(machine::run_timed, options, *program),
                          outcome(machine::run_clocked, options, *program));
    } catch (const std::exception& error) {
        return error.what();
    }
}

class Clocked : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Clocked, FastAndClockedMachineAgreeOnCountersCyclesAndBytes) {
    constexpr int cases = 12;
    int ran = 0;
    for (std::uint64_t seed = 1000 * GetParam(); ran < cases; ++seed) {
        Plan plan = Draw(seed).plan();
        plan.batch = 1;
        const std::optional<std::string> wrong = compare(plan);
        if (!wrong) continue;
        ++ran;
        if (!wrong->empty()) {
            const Plan small = shrink(
                plan, [](const Plan& one) { return !compare(one).value_or("").empty(); }, 100);
            ADD_FAILURE() << "seed " << seed << ": " << *wrong
                          << "\nsmaller: " << compare(small).value_or("") << "\n"
                          << describe(small);
            return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shares, Clocked, ::testing::Range<std::uint64_t>(1, 5));

}  // namespace
}  // namespace quatrain::fuzz
