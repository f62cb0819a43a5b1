// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/dependencies.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>
#include <vector>

namespace quatrain::machine {
namespace {

using Steps = std::vector<std::size_t>;

Access access(bool write, std::int64_t address, std::int64_t bytes,
              Memory memory = Memory::vector) {
    return {.memory = memory, .region = {address, {bytes, 1, 1, 1}, {}}, .write = write};
}
Access read(std::int64_t address, std::int64_t bytes) {
    return access(false, address, bytes);
}
Access write(std::int64_t address, std::int64_t bytes) {
    return access(true, address, bytes);
}

TEST(Dependencies, ReadersWaitForTheWriterAndTheNextWriterForThem) {
    Dependencies dependencies(1);
    EXPECT_EQ(dependencies.add(0, Footprint{write(0, 100)}), Steps{});
    EXPECT_EQ(dependencies.add(0, Footprint{read(0, 50)}), Steps{0});
    EXPECT_EQ(dependencies.add(0, Footprint{read(50, 50)}), Steps{0});
    EXPECT_EQ(dependencies.add(0, Footprint{read(100, 8), write(200, 8)}), Steps{});
    EXPECT_EQ(dependencies.add(0, Footprint{write(0, 100)}), (Steps{0, 1, 2}));
    EXPECT_EQ(dependencies.add(0, Footprint{read(99, 2)}), Steps{4}) << "it stands for 0";
    EXPECT_EQ(dependencies.add(0, Footprint{read(204, 1), write(204, 1)}), Steps{3});
}

TEST(Dependencies, KeepMemoriesAndCoresApartButForWhatIsPutIntoTheNextCore) {
    Dependencies dependencies(3);
    dependencies.add(2, Footprint{write(0, 100)});
    EXPECT_EQ(dependencies.add(1, Footprint{read(0, 100)}), Steps{});
    EXPECT_EQ(dependencies.add(2, Footprint{access(false, 0, 100, Memory::scalar)}), Steps{});
    Access put = write(0, 10);
    put.in_next_core = true;
    EXPECT_EQ(dependencies.add(1, Footprint{put}), Steps{0});
    EXPECT_EQ(dependencies.add(2, Footprint{read(5, 1)}), (Steps{0, 3}));
    EXPECT_EQ(dependencies.add(2, Footprint{put}), Steps{}) << "the last core puts into the first";
    EXPECT_EQ(dependencies.add(0, Footprint{put}), Steps{1});
}

/// Steps that can be reached from `step` along the edges, `step` left out.
std::vector<bool> all_before(const std::vector<Steps>& earlier, std::size_t step) {
    std::vector<bool> reached(step + 1);
    reached[step] = true;
    for (std::size_t at = step + 1; at-- > 0;)
        if (reached[at])
            for (const std::size_t before : earlier[at]) reached[before] = true;
    return reached;
}

/// Every two steps of random programs that must keep their order do, and no two others are tied
/// by an edge.
TEST(Dependencies, AreThoseOfComparingEveryTwoSteps) {
    std::mt19937_64 random(5);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    for (int program = 0; program < 20; ++program) {
        Dependencies dependencies(1);
        std::vector<Footprint> footprints;
        std::vector<Steps> earlier;
        for (std::size_t step = 0; step < 80; ++step) {
            Footprint& touched = footprints.emplace_back();
            for (std::int64_t i = draw(1, 3); i > 0; --i)
                touched.push_back({.memory = Memory::dram,
                                   .region = {draw(0, 400) * 1000,
                                              {draw(1, 70'000), draw(1, 3), draw(1, 2), 1},
                                              {draw(1, 100'000), draw(0, 30'000), 0}},
                                   .write = draw(0, 2) == 0});
            earlier.push_back(dependencies.add(0, touched));
            const std::vector<bool> reached = all_before(earlier, step);
            for (std::size_t other = 0; other < step; ++other) {
                bool tied = false;
                for (const Access& a : footprints[other])
                    for (const Access& b : touched)
                        tied = tied || ((a.write || b.write) && overlap(a.region, b.region));
                ASSERT_TRUE(reached[other] || !tied) << program << ": " << step << " " << other;
                ASSERT_TRUE(tied || std::ranges::count(earlier[step], other) == 0);
            }
        }
    }
}

}  // namespace
}  // namespace quatrain::machine
