// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace quatrain::datasets {

/// Initial weights of the tensor `name`: nearly normal, mean 0, variance 2 / fan_in (He et al.,
/// ICCV 2015), where fan_in, at least 1, is the reduction length. Element i is a function of (seed,
/// name, i) alone, to the bit on every host: z = (u1 + ... + u12 - 6 * 65535) / 65536 with uniform
/// 16-bit integers u (variance 1, |z| < 6), and float(z * sqrt(2 / fan_in)) in double. Throws
/// std::invalid_argument when fan_in is below 1.
void fill_he_normal(std::uint64_t seed, const std::string& name, std::int64_t fan_in,
                    std::span<float> values);

}  // namespace quatrain::datasets
