// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quatrain::datasets {

/// Random bits as a function of a key and a counter: value i never depends on which values were
/// drawn before. Integer arithmetic only, so it is the same on every host. Source: SplitMix64
/// (Steele, Lea and Flood, OOPSLA 2014), whose n-th output is mix(key + n * gamma).
class CounterRandom {
public:
    explicit CounterRandom(std::uint64_t key) : key_(key) {}
    /// A stream of its own for every (seed, tag).
    CounterRandom(std::uint64_t seed, std::string_view tag);

    /// 64 random bits.
    std::uint64_t bits(std::uint64_t counter) const;
    /// In [0, 1), a multiple of 2^-53.
    double uniform(std::uint64_t counter) const;
    /// The generator of sub-stream `index`.
    CounterRandom split(std::uint64_t index) const { return CounterRandom(bits(~index)); }

private:
    std::uint64_t key_;
};

}  // namespace quatrain::datasets
