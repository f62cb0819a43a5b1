// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/earliest.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>
#include <vector>

namespace quatrain::machine {
namespace {

TEST(Earliest, NothingIsToComeAtFirst) {
    for (const std::size_t slots : {1U, 2U, 3U, 9U})
        EXPECT_EQ(Earliest(slots).cycle(), Earliest::never);
}

// Few different cycles, so that several slots often have the earliest: the lowest one counts.
TEST(Earliest, IsTheLowestSlotWithTheLeastCycle) {
    constexpr std::uint64_t seed = 5;
    std::mt19937_64 random(seed);
    for (const std::size_t slots : {1U, 2U, 3U, 4U, 7U, 16U, 33U}) {
        Earliest earliest(slots);
        std::vector<std::int64_t> cycles(slots, Earliest::never);
        for (int i = 0; i < 2000; ++i) {
            const std::size_t slot = random() % slots;
            const auto cycle = static_cast<std::int64_t>(random() % 12);
            cycles[slot] = cycle == 11 ? Earliest::never : cycle;
            earliest.set(slot, cycles[slot]);
            const auto least = std::min_element(cycles.begin(), cycles.end());
            ASSERT_EQ(earliest.cycle(), *least) << "seed " << seed << ", slots " << slots;
            ASSERT_EQ(earliest.cycle(slot), cycles[slot]);
            if (*least == Earliest::never) continue;
            ASSERT_EQ(earliest.slot(), static_cast<std::size_t>(least - cycles.begin()))
                << "seed " << seed << ", slots " << slots;
        }
    }
}

}  // namespace
}  // namespace quatrain::machine
