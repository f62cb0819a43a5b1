// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace quatrain::dram {

/// The commands of one channel that a constraint can still ask for, and its command buses.
class ClockedHistory {
public:
    explicit ClockedHistory(const Standard& standard);

    /// `next` can issue in its cycle, in which others may have been issued before it: its bus is
    /// free and every constraint of the standard holds.
    bool allows(const Command& next) const;
    void issued(const Command& command);
    /// Nothing will be asked for cycles before this one.
    void forget(std::int64_t cycle);

private:
    bool holds(const Constraint& constraint, const Command& next) const;
    bool holds_at(const Constraint& constraint, const Location& place, std::int64_t cycle) const;
    /// Where a command stands in a scope: once, or once in every bank or bank group of its rank.
    std::vector<Location> places(const Command& next, Scope scope) const;

    Standard standard_;
    /// By `after` of the constraint.
    std::array<std::vector<Constraint>, command_kind_count> constraints_;
    /// The most cycles of a constraint, by its `before`.
    std::array<std::int64_t, command_kind_count> longest_{};
    std::array<std::deque<Command>, command_kind_count> recent_;  ///< by kind, oldest first
    std::array<std::int64_t, command_bus_count> bus_free_{};      ///< from this cycle on
};

}  // namespace quatrain::dram
