// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/region.hpp"

#include "rtl_models/isa/instruction.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace quatrain::machine {
namespace {

/// Rounded down; `divisor` is positive.
std::int64_t floor_div(std::int64_t value, std::int64_t divisor) {
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// Levels of repetition of a merged region.
std::size_t levels_of(const Region& region) {
    std::size_t levels = 0;
    while (levels < 3 && region.extent[levels + 1] > 1) ++levels;
    return levels;
}

/// A merged region's inner `levels`: bytes from the first to one past the last.
std::int64_t span(const Region& region, std::size_t levels) {
    std::int64_t bytes = region.extent[0];
    for (std::size_t i = 0; i < levels; ++i) bytes += (region.extent[i + 1] - 1) * region.stride[i];
    return bytes;
}

std::int64_t outer_stride(const Region& region, std::size_t levels) {
    return levels == 0 ? 0 : region.stride[levels - 1];
}

/// Of the inner levels of two merged regions, of which b's begin `distance` bytes behind a's.
bool overlap(const Region& a, std::size_t levels_a, const Region& b, std::size_t levels_b,
             std::int64_t distance) {
    if (distance >= span(a, levels_a) || -distance >= span(b, levels_b)) return false;
    if (levels_a + levels_b == 0) return true;
    const std::int64_t stride = outer_stride(a, levels_a), other = outer_stride(b, levels_b);
    if (stride < other) return overlap(b, levels_b, a, levels_a, -distance);
    // Of equal strides, only the difference of the two indices counts.
    const std::size_t inner_b = stride == other ? levels_b - 1 : levels_b;
    const std::int64_t count_b = stride == other ? b.extent[levels_b] : 1;
    const std::int64_t span_a = span(a, levels_a - 1), span_b = span(b, inner_b);
    const std::int64_t least = std::max(floor_div(distance - span_a, stride) + 1, 1 - count_b);
    const std::int64_t most =
        std::min(floor_div(distance + span_b - 1, stride), a.extent[levels_a] - 1);
    // Rows of b look alike from every i of one period, but for those that reach past their ends.
    const bool periodic = inner_b == 1;
    const std::int64_t period = periodic ? b.stride[0] / std::gcd(stride, b.stride[0]) : 1;
    const std::int64_t first_within = std::max(least, floor_div(distance + stride - 1, stride));
    const std::int64_t last_within = floor_div(distance + span_b - span_a, stride);
    for (std::int64_t i = least; i <= most; ++i) {
        if (overlap(a, levels_a - 1, b, inner_b, distance - i * stride)) return true;
        if (periodic && i == first_within + period - 1)
            i = std::max(i, std::min(last_within, most));
    }
    return false;
}

}  // namespace

std::string_view name(Memory memory) {
    if (memory == Memory::dram) return "dram";
    if (memory == Memory::scratchpad) return "scratchpad";
    return isa::name(static_cast<isa::BufferId>(memory));
}

std::int64_t Region::begin() const {
    std::int64_t at = address;
    for (std::size_t i = 0; i < 3; ++i)
        at += std::min<std::int64_t>(0, (extent[i + 1] - 1) * stride[i]);
    return at;
}

std::int64_t Region::end() const {
    std::int64_t at = address + extent[0];
    for (std::size_t i = 0; i < 3; ++i)
        at += std::max<std::int64_t>(0, (extent[i + 1] - 1) * stride[i]);
    return at;
}

Region Region::merged() const {
    struct Level {
        std::int64_t stride, extent;
    };
    std::array<Level, 3> levels{};
    for (std::size_t i = 0; i < 3; ++i) levels[i] = {std::abs(stride[i]), extent[i + 1]};
    std::ranges::sort(levels, {}, &Level::stride);
    Region result{.address = begin(), .extent = {extent[0], 1, 1, 1}, .stride = {}};
    std::size_t kept = 0;
    for (const Level& level : levels) {
        if (level.extent == 1) continue;
        if (kept == 0 && level.stride <= result.extent[0]) {
            result.extent[0] += (level.extent - 1) * level.stride;
        } else if (kept > 0 && level.stride == result.stride[kept - 1] * result.extent[kept]) {
            result.extent[kept] *= level.extent;
        } else {
            result.stride[kept] = level.stride;
            result.extent[++kept] = level.extent;
        }
    }
    return result;
}

bool overlap(const Region& first, const Region& second) {
    const Region a = first.merged(), b = second.merged();
    return overlap(a, levels_of(a), b, levels_of(b), b.address - a.address);
}

std::string describe(const Access& access) {
    return fmt::format("{} {}{} [{}, {})", access.write ? "writes" : "reads",
                       access.in_next_core ? "the next core's " : "", name(access.memory),
                       access.region.begin(), access.region.end());
}

}  // namespace quatrain::machine
