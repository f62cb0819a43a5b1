// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/region.hpp"

#include "rtl_models/isa/instruction.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace quatrain::machine {
namespace {

using Interval = std::pair<std::int64_t, std::int64_t>;  // [first, second)

/// Rounded down; `divisor` is positive.
std::int64_t floor_div(std::int64_t value, std::int64_t divisor) {
    return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/// The contiguous runs of a region that touch [low, high), in address order.
std::vector<Interval> runs(const Region& region, std::int64_t low, std::int64_t high) {
    std::vector<Interval> all;
    for (std::int64_t c = 0; c < region.extent[3]; ++c) {
        for (std::int64_t b = 0; b < region.extent[2]; ++b) {
            for (std::int64_t a = 0; a < region.extent[1]; ++a) {
                const std::int64_t begin = region.address + a * region.stride[0] +
                                           b * region.stride[1] + c * region.stride[2];
                const std::int64_t end = begin + region.extent[0];
                if (end > low && begin < high) all.emplace_back(begin, end);
            }
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

/// Of merged regions of rows with one stride, or of rows and contiguous bytes; nothing otherwise.
std::optional<bool> overlap_of_rows(const Region& a, const Region& b) {
    if (a.extent[2] * a.extent[3] * b.extent[2] * b.extent[3] != 1) return std::nullopt;
    if (a.extent[1] > 1 && b.extent[1] > 1 && a.stride[0] != b.stride[0]) return std::nullopt;
    const std::int64_t stride = a.extent[1] > 1 ? a.stride[0] : b.stride[0];
    const std::int64_t distance = b.address - a.address;
    // Rows i of a and j of b share bytes when -b.extent < distance - (i - j) * stride < a.extent.
    if (stride == 0) return -b.extent[0] < distance && distance < a.extent[0];
    const std::int64_t least =
        std::max(floor_div(distance - a.extent[0], stride) + 1, 1 - b.extent[1]);
    const std::int64_t most =
        std::min(floor_div(distance + b.extent[0] - 1, stride), a.extent[1] - 1);
    return least <= most;
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
    if (std::optional<bool> simple = overlap_of_rows(a, b)) return *simple;
    const std::int64_t low = std::max(a.begin(), b.begin());
    const std::int64_t high = std::min(a.end(), b.end());
    if (low >= high) return false;
    const std::vector<Interval> runs_a = runs(a, low, high);
    const std::vector<Interval> runs_b = runs(b, low, high);
    std::size_t i = 0, j = 0;
    while (i < runs_a.size() && j < runs_b.size()) {
        if (runs_a[i].first < runs_b[j].second && runs_b[j].first < runs_a[i].second) return true;
        if (runs_a[i].second <= runs_b[j].second)
            ++i;
        else
            ++j;
    }
    return false;
}

std::string describe(const Access& access) {
    return fmt::format("{} {}{} [{}, {})", access.write ? "writes" : "reads",
                       access.in_next_core ? "the next core's " : "", name(access.memory),
                       access.region.begin(), access.region.end());
}

}  // namespace quatrain::machine
