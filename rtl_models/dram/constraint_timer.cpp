// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/constraint_timer.hpp"

#include <algorithm>
#include <tuple>

namespace quatrain::dram {
namespace {

constexpr std::size_t index(CommandKind kind) {
    return static_cast<std::size_t>(kind);
}

/// What one kind has to wait for, in an order of its own.
using Rules = std::vector<std::tuple<CommandKind, Scope, std::int64_t, std::int64_t>>;

Rules rules_before(const Standard& standard, CommandKind after) {
    Rules rules;
    for (const Constraint& one : standard.constraints)
        if (one.after == after) rules.emplace_back(one.before, one.scope, one.cycles, one.count);
    std::sort(rules.begin(), rules.end());
    return rules;
}

}  // namespace

ConstraintTimer::ConstraintTimer(const Standard& standard, std::int64_t ranks)
    : ranks_(static_cast<std::int32_t>(ranks)),
      groups_(static_cast<std::int32_t>(standard.organisation.bank_groups)),
      banks_per_group_(static_cast<std::int32_t>(standard.organisation.banks)),
      group_slot_(ranks_ * groups_ * banks_per_group_),
      rank_slot_(group_slot_ + ranks_ * groups_),
      channel_slot_(rank_slot_ + ranks_),
      slots_(channel_slot_ + 1) {
    find_classes(standard);
    for (const Constraint& constraint : standard.constraints) add_update(constraint);
}

void ConstraintTimer::find_classes(const Standard& standard) {
    std::vector<std::pair<bool, Rules>> classes;
    for (std::size_t i = 0; i < command_kind_count; ++i) {
        const auto kind = static_cast<CommandKind>(i);
        const std::pair own{is_rank_wide(kind), rules_before(standard, kind)};
        const auto found = std::find(classes.begin(), classes.end(), own);
        class_of_[i] = static_cast<std::int32_t>(found - classes.begin());
        if (found == classes.end()) classes.push_back(own);
    }
    next_.assign(classes.size() * static_cast<std::size_t>(slots_), 0);
}

/// A rank-wide command stands in every bank: what it shares with any command of its rank is the
/// rank, whatever smaller scope the constraint names.
void ConstraintTimer::add_update(const Constraint& constraint) {
    const bool wide = is_rank_wide(constraint.before) || is_rank_wide(constraint.after);
    Level level = Level::channel;
    if (constraint.scope == Scope::bank) level = wide ? Level::rank : Level::bank;
    if (constraint.scope == Scope::bank_group) level = wide ? Level::rank : Level::group;
    if (constraint.scope == Scope::rank) level = Level::rank;
    if (constraint.scope == Scope::other_rank) level = Level::other_ranks;
    const std::int32_t first = level == Level::bank      ? 0
                               : level == Level::group   ? group_slot_
                               : level == Level::channel ? channel_slot_
                                                         : rank_slot_;
    Update update{level, class_of_[index(constraint.after)] * slots_ + first, constraint.cycles,
                  -1};
    std::vector<Update>& updates = updates_[index(constraint.before)];
    if (constraint.count > 1) {
        update.window = static_cast<std::int32_t>(windows_.size());
        const auto slots = static_cast<std::size_t>(slots_);
        windows_.push_back(
            {constraint.count,
             std::vector<std::int64_t>(slots * static_cast<std::size_t>(constraint.count)),
             std::vector<std::int64_t>(slots)});
    } else {
        for (const Update& other : updates) {  // of a class, once
            if (other.first == update.first && other.level == update.level && other.window < 0 &&
                other.cycles >= update.cycles)
                return;
        }
    }
    updates.push_back(update);
}

Place ConstraintTimer::place(const Location& location) const {
    const std::int32_t group = location.rank * groups_ + location.bank_group;
    return {location.rank, group, group * banks_per_group_ + location.bank};
}

void ConstraintTimer::issued(CommandKind kind, const Place& place, std::int64_t cycle) {
    const std::array<std::int32_t, 5> slot_of{place.bank, place.group, place.rank, 0, 0};
    for (const Update& update : updates_[index(kind)]) {
        const std::int32_t slot = slot_of[static_cast<std::size_t>(update.level)];
        if (update.level == Level::other_ranks) {
            for (std::int32_t rank = 0; rank < ranks_; ++rank)
                if (rank != place.rank) count(update, rank, cycle);
        } else if (update.window >= 0) {
            count(update, slot, cycle);
        } else {
            std::int64_t& next = next_[static_cast<std::size_t>(update.first + slot)];
            next = std::max(next, cycle + update.cycles);
        }
    }
}

/// Moves one bound, behind the count-th last command where the constraint counts.
void ConstraintTimer::count(const Update& update, std::int32_t slot, std::int64_t cycle) {
    std::int64_t since = cycle;
    if (update.window >= 0) {
        Window& window = windows_[static_cast<std::size_t>(update.window)];
        std::int64_t* ring = window.cycles.data() + slot * window.count;
        std::int64_t& issued = window.issued[static_cast<std::size_t>(slot)];
        ring[issued++ % window.count] = cycle;
        if (issued < window.count) return;
        since = ring[issued % window.count];
    }
    std::int64_t& next = next_[static_cast<std::size_t>(update.first + slot)];
    next = std::max(next, since + update.cycles);
}

}  // namespace quatrain::dram
