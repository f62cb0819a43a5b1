// SPDX-License-Identifier: Apache-2.0
#include "sim/config/reader.hpp"
#include "sim/energy/area.hpp"
#include "sim/report/descriptions.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::report {
namespace {

double number(const Cell& cell) {
    return std::get<double>(cell.value);
}

TEST(AreaTable, RowsAddUpToTheTotalAndSharesToOne) {
    const config::Technology technology = config::load_technology("22nm");
    const config::Architecture architecture = config::load_architecture("rapid-4bit");
    const energy::AreaReport report = energy::area(technology, architecture);
    const Table table = area_table(technology, architecture);
    ASSERT_EQ(table.rows().size(), report.rows.size() + 1);
    double total = 0, share = 0, low = 0, high = 0;
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
        const auto& row = table.rows()[i];
        EXPECT_EQ(row[0].text, report.rows[i].unit);
        total += number(row[3]);
        share += number(row[4]);
        low += number(row[5]);
        high += number(row[6]);
    }
    const auto& last = table.rows().back();
    EXPECT_DOUBLE_EQ(number(last[3]), total);
    EXPECT_DOUBLE_EQ(number(last[5]), low);
    EXPECT_DOUBLE_EQ(number(last[6]), high);
    EXPECT_NEAR(share, 1, 1e-12);
    EXPECT_NE(area_notes(technology, architecture)
                  .find("left out, for want of a figure: operand streamer"),
              std::string::npos);
}

TEST(TechnologyTable, HasEventsMemoriesAreasAndAssumptions) {
    const Table table = technology_table(config::load_technology("22nm"));
    const auto row = [&](const std::string& name) {
        const auto found = std::ranges::find_if(
            table.rows(), [&](const auto& cells) { return cells[0].text == name; });
        EXPECT_NE(found, table.rows().end()) << name;
        return found == table.rows().end() ? table.rows().front() : *found;
    };
    EXPECT_EQ(row("vector_unit_adds")[4].text, "pJ");
    EXPECT_EQ(row("PE, four 4-bit lanes")[1].text, "0.55");
    EXPECT_EQ(row("PE, four 4-bit lanes")[5].text, "published");
    EXPECT_EQ(row("assumption: clock_energy")[5].text, "assumed");
    // CACTI: 25.3885 pJ for 256 bits, and 0.7 to 1.7 times as much.
    const auto read = row("262,144 bytes, port of 256 bits: read");
    EXPECT_NEAR(number(read[1]), 25.3885 / 256, 1e-5);
    EXPECT_NEAR(number(read[2]), 0.7 * 25.3885 / 256, 1e-5);
    EXPECT_NEAR(number(read[3]), 1.7 * 25.3885 / 256, 1e-5);
    EXPECT_EQ(row("262,144 bytes, port of 256 bits: leakage")[4].text, "mW");
    EXPECT_NEAR(number(row("262,144 bytes, port of 256 bits: area")[1]), 0.2453, 1e-4);
}

}  // namespace
}  // namespace quatrain::report
