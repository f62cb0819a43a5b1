// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace quatrain::numerics {

// GradScale: a power-of-two scale per layer that keeps the largest scaled gradient in (32, 64]
// (docs/numerics.md; the paper's Fig. 3(a)). Scales are held as log2.

inline constexpr std::int32_t gradscale_initial = 16;
inline constexpr std::int32_t gradscale_minimum = -24;
inline constexpr std::int32_t gradscale_maximum = 40;

/// 2^log2, for log2 in -126..127.
constexpr float power_of_two(std::int32_t log2) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(log2 + 127) << 23);
}

/// +1 if the largest |scaled gradient| is at most 32, 0 if at most 64, -1 above (infinity
/// included).
constexpr std::int32_t gradscale_vote(float maximum) {
    if (maximum <= 32.0F) return 1;
    return maximum <= 64.0F ? 0 : -1;
}

/// The next step's scale [log2] from the sum of all workers' votes: one up, one down or unchanged,
/// then clamped.
constexpr std::int32_t gradscale_update(std::int32_t log2, std::int32_t votes) {
    const std::int32_t direction = (votes > 0 ? 1 : 0) - (votes < 0 ? 1 : 0);
    return std::clamp(log2 + direction, gradscale_minimum, gradscale_maximum);
}

}  // namespace quatrain::numerics
