// SPDX-License-Identifier: Apache-2.0
#include "sim/config/memory.hpp"
#include "sim/config/error.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::config {
namespace {

constexpr const char* label = "memory.yaml";

std::string text_of(const std::string& name) {
    return find_source("memories", "memory", name).text;
}

std::string error_of(const std::string& text) {
    try {
        read_memory({label, text});
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

// What the file says with `from` changed to `to`, less the name and the line of the change.
std::string error_at_change(const std::string& name, const std::string& from,
                            const std::string& to) {
    std::string text = text_of(name);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const std::string error = error_of(text.replace(at, from.size(), to));
    const std::string start = fmt::format("{}:{}: ", label, line);
    EXPECT_EQ(error.substr(0, start.size()), start) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    return error.substr(std::min(start.size(), error.size()));
}

std::string ddr4_error(const std::string& from, const std::string& to) {
    return error_at_change("ddr4-3200", from, to);
}

void expect_contains(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Memory, EveryPresetReadsAndIsNamedAsItsFile) {
    const std::vector<std::string> names = preset_names("memories");
    EXPECT_EQ(names, (std::vector<std::string>{"ddr4-3200", "hbm2", "lpddr4-3200", "lpddr5-6400"}));
    for (const std::string& name : names) {
        const Memory memory = load_memory_file(name);
        EXPECT_EQ(memory.standard.name, name);
        EXPECT_FALSE(memory.standard.description.empty()) << name;
        EXPECT_FALSE(memory.source.empty()) << name;
        EXPECT_FALSE(memory.energy_source.empty()) << name;
        for (const NamedTiming& timing : memory.timings) {
            EXPECT_FALSE(timing.source.empty()) << name << ' ' << timing.name;
        }
        EXPECT_NO_THROW(validate(memory.standard)) << name;
        EXPECT_NO_THROW(require_separate_bursts(memory.standard)) << name;
    }
}

TEST(Memory, ATimingHasTheSourceNearestToIt) {
    const Memory memory = load_memory_file("ddr4-3200");
    const auto source = [&](const std::string& name) {
        return std::ranges::find(memory.timings, name, &NamedTiming::name)->source;
    };
    EXPECT_EQ(source("tCL"), memory.source);
    expect_contains(source("tRFC"), "gem5");
    std::string text = text_of("ddr4-3200");
    const std::string block = "timing:\n";
    text.insert(text.find(block) + block.size(), "  source: \"data sheet\"\n");
    for (const NamedTiming& timing : read_memory_file({label, text}).timings)
        EXPECT_EQ(timing.source == "data sheet", timing.name != "tRFC") << timing.name;
}

TEST(Memory, TheEnergiesOfAnotherAreMarked) {
    for (const std::string& name : preset_names("memories"))
        EXPECT_EQ(load_memory(name).energies.stand_in.empty(), name != "lpddr5-6400") << name;
}

// LPDDR4's from its currents, LPDDR5's from the figures that its file works out by hand.
TEST(Memory, ThoseOfLpddr5AreLpddr4s) {
    const dram::Standard own = load_memory("lpddr4-3200");
    const dram::Standard other = load_memory("lpddr5-6400");
    const auto expect_same = [](double a, double b) { EXPECT_NEAR(a / b, 1, 1e-4); };
    expect_same(own.energies.activate, other.energies.activate);
    expect_same(own.energies.read, other.energies.read);
    expect_same(own.energies.write, other.energies.write);
    expect_same(own.energies.refresh_all, other.energies.refresh_all);
    expect_same(2 * own.energies.active_standby, other.energies.active_standby);
    expect_same(2 * own.energies.precharged_standby, other.energies.precharged_standby);
}

TEST(Memory, EnergiesComeFromCurrentsOrAsTheyStand) {
    const dram::Standard ddr4 = load_memory("ddr4-3200");
    EXPECT_NEAR(ddr4.energies.activate, 4200, 0.5);
    EXPECT_NEAR(ddr4.energies.read / 512, 5.44, 0.005);
    EXPECT_NEAR(ddr4.energies.refresh_all, 665'280, 0.5);
    EXPECT_NEAR(ddr4.energies.active_standby / 0.625, 499.2, 0.05);
    const dram::Standard hbm2 = load_memory("hbm2");
    EXPECT_DOUBLE_EQ(hbm2.energies.activate, 909);
    EXPECT_DOUBLE_EQ(hbm2.energies.read, 3.48 * 256);
    EXPECT_DOUBLE_EQ(hbm2.energies.write, 3.48 * 256);
    EXPECT_DOUBLE_EQ(hbm2.energies.refresh_all, 1.2 * (250 - 55) * 260 / 2);
    EXPECT_DOUBLE_EQ(hbm2.energies.refresh_bank, hbm2.energies.refresh_all / 16);
    EXPECT_DOUBLE_EQ(hbm2.energies.active_standby, 33);
    EXPECT_DOUBLE_EQ(hbm2.energies.precharged_standby, 24);
}

TEST(Memory, AnUnknownNameListsThePresets) {
    try {
        load_memory("ddr9");
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(),
                     "unknown memory 'ddr9': must be a file (.yaml) or one of ddr4-3200, hbm2, "
                     "lpddr4-3200, lpddr5-6400");
    }
}

TEST(MemoryErrors, AnUnknownTimingNamesTheNearest) {
    expect_contains(ddr4_error("scope: bank, cycles: tRCD}", "scope: bank, cycles: tRDC}"),
                    "key 'constraints[0].cycles' = tRDC: unknown timing 'tRDC': must be one of tR");
    expect_contains(ddr4_error("read_latency: tCL", "read_latency: tC + 1"),
                    "key 'read_latency' = tC + 1: unknown timing 'tC': must be one of ");
    expect_contains(ddr4_error("burst_cycles: tBL", "burst_cycles: BL"),
                    "key 'organisation.burst_cycles' = BL: unknown timing 'BL'");
}

TEST(MemoryErrors, AnExpressionIsTermsJoinedByPlusAndMinus) {
    EXPECT_EQ(ddr4_error("cycles: tRTP + tRP}", "cycles: tRTP * tRP}"),
              "key 'constraints[6].cycles' = tRTP * tRP: must be timings and integers joined by + "
              "and -: + or - is missing before '* tRP'");
}

TEST(MemoryErrors, NoRuleIsShorterThanACycle) {
    EXPECT_EQ(ddr4_error("cycles: tRTP}", "cycles: tRTP - 12}"),
              "key 'constraints[4].cycles' = tRTP - 12: must be at least 1 cycle, is 0");
    EXPECT_EQ(ddr4_error("write_latency: tCWL", "write_latency: 0 - tCWL"),
              "key 'write_latency' = 0 - tCWL: must be at least 1 cycle, is -16");
}

TEST(MemoryErrors, AnUnknownCommandOrScopeListsAll) {
    EXPECT_EQ(ddr4_error("after: [RD, RDA, WR, WRA]", "after: [RD, READ, WR, WRA]"),
              "key 'constraints[0].after' = READ: unknown command: must be one of ACT, PRE, PREA, "
              "RD, RDA, WR, WRA, REF, REFpb");
    EXPECT_EQ(ddr4_error("before: RDA,", "before: RDX,"),
              "key 'constraints[6].before' = RDX: unknown command: must be one of ACT, PRE, PREA, "
              "RD, RDA, WR, WRA, REF, REFpb");
    EXPECT_EQ(ddr4_error("scope: bank_group", "scope: group"),
              "key 'constraints[9].scope' = group: must be one of bank, bank_group, rank, "
              "other_rank, channel");
    expect_contains(error_at_change("hbm2", "  RD: {bus: 1}", "  RDD: {bus: 1}"),
                    "key 'slots.RDD' = {...}: unknown command: must be one of ACT, ");
}

TEST(MemoryErrors, AMissingKeyIsNamed) {
    EXPECT_EQ(ddr4_error("scope: bank, cycles: tRCD}", "cycles: tRCD}"),
              "key 'constraints[0].scope' is missing");
    EXPECT_EQ(error_of("name: x\n"), "memory.yaml:1: key 'source' is missing");
    for (const char* key : {"clock_period_ps", "organisation", "mapping", "timing", "read_latency",
                            "write_latency", "refresh_interval", "constraints", "currents"}) {
        std::string text = text_of("ddr4-3200");
        text.replace(text.find(fmt::format("\n{}:", key)) + 1, 1, "X");
        expect_contains(error_of(text), fmt::format("key '{}' is missing", key));
    }
}

TEST(MemoryErrors, AnUnknownKeyIsAnError) {
    EXPECT_EQ(ddr4_error("count: 4", "counts: 4"), "key 'constraints[11].counts' = 4: unknown key");
    EXPECT_EQ(ddr4_error("mapping:", "speed: 1\nmapping:"), "key 'speed' = 1: unknown key");
    EXPECT_EQ(ddr4_error("  rows:", "  ranks: 2\n  rows:"),
              "key 'organisation.ranks' = 2: unknown key");
    expect_contains(ddr4_error("idd5b_ma: 250", "idd5b_ma: 250, idd6_ma: 30"),
                    "key 'currents.supplies[0].idd6_ma' = 30: unknown key");
    EXPECT_EQ(error_at_change("hbm2", "{bus: 1}", "{bus: 1, pins: 8}"),
              "key 'slots.RD.pins' = 8: unknown key");
}

TEST(MemoryErrors, AnEmptyTableIsAnError) {
    std::string text = text_of("ddr4-3200");
    const std::size_t begin = text.find("constraints:");
    text.replace(begin, text.find("currents:") - begin, "constraints: []\n");
    EXPECT_EQ(error_of(text),
              fmt::format("memory.yaml:{}: key 'constraints' = [...]: must hold a rule or more",
                          1 + std::count(text.begin(),
                                         text.begin() + static_cast<std::ptrdiff_t>(begin), '\n')));
}

TEST(MemoryErrors, ATimeThatNoRuleUsesIsAnError) {
    EXPECT_EQ(ddr4_error("  tRTRS: 2", "  tXP: 10\n  tRTRS: 2"),
              "key 'timing.tXP' = 10: is used by no rule");
}

TEST(MemoryErrors, ATimeIsAnIntegerWithASource) {
    EXPECT_EQ(ddr4_error("tRCD: 22", "tRCD: 13.75"),
              "key 'timing.tRCD' = 13.75: must be an integer");
    EXPECT_EQ(ddr4_error("tRCD: 22", "tRCD: -1"), "key 'timing.tRCD' = -1: must be at least 0");
    EXPECT_EQ(ddr4_error("tRCD: 22", "tRCD: {cycles: 22}"), "key 'timing.tRCD.source' is missing");
    EXPECT_EQ(ddr4_error("tRCD: 22", "tRCD: {source: x}"), "key 'timing.tRCD.cycles' is missing");
    EXPECT_EQ(ddr4_error("tRCD: 22", "tRCD: {cycles: 22, source: x, ns: 14}"),
              "key 'timing.tRCD.ns' = 14: unknown key");
    EXPECT_EQ(ddr4_error("tRCD: 22", "t-RCD: 22"),
              "key 'timing.t-RCD' = 22: the name must be letters, digits and _, a letter first");
}

TEST(MemoryErrors, ASecondRuleForTheSamePairIsAnError) {
    EXPECT_EQ(ddr4_error("after: ACT, scope: rank, cycles: tFAW, count: 4}",
                         "after: ACT, scope: rank, cycles: tFAW}"),
              "key 'constraints[11].cycles' = tFAW: is the second rule from ACT to ACT in this "
              "scope");
}

TEST(MemoryErrors, WhatTheWholeBreaksNamesItsKey) {
    EXPECT_EQ(ddr4_error("  rows: 65536", "  rows: 65535"),
              "key 'organisation.rows' = 65535: must be a power of two from 1 to 2^30");
    EXPECT_EQ(ddr4_error("  row_bytes: 8192", "  row_bytes: 32"),
              "key 'organisation.row_bytes' = 32: must hold a burst or more");
    EXPECT_EQ(ddr4_error("refresh_interval: tREFI", "refresh_interval: 1 + tREFI - tREFI"),
              "key 'refresh_interval' = 1: must be at least a cycle for every bank of a rank");
    EXPECT_EQ(error_at_change("hbm2", "per_bank_refresh: true", "per_bank_refresh: false"),
              "key 'per_bank_refresh' = false: must be true for the constraint ACT to REFpb, 'tRC "
              "+ 1'");
}

TEST(MemoryErrors, ATableThatLetsBurstsOverlapIsAnError) {
    std::string text = text_of("ddr4-3200");
    const std::string rule = "scope: other_rank, cycles: tCL + tBL + tRTRS - tCWL";
    text.replace(text.find(rule), rule.size(), "scope: other_rank, cycles: 9");
    expect_contains(error_of(text),
                    "key 'constraints' = [RD to WR in another rank]: must be at least 10 cycles, "
                    "or their bursts overlap");
}

TEST(MemoryErrors, EnergyComesFromOneOfTwoBlocks) {
    EXPECT_EQ(ddr4_error("currents:", "energies: {}\ncurrents:"),
              "key 'energies' = {...}: must not be given beside 'currents'");
    EXPECT_EQ(error_at_change("hbm2", "  activate_pj: 909", "  activate_pj: -1"),
              "key 'energies.activate_pj' = -1: must be at least 0");
    EXPECT_EQ(ddr4_error("volts: 1.2", "volts: high"),
              "key 'currents.supplies[0].volts' = high: must be a number");
    EXPECT_EQ(ddr4_error("devices: 8", "devices: 0"),
              "key 'currents.devices' = 0: must be at least 1");
    std::string text = text_of("ddr4-3200");
    const std::size_t list = text.find("supplies:");
    expect_contains(error_of(text.substr(0, list) + "supplies: []\n"),
                    "key 'currents.supplies' = [...]: must hold a supply or more");
}

TEST(MemoryErrors, CurrentsNeedTheTimesTheyFlow) {
    std::string text = text_of("hbm2");
    const std::size_t begin = text.find("energies:");
    text.replace(begin, std::string::npos,
                 "currents:\n  source: x\n  devices: 1\n  supplies:\n"
                 "    - {volts: 1.2, idd0_ma: 65, idd2n_ma: 40, idd3n_ma: 55, idd4r_ma: 390, "
                 "idd4w_ma: 500, idd5b_ma: 250, idd5pb_ma: 90}\n");
    expect_contains(error_of(text), "key 'timing.tRFCpb' is missing");
}

}  // namespace
}  // namespace quatrain::config
