// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/region.hpp"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace quatrain::machine {
namespace {

std::set<std::int64_t> bytes_of(const Region& region) {
    std::set<std::int64_t> all;
    for (std::int64_t c = 0; c < region.extent[3]; ++c)
        for (std::int64_t b = 0; b < region.extent[2]; ++b)
            for (std::int64_t a = 0; a < region.extent[1]; ++a)
                for (std::int64_t i = 0; i < region.extent[0]; ++i)
                    all.insert(region.address + i + a * region.stride[0] + b * region.stride[1] +
                               c * region.stride[2]);
    return all;
}

TEST(Region, OverlapsExactlyWhenAByteIsShared) {
    std::mt19937_64 random(1);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    const auto draw_region = [&] {
        return Region{draw(0, 60),
                      {draw(1, 6), draw(1, 4), draw(1, 3), draw(1, 2)},
                      {draw(-8, 20), draw(0, 30), draw(0, 60)}};
    };
    int overlaps = 0;
    for (int trial = 0; trial < 6000; ++trial) {
        Region a = draw_region(), b = draw_region();
        if (trial % 3 == 1) {  // rows of one tensor
            a.extent[3] = b.extent[3] = a.extent[2] = b.extent[2] = 1;
            b.stride = a.stride;
        } else if (trial % 3 == 2) {  // long combs, of which one may skip rows of the other
            b.extent = {draw(1, 3), draw(1, 40), 1, 1};
            b.stride[0] = draw(4, 12);
            a.extent[1] = draw(1, 20);
            a.extent[2] = a.extent[3] = 1;
            a.stride[0] = draw(0, 1) == 0 ? 2 * b.stride[0] : draw(7, 30);
            b.address = draw(0, 300);
        }
        const std::set<std::int64_t> in_a = bytes_of(a);
        bool shared = false;
        for (const std::int64_t byte : bytes_of(b)) shared = shared || in_a.contains(byte);
        ASSERT_EQ(overlap(a, b), shared);
        ASSERT_EQ(bytes_of(a.merged()), in_a);
        ASSERT_EQ(a.begin(), *in_a.begin());
        ASSERT_EQ(a.end(), *in_a.rbegin() + 1);
        overlaps += shared ? 1 : 0;
    }
    EXPECT_GT(overlaps, 600);
    EXPECT_LT(overlaps, 5400);
}

TEST(Region, MergedIsContiguousWhereTheRunsTouchOrOverlap) {
    const Region whole = Region{100, {16, 4, 8, 3}, {16, 64, 512}}.merged();
    EXPECT_EQ(whole.address, 100);
    EXPECT_EQ(whole.extent, (std::array<std::int64_t, 4>{16 * 4 * 8 * 3, 1, 1, 1}));
    const Region backwards = Region{100, {16, 4, 1, 1}, {-12, 0, 0}}.merged();
    EXPECT_EQ(backwards.address, 64);
    EXPECT_EQ(backwards.extent, (std::array<std::int64_t, 4>{52, 1, 1, 1}));
    const Region rows = Region{0, {16, 4, 8, 1}, {32, 128, 0}}.merged();
    EXPECT_EQ(rows.extent, (std::array<std::int64_t, 4>{16, 32, 1, 1}));
    EXPECT_EQ(rows.stride[0], 32);
}

TEST(Region, InterleavedColumnsDoNotOverlap) {
    const Region left{0, {64, 100, 1, 1}, {128, 0, 0}};
    Region right = left;
    right.address = 64;
    EXPECT_FALSE(overlap(left, right));
    right.extent[0] = 65;
    EXPECT_TRUE(overlap(left, right));
}

TEST(Region, OverlapDoesNotWalkThroughRunsThatLieAlike) {
    // Walking through them would take longer than any test may; addresses stay below 2^63.
    constexpr std::int64_t many = std::int64_t{1} << 18;
    const Region pixels{0, {16, many, many, many}, {32, 33 * many, 34 * many * many}};
    Region others = pixels;
    others.address += 16;
    EXPECT_FALSE(overlap(pixels, others));
    others.extent[0] = 17;
    EXPECT_TRUE(overlap(pixels, others));
    const Region every{0, {16, many * many, 1, 1}, {32, 0, 0}};
    Region second{16, {16, many * many / 2, 1, 1}, {64, 0, 0}};
    EXPECT_FALSE(overlap(every, second));
    EXPECT_FALSE(overlap(second, every));
    second.extent[0] = 17;
    EXPECT_TRUE(overlap(every, second));
}

}  // namespace
}  // namespace quatrain::machine
