// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/shuffle.hpp"

#include "workloads/datasets/counter_random.hpp"

#include <bit>

namespace quatrain::datasets {
namespace {

constexpr std::uint64_t rounds = 6;

/// A bijection of the numbers of 2 * half bits.
std::uint64_t feistel(const CounterRandom& random, std::uint64_t value, int half) {
    const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
    std::uint64_t left = value >> half;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const std::uint64_t next = left ^ (random.bits(right * rounds + round) & mask);
        left = right;
        right = next;
    }
    return left << half | right;
}

}  // namespace

std::int64_t permuted(std::uint64_t key, std::int64_t position, std::int64_t count) {
    const CounterRandom random(key, "permutation");
    const auto size = static_cast<std::uint64_t>(count);
    const int half = (static_cast<int>(std::bit_width(size - 1)) + 1) / 2;
    auto value = static_cast<std::uint64_t>(position);
    do value = feistel(random, value, half);
    while (value >= size);
    return static_cast<std::int64_t>(value);
}

}  // namespace quatrain::datasets
