// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/initialisation.hpp"

#include "workloads/datasets/counter_random.hpp"

#include <fmt/format.h>
#include <cmath>
#include <stdexcept>

namespace quatrain::datasets {
namespace {

/// Sum of twelve uniform 16-bit integers, around 0: standard deviation 65536.
std::int64_t irwin_hall(const CounterRandom& random, std::uint64_t element) {
    std::int64_t sum = -6 * 65535;
    for (std::uint64_t draw = 0; draw < 3; ++draw) {
        std::uint64_t bits = random.bits(3 * element + draw);
        for (int i = 0; i < 4; ++i, bits >>= 16) sum += static_cast<std::int64_t>(bits & 0xffff);
    }
    return sum;
}

}  // namespace

void fill_he_normal(std::uint64_t seed, const std::string& name, std::int64_t fan_in,
                    std::span<float> values) {
    if (fan_in < 1)
        throw std::invalid_argument(
            fmt::format("tensor {}, fan_in = {}: must be at least 1", name, fan_in));
    const CounterRandom random(seed, name);
    const double deviation = std::sqrt(2.0 / static_cast<double>(fan_in)) / 65536.0;
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(static_cast<double>(irwin_hall(random, i)) * deviation);
}

}  // namespace quatrain::datasets
