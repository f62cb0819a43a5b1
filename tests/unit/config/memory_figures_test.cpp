// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/command_names.hpp"
#include "sim/config/memory.hpp"

#include <gtest/gtest.h>
#include <algorithm>

// What the presets' files give, beside what their sources print.
namespace quatrain::config {
namespace {

using dram::CommandKind;
using dram::Scope;
using enum dram::CommandKind;

struct Figures {
    std::string name;
    double bytes_per_ns;
    std::int64_t read_latency, write_latency, refresh_interval;
    std::vector<std::pair<std::string, std::int64_t>> timings;
};

TEST(MemoryFigures, AreThoseOfTheSources) {
    const std::vector<Figures> all{{"ddr4-3200",
                                    25.6,
                                    22,
                                    16,
                                    12480,
                                    {{"tCL", 22},
                                     {"tCWL", 16},
                                     {"tRCD", 22},
                                     {"tRP", 22},
                                     {"tRAS", 52},
                                     {"tRC", 74},
                                     {"tRRD_S", 4},
                                     {"tRRD_L", 8},
                                     {"tFAW", 34},
                                     {"tCCD_S", 4},
                                     {"tCCD_L", 8},
                                     {"tWR", 24},
                                     {"tRTP", 12},
                                     {"tWTR_S", 4},
                                     {"tWTR_L", 12},
                                     {"tRFC", 560}}},
                                   {"lpddr4-3200",
                                    6.4,
                                    28 + 6 + 3,
                                    14 + 1 + 2 + 3,
                                    6246,
                                    {{"tRL", 28},
                                     {"tWL", 14},
                                     {"tRCD", 29},
                                     {"tRP", 29},
                                     {"tRPab", 34},
                                     {"tRAS", 68},
                                     {"tRC", 97},
                                     {"tRRD", 16},
                                     {"tFAW", 64},
                                     {"tCCD", 8},
                                     {"tWR", 29},
                                     {"tRTP", 12},
                                     {"tWTR", 16},
                                     {"tRFC", 448},
                                     {"tRFCpb", 224}}},
                                   {"lpddr5-6400",
                                    12.8,
                                    17,
                                    9,
                                    3125,
                                    {{"tRL", 17},
                                     {"tWL", 9},
                                     {"tRCD", 15},
                                     {"tRP", 15},
                                     {"tRPab", 17},
                                     {"tRAS", 34},
                                     {"tRC", 49},
                                     {"tRRD", 4},
                                     {"tFAW", 16},
                                     {"tCCD_S", 2},
                                     {"tCCD_L", 4},
                                     {"tWR", 28},
                                     {"tRTP", 8},
                                     {"tWTR_S", 5},
                                     {"tWTR_L", 10},
                                     {"tRFC", 168},
                                     {"tRFCpb", 96}}},
                                   {"hbm2",
                                    16,
                                    14,
                                    5,
                                    3900,
                                    {{"tRL", 14},
                                     {"tWL", 5},
                                     {"tRCDRD", 14},
                                     {"tRCDWR", 12},
                                     {"tRP", 14},
                                     {"tRAS", 34},
                                     {"tRC", 48},
                                     {"tRRD_S", 4},
                                     {"tRRD_L", 4},
                                     {"tFAW", 15},
                                     {"tCCD_S", 2},
                                     {"tCCD_L", 4},
                                     {"tWR", 16},
                                     {"tRTP", 5},
                                     {"tWTR_S", 6},
                                     {"tWTR_L", 8},
                                     {"tRFC", 350},
                                     {"tRFCSB", 160}}}};
    for (const Figures& figures : all) {
        const Memory memory = load_memory_file(figures.name);
        const dram::Organisation& organisation = memory.standard.organisation;
        EXPECT_DOUBLE_EQ(
            1000 * static_cast<double>(organisation.burst_bytes()) /
                static_cast<double>(organisation.burst_cycles * memory.standard.clock_period_ps),
            figures.bytes_per_ns);
        EXPECT_EQ(memory.standard.read_latency, figures.read_latency) << figures.name;
        EXPECT_EQ(memory.standard.write_latency, figures.write_latency) << figures.name;
        EXPECT_EQ(memory.standard.refresh_interval, figures.refresh_interval) << figures.name;
        for (const auto& [timing, cycles] : figures.timings) {
            const auto found = std::ranges::find(memory.timings, timing, &NamedTiming::name);
            ASSERT_NE(found, memory.timings.end()) << figures.name << ' ' << timing;
            EXPECT_EQ(found->cycles, cycles) << figures.name << ' ' << timing;
        }
    }
}

struct Rule {
    std::string memory;
    CommandKind before, after;
    Scope scope;
    std::int64_t cycles;
};

// Worked out by hand: turnarounds, and what commands of several cycles add and take.
TEST(MemoryFigures, RulesAreWorkedOutFromThem) {
    for (const Rule& rule : {
             Rule{"ddr4-3200", read, write, Scope::rank, 12},
             {"ddr4-3200", write, read, Scope::rank, 24},
             {"ddr4-3200", write, read, Scope::bank_group, 32},
             {"ddr4-3200", write, precharge, Scope::bank, 44},
             {"ddr4-3200", write_precharge, activate, Scope::bank, 66},
             {"ddr4-3200", read, write, Scope::other_rank, 12},
             {"ddr4-3200", read, read, Scope::other_rank, 6},
             {"lpddr4-3200", read, write, Scope::rank, 30},
             {"lpddr4-3200", write, read, Scope::rank, 39},
             {"lpddr4-3200", activate, precharge, Scope::bank, 70},
             {"lpddr4-3200", precharge, activate, Scope::bank, 27},
             {"lpddr4-3200", precharge_all, refresh_all, Scope::bank, 34},
             {"lpddr4-3200", refresh_bank, activate, Scope::bank, 222},
             {"lpddr4-3200", refresh_bank, activate, Scope::rank, 14},
             {"lpddr4-3200", refresh_bank, refresh_bank, Scope::rank, 224},
             {"lpddr5-6400", read, write, Scope::rank, 12},
             {"lpddr5-6400", write, read, Scope::rank, 16},
             {"lpddr5-6400", write, read, Scope::bank_group, 23},
             {"lpddr5-6400", refresh_bank, activate, Scope::rank, 6},
             {"lpddr5-6400", refresh_bank, refresh_bank, Scope::rank, 72},
             {"hbm2", activate, read, Scope::bank, 15},
             {"hbm2", activate, write, Scope::bank, 13},
             {"hbm2", precharge, activate, Scope::bank, 13},
             {"hbm2", read, write, Scope::rank, 13},
             {"hbm2", write, read, Scope::bank_group, 15},
             {"hbm2", refresh_bank, activate, Scope::rank, 7},
         }) {
        const dram::Standard standard = load_memory(rule.memory);
        const auto found = std::ranges::find_if(standard.constraints, [&](const auto& constraint) {
            return constraint.before == rule.before && constraint.after == rule.after &&
                   constraint.scope == rule.scope && constraint.count == 1;
        });
        ASSERT_NE(found, standard.constraints.end())
            << rule.memory << ": " << short_name(rule.before) << " to " << short_name(rule.after);
        EXPECT_EQ(found->cycles, rule.cycles) << rule.memory << ": " << found->rule;
    }
}

TEST(MemoryFigures, CommandsHoldTheirBusesAsTheStandardSays) {
    const dram::Standard ddr4 = load_memory("ddr4-3200");
    const dram::Standard lpddr4 = load_memory("lpddr4-3200");
    const dram::Standard lpddr5 = load_memory("lpddr5-6400");
    const dram::Standard hbm2 = load_memory("hbm2");
    for (std::size_t i = 0; i < dram::command_kind_count; ++i) {
        const auto kind = static_cast<CommandKind>(i);
        const bool is_pair = kind == activate || is_column(kind);
        EXPECT_EQ(ddr4.slot(kind).cycles, 1);
        EXPECT_EQ(lpddr4.slot(kind).cycles, is_pair ? 4 : 2);
        EXPECT_EQ(lpddr5.slot(kind).cycles, kind == activate ? 2 : 1);
        EXPECT_EQ(hbm2.slot(kind).cycles, kind == activate ? 2 : 1);
        EXPECT_EQ(hbm2.slot(kind).bus, is_column(kind) ? 1 : 0);
        EXPECT_EQ(ddr4.slot(kind).bus + lpddr4.slot(kind).bus + lpddr5.slot(kind).bus, 0);
    }
}

}  // namespace
}  // namespace quatrain::config
