// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/fifo.hpp"

#include <gtest/gtest.h>
#include <deque>
#include <random>

namespace quatrain {
namespace {

TEST(Fifo, GivesBackInOrderWhateverItsLength) {
    constexpr std::uint64_t seed = 3;
    std::mt19937_64 random(seed);
    Fifo<int> fifo;
    std::deque<int> expected;
    for (int i = 0; i < 20'000; ++i) {
        // Phases of growth and of decline.
        const bool push = random() % 8 < (i / 1000 % 2 == 0 ? 5U : 3U);
        if (push || expected.empty()) {
            fifo.push(i);
            expected.push_back(i);
        } else {
            ASSERT_EQ(fifo.front(), expected.front()) << "seed " << seed;
            fifo.pop();
            expected.pop_front();
        }
        ASSERT_EQ(fifo.size(), expected.size()) << "seed " << seed;
        ASSERT_EQ(fifo.empty(), expected.empty()) << "seed " << seed;
        if (expected.empty()) continue;
        const std::size_t index = random() % expected.size();
        ASSERT_EQ(fifo[index], expected[index]) << "seed " << seed;
        ASSERT_EQ(fifo.back(), expected.back()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace quatrain
