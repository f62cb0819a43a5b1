// SPDX-License-Identifier: Apache-2.0
#include "sim/config/reader.hpp"
#include "sim/energy/energy.hpp"
#include "tests/unit/energy/round_technology.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace quatrain::energy {
namespace {

TEST(MemoryCost, SizesAreInterpolatedOnLogarithmicScalesAndBeyondTheEnds) {
    const config::Technology technology = round_technology();
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1024, 1).read.value, 1);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 1).read.value, 2);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 16384, 1).write.value, 8);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 65536, 1).read.value, 8);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 256, 1).read.value, 0.5);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 1).leakage_milliwatts.value, 4);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 1).leakage_milliwatts.low, 2);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 1).leakage_milliwatts.high, 8);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 1).square_millimetres.value, 0.04);
}

TEST(MemoryCost, ASizeIsInterpolatedBetweenItsNeighbours) {
    config::Technology technology = round_technology();
    config::MemoryFigures largest = technology.memories.rows.back();
    largest.bytes = 262144;
    largest.read_picojoules = 64;
    technology.memories.rows.push_back(largest);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 1).read.value, 2);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 65536, 1).read.value, 16);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1048576, 1).read.value, 256);
}

TEST(MemoryCost, WidthsAreInterpolatedToo) {
    config::Technology technology = round_technology();
    // A port of 16 bits: four times the energy of an access of one bit.
    for (std::size_t i = 0; i < 2; ++i) {
        config::MemoryFigures wide = technology.memories.rows[i];
        wide.port_bits = 16;
        wide.read_picojoules *= 4;
        technology.memories.rows.push_back(wide);
    }
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1024, 16).read.value, 4.0 / 16);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1024, 4).read.value, 2.0 / 4);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 4096, 4).read.value, 4.0 / 4);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1024, 4).read.low, 0.25);
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1024, 4).read.high, 1);
    // Wider than the table: several side by side.
    EXPECT_DOUBLE_EQ(memory_cost(technology, 1024, 8192).read.value, 4.0 / 16);
}

// Rows of cacti_22nm.csv: 22 nm, 1RW, ED^2.
TEST(MemoryCost, At22NanometresItIsCactis) {
    const config::Technology technology = config::load_technology("22nm");
    const MemoryCost cost = memory_cost(technology, 262144, 256);
    EXPECT_NEAR(256 * cost.read.value, 25.3885, 0.005);
    EXPECT_NEAR(256 * cost.write.value, 26.9599, 0.005);
    EXPECT_NEAR(cost.leakage_milliwatts.high, 35.0838 + 0.13505, 0.02);
    EXPECT_NEAR(cost.leakage_milliwatts.low, 0.120604 + 0.0312763, 0.0002);
    EXPECT_NEAR(cost.square_millimetres.value, 0.24527, 0.0001);
    EXPECT_NEAR(64 * memory_cost(technology, 8192, 64).read.value, 1.50, 0.005);
}

TEST(MemoryCost, PublishedAccessesAreAsPublished) {
    const config::Technology seven = config::load_technology("7nm");
    const config::Technology forty_five = config::load_technology("45nm");
    EXPECT_DOUBLE_EQ(64 * memory_cost(seven, 8192, 64).read.value, 7.5);
    EXPECT_DOUBLE_EQ(64 * memory_cost(seven, 1 << 20, 64).write.value, 14);
    EXPECT_DOUBLE_EQ(64 * memory_cost(forty_five, 32768, 64).read.value, 20);
    EXPECT_DOUBLE_EQ(64 * memory_cost(forty_five, 1 << 20, 64).read.value, 100);
}

TEST(MemoryCost, ATableOfOneSizeIsRejected) {
    config::Technology technology = round_technology();
    technology.memories.rows.pop_back();
    EXPECT_THROW(memory_cost(technology, 1024, 1), std::invalid_argument);
    technology.memories.rows.clear();
    EXPECT_THROW(memory_cost(technology, 1024, 1), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::energy
