// SPDX-License-Identifier: Apache-2.0
#include "sim/config/error.hpp"
#include "sim/config/parameters.hpp"
#include "sim/config/reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace quatrain::config {
namespace {

std::string error_of(const std::string& text, std::vector<std::string> overrides = {}) {
    try {
        read_architecture({"machine.yaml", text}, overrides);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Architecture, KeysOfTheFileReplaceDefaultsAndNothingElse) {
    const Architecture machine =
        read_architecture({"machine.yaml",
                           "name: mine\ncore:\n  array:\n    rows: 64\n    accumulator: fp32\n    "
                           "double_result: false\n"});
    EXPECT_EQ(machine.name, "mine");
    EXPECT_EQ(machine.array.rows, 64);
    EXPECT_EQ(machine.array.cols, mac_array::Params{}.cols);
    EXPECT_EQ(machine.array.accumulator, mac_array::Accumulator::fp32);
    EXPECT_FALSE(machine.array.double_result);
    EXPECT_TRUE(machine.array.double_stationary);
}

TEST(Architecture, OverridesComeAfterTheFileAndInOrder) {
    const std::vector<std::string> overrides{"core.array.rows=16", "dram.channels=2",
                                             "core.array.rows=8"};
    const Architecture machine =
        read_architecture({"machine.yaml", "name: a\ncore: {array: {rows: 64}}\n"}, overrides);
    EXPECT_EQ(machine.array.rows, 8);
    EXPECT_EQ(machine.dram.channels, 2);
}

TEST(Architecture, AnUnknownKeyIsAnErrorThatNamesFileLineKeyAndNearNames) {
    const std::string error = error_of("name: a\ncore:\n  array:\n    row: 64\n");
    EXPECT_EQ(
        error.find("machine.yaml:4: key 'core.array.row' = 64: unknown key; near: core.array."), 0U)
        << error;
    EXPECT_NE(error.find("core.array.rows"), std::string::npos) << error;
}

TEST(Architecture, ASizeBelowItsRangeIsAnErrorWithRuleAndUnit) {
    EXPECT_EQ(error_of("name: a\ncore:\n  array:\n    rows: -3\n"),
              "machine.yaml:4: key 'core.array.rows' = -3: must be at least 1 [PE]");
}

TEST(Architecture, AWrongTypeIsAnError) {
    EXPECT_NE(error_of("name: a\ncore: {array: {rows: many}}\n").find("= many: must be an integer"),
              std::string::npos);
    EXPECT_NE(error_of("name: a\ncore: {array: {rows: 3.5}}\n").find("= 3.5: must be an integer"),
              std::string::npos);
    EXPECT_NE(
        error_of("name: a\ncore: {array: {double_result: 1}}\n").find("must be true or false"),
        std::string::npos);
    EXPECT_NE(
        error_of("name: a\ncore: {array: {accumulator: fp4}}\n").find("must be one of dlfloat16"),
        std::string::npos);
    EXPECT_NE(error_of("name: a\ncore: {array: [1, 2]}\n").find("must be one value"),
              std::string::npos);
    EXPECT_NE(error_of("name: a\ndram: {channels: 99999999999999999999}\n").find("64 bits"),
              std::string::npos);
}

TEST(Architecture, AKeyGivenTwiceIsAnError) {
    EXPECT_EQ(error_of("name: a\nclock_period_ps: 5\nclock_period_ps: 6\n"),
              "machine.yaml:3: key 'clock_period_ps' = 6: is given twice");
}

TEST(Architecture, TextThatIsNotYamlIsAnErrorWithItsLine) {
    EXPECT_EQ(error_of("name: a\ncore: {array: \n").find("machine.yaml:"), 0U);
    EXPECT_NE(error_of("name: a\ncore: {array: \n").find("not YAML"), std::string::npos);
    EXPECT_EQ(error_of("- a\n"), "machine.yaml:1: must be a map of keys");
    EXPECT_EQ(error_of("clock_period_ps: 5\n"), "machine.yaml:1: key 'name' is missing");
}

TEST(Architecture, SettingAMissingParameterListsNearNames) {
    const std::string error = error_of("name: a\n", {"core.aray.rows=64"});
    EXPECT_EQ(error.find("--set: key 'core.aray.rows' = 64: unknown key; near: core.array.rows"),
              0U)
        << error;
}

TEST(Architecture, AnAssignmentWithoutAnEqualsSignIsAnError) {
    EXPECT_EQ(error_of("name: a\n", {"core.array.rows"}),
              "--set: 'core.array.rows': must be KEY=VALUE, as in core.array.rows=64");
}

TEST(Architecture, FieldsThatContradictEachOtherAreAnError) {
    EXPECT_EQ(error_of("name: a\ncore: {buffers: {moving_bytes: 1000}}\n")
                  .find("machine.yaml: core.buffers."),
              0U);
}

TEST(Architecture, TheStreamerHasTheBanksOfTheBuffers) {
    EXPECT_EQ(error_of("name: a\ncore: {buffers: {banks: 4}}\n"),
              "machine.yaml: core.streamer.banks = 8: must equal core.buffers.banks, 4");
    EXPECT_EQ(error_of("name: a\ncore: {buffers: {banks: 4}, streamer: {banks: 4}}\n"), "no error");
}

TEST(Architecture, EveryCoreHasAnEqualShareOfTheScratchpad) {
    EXPECT_EQ(read_architecture({"machine.yaml", "name: a\n"}).scratchpad.bytes, 0);
    const std::vector<std::string> overrides{"scratchpad.bytes=196608", "cores=3",
                                             "scratchpad.latency_cycles=0"};
    const Architecture machine = read_architecture({"machine.yaml", "name: a\n"}, overrides);
    EXPECT_EQ(machine.scratchpad.bytes, 196608);
    EXPECT_EQ(machine.scratchpad.latency_cycles, 0);
    EXPECT_EQ(error_of("name: a\ncores: 2\nscratchpad: {bytes: 196608}\n"),
              "machine.yaml: scratchpad.bytes = 196608: must be a multiple of 131072, 64 KiB for "
              "every core");
    EXPECT_EQ(error_of("name: a\nscratchpad: {bytes: 131072}\n", {"cores=4"}),
              "--set: scratchpad.bytes = 131072: must be a multiple of 262144, 64 KiB for every "
              "core");
    EXPECT_EQ(error_of("name: a\nscratchpad: {bytes: 1073741825}\n"),
              "machine.yaml:2: key 'scratchpad.bytes' = 1073741825: must be at most 1073741824 "
              "[bytes]");
}

TEST(Architecture, BringsTheMemoryThatItNames) {
    EXPECT_EQ(read_architecture({"machine.yaml", "name: a\n"}).memory.name, "lpddr5-6400");
    const std::vector<std::string> overrides{"dram.memory=hbm2"};
    EXPECT_EQ(read_architecture({"machine.yaml", "name: a\n"}, overrides).memory.name, "hbm2");
    EXPECT_EQ(error_of("name: a\ndram: {memory: rambus}\n"),
              "machine.yaml: dram.memory = rambus: unknown memory 'rambus': must be a file (.yaml) "
              "or one of ddr4-3200, hbm2, lpddr4-3200, lpddr5-6400");
}

TEST(Architecture, AMemoryThatCannotBeBuiltIsAnError) {
    EXPECT_EQ(error_of("name: a\ndram: {channels: 3}\n"),
              "machine.yaml: dram.channels = 3: must be a power of two");
    EXPECT_EQ(error_of("name: a\ndram: {mapping: \"row:bank\"}\n")
                  .find("machine.yaml: dram.mapping = row:bank: "),
              0U);
    EXPECT_EQ(error_of("name: a\ndram: {controller: {write_low: 30}}\n"),
              "machine.yaml: dram.controller.write_low = 30: must be below write_high, 24");
    EXPECT_EQ(
        error_of("name: a\ndram: {memory: ddr4-3200, controller: {refresh: per_bank}}\n"),
        "machine.yaml: dram.controller.refresh = per_bank: ddr4-3200 has no refresh of single "
        "banks");
}

TEST(Architecture, EveryParameterHasAPathAMeaningAndReadsBackWhatItPrints) {
    Architecture machine;
    machine.name = "a";
    std::vector<Parameter> all = parameters(machine);
    EXPECT_GT(all.size(), 30U);
    for (Parameter& parameter : all) {
        EXPECT_FALSE(parameter.info.meaning.empty()) << parameter.path;
        EXPECT_FALSE(range_text(parameter).empty()) << parameter.path;
        const Parameter::Value before = parameter.get();
        EXPECT_NO_THROW(parameter.set(to_text(before))) << parameter.path;
        EXPECT_EQ(parameter.get(), before) << parameter.path;
    }
}

TEST(Presets, TheDefaultMachineIsTheDefaultsOfTheStructs) {
    Architecture preset = load_architecture("edge-4bit");
    Architecture defaults;
    const std::vector<Parameter> given = parameters(preset);
    const std::vector<Parameter> expected = parameters(defaults);
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i].path == "name" || given[i].path == "description") continue;
        EXPECT_EQ(given[i].get(), expected[i].get()) << given[i].path;
    }
}

