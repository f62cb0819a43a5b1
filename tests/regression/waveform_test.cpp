// SPDX-License-Identifier: Apache-2.0
// Waveforms of a whole training step, as the program writes them.
#include "tests/regression/program.hpp"
#include "tests/support/value_change_dump.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

const char* const small_network = R"yaml(
name: small
input: {height: 8, width: 8, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}
layers:
  - {name: conv1, type: convolution, channels: 8, kernel: 3, padding: 1}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: activation}
  - {name: conv2, type: convolution, channels: 8, kernel: 3, stride: 2, padding: 1}
  - {name: relu2, type: activation}
  - {name: pool, type: average_pool}
  - {name: fc, type: fully_connected, channels: 10}
)yaml";

/// What is at a block besides what carries its own name: the wires that others drive, up to the
/// field of a bus.
const std::map<std::string, std::set<std::string>>& driven_by_others() {
    static const std::map<std::string, std::set<std::string>> table{
        {"sequencer",
         {"load.ready", "load.done", "store.ready", "store.done", "array.ready", "array.done",
          "dispatch.vector_ready", "dispatch.vector_done"}},
        {"dispatch",
         {"sequencer.load_start", "sequencer.load_command", "sequencer.store_start",
          "sequencer.store_command", "sequencer.array_start", "sequencer.array_command",
          "sequencer.vector_start", "sequencer.vector_command", "load.transfer", "store.transfer",
          "array.pass", "streamer.pass", "scaling_unit.start", "scaling_unit.instruction",
          "scaling_unit.done", "vector_unit.start", "vector_unit.instruction", "vector_unit.done"}},
        {"load", {"sequencer.load_start", "dram.load_responses"}},
        {"store", {"sequencer.store_start", "dram.store_responses"}},
        {"dram", {"load.request", "store.request"}},
        {"buffers", {"streamer.moving_requests", "streamer.stationary_requests"}},
        {"streamer",
         {"sequencer.array_start", "array.preload_go", "array.stream_go", "array.stationary_ready",
          "array.moving_ready", "buffers.moving_grants", "buffers.stationary_grants"}},
        {"array", {"sequencer.array_start", "streamer.moving", "streamer.stationary"}},
        {"scaling_unit", {"buffers.always_ready"}},
        {"vector_unit", {"buffers.always_ready"}},
    };
    return table;
}

class Waveforms : public testing::Test {
protected:
    /// The report of a clocked run that writes wave.vcd.
    json::object run(const std::vector<std::string>& extra) {
        std::vector<std::string> arguments{"run",
                                           "--network",
                                           network_,
                                           "--batch",
                                           "1",
                                           "--set",
                                           "core.array.rows=8",
                                           "--set",
                                           "core.array.cols=8",
                                           "--golden",
                                           "off",
                                           "--quiet",
                                           "--json",
                                           "-",
                                           "--fidelity",
                                           "rtl",
                                           "--vcd",
                                           "wave.vcd"};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        const Outcome outcome = run_program(arguments, folder_.path());
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        return json::parse(outcome.output).as_object();
    }
    test::ValueChangeDump dump_of(const std::string& scope) {
        run({"--vcd-scope", scope});
        return test::ValueChangeDump(folder_.path() / "wave.vcd");
    }

    ScratchFolder folder_;
    std::string network_ = folder_.write("small.yaml", small_network);
};

TEST_F(Waveforms, LastAsLongAsTheRunAndHaveNoDate) {
    const json::object object = run({"--vcd-scope", "array"});
    const auto cycles = object.at("totals").at("cycles").to_number<std::int64_t>();
    const auto period = object.at("architecture").at("clock_period_ps").to_number<std::int64_t>();
    const test::ValueChangeDump dump(folder_.path() / "wave.vcd");
    EXPECT_TRUE(dump.picoseconds());
    EXPECT_EQ(dump.date().find_first_not_of(' '), std::string::npos) << "a result has no date";
    EXPECT_GE(dump.end(), cycles * period);
    EXPECT_LT(dump.end(), (cycles + 200) * period) << "the DRAM finishes what it holds, no more";
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "wave.vcd.part.vcd"));
}

/// Whether `wire` is `bus` or a field of it.
bool belongs_to(const std::string& wire, const std::string& bus) {
    return wire == bus || wire.starts_with(bus + ".");
}

