// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/footprint.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace quatrain::machine {

/// Finds, for the steps of a program in the order in which they may be executed one by one, which
/// earlier ones each must wait for when they are executed side by side: those that touch the same
/// bytes, where one of the two writes. Whatever order keeps to that leaves the same bytes in every
/// memory.
class Dependencies {
public:
    explicit Dependencies(std::int64_t cores) : cores_(cores) {}

    /// The next step: an instruction of `core` that touches `footprint`. Returns earlier steps
    /// (numbered from 0 in the order of the calls), in ascending order: when they are done, all
    /// that it must wait for are done.
    std::vector<std::size_t> add(std::int64_t core, std::span<const Access> footprint);

private:
    struct Touch {
        std::size_t number;  ///< of all touches
        std::size_t step;
        bool write;
        Region region;
    };
    /// Touches that no later write of their bytes stands for, by stretch of a memory of a core.
    using Stretch = std::vector<Touch>;
    static constexpr std::int64_t stretch_bytes = 64 * 1024;

    std::int64_t key(std::int64_t core, const Access& access, std::int64_t stretch) const;
    void collect(const Stretch& stretch, const Touch& touch, std::vector<std::size_t>& earlier);

    std::int64_t cores_;
    std::size_t steps_ = 0;
    std::vector<std::size_t> compared_;  ///< by touch: the last one that was held against it
    std::unordered_map<std::int64_t, Stretch> stretches_;
};

}  // namespace quatrain::machine