TEST(Presets, EveryPresetReads) {
    for (const std::string& name : preset_names("architectures")) {
        const Architecture machine = load_architecture(name);
        EXPECT_EQ(machine.name, name);
        EXPECT_NO_THROW(load_technology(machine.technology));
    }
    EXPECT_EQ(preset_names("architectures").size(), 7U);
    EXPECT_FALSE(load_architecture("edge-4bit-no-overlap").array.double_stationary);
}

// What IBM says of RaPiD: elements, multiply-accumulates of each, memory, ring, and the peaks of
// the measured chip (JSSC 57(1), 2022): 104.9 TOPS in INT4, 26.2 TFLOPS in FP8.
TEST(Presets, Rapid4BitHasTheElementsOfRapid) {
    const Architecture machine = load_architecture("rapid-4bit");
    constexpr std::int64_t elements = 2 * 8 * 8;  // of a core, in two corelets
    const mac_array::Params& array = machine.array;
    EXPECT_EQ(machine.cores, 4);
    EXPECT_EQ(array.rows * array.cols * array.lanes_4bit, elements * 64);
    EXPECT_EQ(array.rows * array.cols * array.lanes_8bit, elements * 16);
    EXPECT_EQ(array.rows * array.cols * array.lanes_16bit, elements * 8);
    const buffer::Params& buffers = machine.buffers;
    EXPECT_EQ(buffers.moving_bytes + buffers.stationary_bytes + buffers.accumulator_bytes +
                  buffers.vector_bytes,
              std::int64_t{2} << 20);
    EXPECT_EQ(machine.ring.bytes_per_cycle, 128);
    EXPECT_EQ(machine.clock_period_ps, 625);
    const auto tops = [&](std::int64_t lanes) {
        const std::int64_t operations = 2 * machine.cores * array.rows * array.cols * lanes;
        return static_cast<double>(operations) / static_cast<double>(machine.clock_period_ps);
    };
    EXPECT_NEAR(tops(array.lanes_4bit), 104.9, 0.05);
    EXPECT_NEAR(tops(array.lanes_8bit), 26.2, 0.05);
}