class WaveformsOfScopes : public Waveforms, public testing::WithParamInterface<const char*> {};

TEST_P(WaveformsOfScopes, ShowTheBlockAndWhatIsConnectedToIt) {
    const std::string scope = GetParam();
    const test::ValueChangeDump dump = dump_of(scope);
    const std::set<std::string>& others = driven_by_others().at(scope);
    std::size_t own = 0;
    for (const std::string& wire : dump.names()) {
        // What the scaling and vector unit start with is named after them and driven by dispatch.
        const bool inside = belongs_to(wire, scope);
        own += inside && dump.changes(wire) ? 1U : 0U;
        EXPECT_TRUE(wire == "clock" || wire == "dram_clock" || inside ||
                    std::ranges::any_of(
                        others, [&](const std::string& bus) { return belongs_to(wire, bus); }))
            << wire << " is not at " << scope;
        for (const std::string& value : dump.values(wire))
            ASSERT_EQ(value.find_first_not_of("01"), std::string::npos) << wire << " = " << value;
    }
    EXPECT_GE(own, 2U) << "signals and registers of the block that change";
    for (const std::string& bus : others)
        EXPECT_TRUE(std::ranges::any_of(
            dump.names(), [&](const std::string& wire) { return belongs_to(wire, bus); }))
            << bus << " is at " << scope;
}

INSTANTIATE_TEST_SUITE_P(Blocks, WaveformsOfScopes,
                         testing::Values("sequencer", "dispatch", "load", "store", "dram",
                                         "buffers", "streamer", "array", "scaling_unit",
                                         "vector_unit"),
                         [](const auto& block) { return std::string(block.param); });

TEST_F(Waveforms, WithoutAScopeShowEveryBlock) {
    run({});
    const test::ValueChangeDump dump(folder_.path() / "wave.vcd");
    for (const char* wire : {"clock",
                             "sequencer.array_start",
                             "sequencer.load_command.id",
                             "sequencer.vector_command.opcode",
                             "sequencer.semaphore.moving_full",
                             "sequencer.semaphore.accumulator_free",
                             "sequencer.array.operator",
                             "sequencer.array.waits_for",
                             "dispatch.vector_busy",
                             "load.transfer.dram_address",
                             "load.transfer.buffer",
                             "load.request.address",
                             "load.open_bursts",
                             "store.request.data",
                             "dram.load_responses.count",
                             "dram.load_responses.burst_0.data",
                             "dram.channel_0.reads",
                             "dram.channel_0.bus_0.kind",
                             "buffers.moving_grants.bank_0.granted",
                             "buffers.stationary_grants.bank_0.granted",
                             "buffers.accumulator.writes",
                             "buffers.vector.bit_address",
                             "streamer.moving.valid",
                             "streamer.moving.code_0",
                             "streamer.stationary.code_0",
                             "streamer.moving_requests.bank_0.word",
                             "streamer.stationary_requests.bank_0.word",
                             "streamer.pass_0.beats_left",
                             "array.pass.opcode_text",
                             "array.pass.moving_format",
                             "array.pass.vectors",
                             "array.pass.accumulator_address",
                             "array.ready",
                             "array.done",
                             "array.stream_go",
                             "array.phase",
                             "array.stream.beats",
                             "array.stream.output_stationary",
                             "scaling_unit.instruction.opcode_text",
                             "scaling_unit.instruction.rows",
                             "scaling_unit.stage_1.valid",
                             "scaling_unit.stage_1.next_step",
                             "vector_unit.instruction.opcode_text",
                             "vector_unit.group",
                             "vector_unit.step"}) {
        ASSERT_TRUE(dump.has(wire)) << wire;
        EXPECT_TRUE(dump.changes(wire)) << wire;
    }
    const auto phases = dump.texts("array.phase");
    for (const char* phase : {"idle", "preload", "stream", "stream+preload"})
        EXPECT_TRUE(phases.contains(phase)) << phase;
    EXPECT_TRUE(dump.texts("vector_unit.instruction.opcode_text").contains("sgd_update"));
    EXPECT_EQ(dump.texts("array.pass.opcode_text"),
              (std::set<std::string>{"weight_stationary", "output_stationary"}));
}

}  // namespace
}  // namespace quatrain::regression
