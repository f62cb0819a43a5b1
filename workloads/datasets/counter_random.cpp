// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/counter_random.hpp"

namespace quatrain::datasets {
namespace {

constexpr std::uint64_t gamma = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd

std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/// FNV-1a.
std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 0xcbf29ce484222325;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return value;
}

}  // namespace

CounterRandom::CounterRandom(std::uint64_t seed, std::string_view tag)
    : key_(mix(mix(seed + gamma) ^ hash(tag))) {}

std::uint64_t CounterRandom::bits(std::uint64_t counter) const {
    return mix(key_ + (counter + 1) * gamma);
}

double CounterRandom::uniform(std::uint64_t counter) const {
    return static_cast<double>(bits(counter) >> 11) * 0x1p-53;
}

}  // namespace quatrain::datasets