TEST(Presets, TheMachinesOfScaleSimHaveOneLaneNoOverlapAndIdealMemory) {
    for (const std::int64_t size : {32, 128}) {
        const Architecture machine = load_architecture(fmt::format("scale-sim-{0}x{0}", size));
        EXPECT_EQ(machine.array.rows, size);
        EXPECT_EQ(machine.array.cols, size);
        EXPECT_EQ(machine.array.lanes_4bit, 1);
        EXPECT_EQ(machine.array.lanes_16bit, 1);
        EXPECT_FALSE(machine.array.double_stationary);
        EXPECT_FALSE(machine.array.double_result);
        EXPECT_EQ(machine.streamer.word_bytes, machine.buffers.word_bytes);
        EXPECT_TRUE(machine.dram.ideal);
    }
    EXPECT_FALSE(load_architecture("edge-4bit").dram.ideal);
}

TEST(Presets, AnUnknownNameOrFileIsAnErrorThatSaysWhatThereIs) {
    EXPECT_THROW(load_architecture("no-such-file.yaml"), ConfigError);
    try {
        load_architecture("edge-5bit");
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_STREQ(
            error.what(),
            "unknown architecture 'edge-5bit': must be a file (.yaml) or one of edge-4bit, "
            "edge-4bit-no-overlap, fp16-baseline, hfp8-baseline, rapid-4bit, scale-sim-128x128, "
            "scale-sim-32x32");
    }
}

TEST(Presets, BaselinesAreEdge4bitWithoutTheFourBitMode) {
    const Architecture edge = load_architecture("edge-4bit");
    for (const char* name : {"fp16-baseline", "hfp8-baseline"}) {
        const Architecture machine = load_architecture(name);
        EXPECT_EQ(machine.array.lanes_4bit, 0) << name;
        EXPECT_EQ(machine.array.lanes_16bit, 1) << name;
        EXPECT_EQ(machine.array.rows, edge.array.rows) << name;
        EXPECT_EQ(machine.buffers.moving_bytes, edge.buffers.moving_bytes) << name;
    }
    EXPECT_EQ(load_architecture("fp16-baseline").array.lanes_8bit, 0);
    EXPECT_EQ(load_architecture("hfp8-baseline").array.lanes_8bit, 2);
}

}  // namespace
}  // namespace quatrain::config
