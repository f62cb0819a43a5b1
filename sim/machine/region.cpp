// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/region.hpp"

#include "rtl_models/isa/instruction.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>
#include <vector>

namespace quatrain::machine {
namespace {

using Interval = std::pair<std::int64_t, std::int64_t>;  // [first, second)

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

bool overlap(const Region& a, const Region& b) {
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
