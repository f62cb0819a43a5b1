// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/counter_random.hpp"
#include "workloads/datasets/initialisation.hpp"
#include "workloads/datasets/shuffle.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

namespace quatrain::datasets {
namespace {

TEST(CounterRandom, IsSplitMix64) {
    // First outputs of the reference implementation with state 1234567.
    const CounterRandom random(1234567);
    EXPECT_EQ(random.bits(0), 6457827717110365317u);
    EXPECT_EQ(random.bits(1), 3203168211198807973u);
    EXPECT_EQ(random.bits(4), 16408922859458223821u);
}

TEST(Shuffle, IsAPermutationForEveryCount) {
    for (const std::int64_t count : {1, 2, 3, 4, 5, 63, 64, 65, 1000}) {
        std::set<std::int64_t> seen;
        for (std::int64_t i = 0; i < count; ++i) seen.insert(permuted(42, i, count));
        EXPECT_EQ(std::ssize(seen), count);
        EXPECT_EQ(*seen.begin(), 0);
        EXPECT_EQ(*seen.rbegin(), count - 1);
    }
}

TEST(Shuffle, SendsEveryPositionEverywhere) {
    std::array<std::array<int, 5>, 5> hits{};
    for (std::uint64_t key = 0; key < 5000; ++key)
        for (std::int64_t i = 0; i < 5; ++i)
            ++hits[static_cast<std::size_t>(i)][static_cast<std::size_t>(permuted(key, i, 5))];
    for (const auto& row : hits)
        for (const int hit : row) EXPECT_NEAR(hit, 1000, 150);
}

std::vector<float> weights(std::uint64_t seed, const std::string& name, std::int64_t fan_in,
                           std::size_t count) {
    std::vector<float> values(count);
    fill_he_normal(seed, name, fan_in, values);
    return values;
}

TEST(HeNormal, HasTheMomentsOfANormalDistribution) {
    const auto values = weights(1, "conv1.weight", 50, 200000);
    double mean = 0, square = 0, fourth = 0, most = 0;
    for (const float w : values) {
        const double z = w / std::sqrt(2.0 / 50);
        mean += z / 200000;
        square += z * z / 200000;
        fourth += z * z * z * z / 200000;
        most = std::max(most, std::abs(z));
    }
    EXPECT_NEAR(mean, 0, 0.01);
    EXPECT_NEAR(square, 1, 0.01);
    EXPECT_NEAR(fourth, 2.9, 0.1);  // twelve uniforms: 3 - 1.2 / 12
    EXPECT_GT(most, 3.5);
    EXPECT_LT(most, 6);
}

TEST(HeNormal, DependsOnSeedNameAndElementOnly) {
    const auto values = weights(1, "conv1.weight", 27, 100);
    const auto longer = weights(1, "conv1.weight", 27, 200);
    EXPECT_TRUE(std::equal(values.begin(), values.end(), longer.begin()));
    EXPECT_NE(values, weights(2, "conv1.weight", 27, 100));
    EXPECT_NE(values, weights(1, "conv2.weight", 27, 100));
}

TEST(HeNormal, IsTheSameToTheBitOnEveryHost) {
    const auto values = weights(1, "conv1.weight", 27, 1000);
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const float w : values) hash = (hash ^ std::bit_cast<std::uint32_t>(w)) * 0x100000001b3;
    EXPECT_EQ(hash, 3281388024631199507u);
}

TEST(HeNormal, RejectsFanInZero) {
    EXPECT_THROW(weights(1, "w", 0, 1), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::datasets
