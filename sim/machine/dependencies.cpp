// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/dependencies.hpp"

#include <algorithm>
#include <utility>

namespace quatrain::machine {
namespace {

constexpr std::int64_t memories = static_cast<std::int64_t>(Memory::scratchpad) + 1;

bool contiguous(const Region& region) {
    return region.extent[1] == 1 && region.extent[2] == 1 && region.extent[3] == 1;
}

/// What `region` has of bytes [begin, begin + bytes) is found to lie within `cover`.
bool covers(const Region& cover, const Region& region, std::int64_t begin, std::int64_t bytes) {
    return cover == region ||
           (contiguous(cover) && cover.begin() <= std::max(region.begin(), begin) &&
            std::min(region.end(), begin + bytes) <= cover.end());
}

}  // namespace

std::vector<std::size_t> Dependencies::add(std::int64_t core, std::span<const Access> footprint) {
    const std::size_t step = steps_++;
    std::vector<std::size_t> earlier;
    for (const Access& access : footprint) {
        const Touch touch{compared_.size(), step, access.write, access.region.merged()};
        compared_.push_back(touch.number);
        const std::int64_t last = (touch.region.end() - 1) / stretch_bytes;
        for (std::int64_t at = touch.region.begin() / stretch_bytes; at <= last; ++at) {
            Stretch& stretch = stretches_[key(core, access, at)];
            collect(stretch, touch, earlier);
            if (touch.write)
                std::erase_if(stretch, [&](const Touch& old) {
                    return covers(touch.region, old.region, at * stretch_bytes, stretch_bytes);
                });
            stretch.push_back(touch);
        }
    }
    std::ranges::sort(earlier);
    earlier.erase(std::unique(earlier.begin(), earlier.end()), earlier.end());
    return earlier;
}

std::int64_t Dependencies::key(std::int64_t core, const Access& access,
                               std::int64_t stretch) const {
    const std::int64_t owner = access.in_next_core ? (core + 1) % cores_ : core;
    return (stretch * cores_ + owner) * memories + static_cast<std::int64_t>(access.memory);
}

void Dependencies::collect(const Stretch& stretch, const Touch& touch,
                           std::vector<std::size_t>& earlier) {
    for (const Touch& old : stretch) {
        if (old.step == touch.step || !(old.write || touch.write)) continue;
        if (std::exchange(compared_[old.number], touch.number) == touch.number) continue;
        if (overlap(old.region, touch.region)) earlier.push_back(old.step);
    }
}

}  // namespace quatrain::machine
