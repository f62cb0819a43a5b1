// SPDX-License-Identifier: Apache-2.0
#include "sim/report/descriptions.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::report {
namespace {

// The row of a figure, in words; of several, the one whose note begins so.
std::string row(const Table& table, const std::string& figure, const std::string& note = "") {
    for (const std::vector<Cell>& cells : table.rows()) {
        if (cells[0].text == figure && cells[3].text.starts_with(note))
            return cells[1].text + "|" + cells[2].text + "|" + cells[3].text;
    }
    return "no such row";
}

TEST(MemoryList, HasEveryPresetWithItsPeak) {
    const Table table = memory_list();
    const auto find = [&](const std::string& name) {
        return *std::ranges::find_if(
            table.rows(), [&](const std::vector<Cell>& cells) { return cells[0].text == name; });
    };
    ASSERT_EQ(table.rows().size(), config::preset_names("memories").size());
    EXPECT_EQ(std::get<double>(find("ddr4-3200")[1].value), 25.6);
    EXPECT_EQ(std::get<double>(find("lpddr5-6400")[1].value), 12.8);
    EXPECT_EQ(std::get<std::int64_t>(find("hbm2")[3].value), 512);
    EXPECT_EQ(find("lpddr4-3200")[4].text, "own");
    EXPECT_EQ(find("lpddr5-6400")[4].text, "stand-in");
}

TEST(MemoryTable, HasEnergiesPerBitAndPower) {
    const Table table = memory_table(config::load_memory_file("ddr4-3200"));
    EXPECT_EQ(row(table, "read"), "5.438|pJ/bit|");
    EXPECT_EQ(row(table, "write"), "4.594|pJ/bit|");
    EXPECT_EQ(row(table, "activate and precharge"), "4200|pJ|a row of a rank");
    EXPECT_EQ(row(table, "refresh of all banks"), "665.3|nJ|85.29 mW in the mean");
    EXPECT_EQ(row(table, "refresh of a bank"), "no such row");
    EXPECT_EQ(row(table, "standby, a row open"), "499.2|mW|a rank");
    EXPECT_EQ(row(table, "stand-in"), "no such row");
}

TEST(MemoryTable, FlagsTheEnergiesOfAnotherMemory) {
    const config::Memory memory = config::load_memory_file("lpddr5-6400");
    EXPECT_EQ(row(memory_table(memory), "stand-in"), "||" + memory.standard.energies.stand_in);
}

TEST(MemoryTable, HasTimesWithSources) {
    const Table table = memory_table(config::load_memory_file("ddr4-3200"));
    EXPECT_EQ(row(table, "tRCD"), "22|cycles|13.75 ns");
    EXPECT_EQ(row(table, "tRFC").substr(0, 19), "560|cycles|350 ns; ");
    EXPECT_EQ(row(table, "refresh interval"), "12,480|cycles|7800 ns");
}

TEST(MemoryTable, WritesRulesAsTheFileDoes) {
    const Table table = memory_table(config::load_memory_file("ddr4-3200"));
    EXPECT_EQ(row(table, "ACT to RD, RDA, WR, WRA"), "22|cycles|in a bank: tRCD");
    EXPECT_EQ(row(table, "ACT to ACT", "in a rank: tFAW"),
              "34|cycles|in a rank: tFAW, counted over 4");
    // Two rules with one expression, not one between all four.
    EXPECT_EQ(row(table, "RD, RDA to RD, RDA", "in another"),
              "6|cycles|in another rank: tBL + tRTRS");
    EXPECT_EQ(row(table, "WR, WRA to WR, WRA", "in another"),
              "6|cycles|in another rank: tBL + tRTRS");
}

TEST(MemoryTable, HasTheBusesOfTheCommands) {
    const Table hbm2 = memory_table(config::load_memory_file("hbm2"));
    EXPECT_EQ(row(hbm2, "ACT"), "2|cycles|of command bus 0");
    EXPECT_EQ(row(hbm2, "RD, RDA, WR, WRA"), "1|cycles|of command bus 1");
    EXPECT_EQ(row(hbm2, "PRE, PREA, REF, REFpb"), "1|cycles|of command bus 0");
    const Table ddr4 = memory_table(config::load_memory_file("ddr4-3200"));
    EXPECT_EQ(row(ddr4, "ACT, PRE, PREA, RD, RDA, WR, WRA, REF"), "1|cycles|of command bus 0");
}

}  // namespace
}  // namespace quatrain::report
