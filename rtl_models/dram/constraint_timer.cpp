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
    for (Updates& one : updates_) one.fixed.resize(static_cast<std::size_t>(ranks));
    for (const Constraint& constraint : standard.constraints) add_update(constraint);
    list_moves();
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

std::int32_t ConstraintTimer::first_slot(Scope scope) const {
    if (scope == Scope::bank) return 0;
    if (scope == Scope::bank_group) return group_slot_;
    return scope == Scope::channel ? channel_slot_ : rank_slot_;
}

/// A rank-wide command stands in every bank: what it shares with any command of its rank is the
/// rank, whatever smaller scope the constraint names.
void ConstraintTimer::add_update(const Constraint& constraint) {
    const bool wide = is_rank_wide(constraint.before) || is_rank_wide(constraint.after);
    const bool small = constraint.scope == Scope::bank || constraint.scope == Scope::bank_group;
    const Scope scope = wide && small ? Scope::rank : constraint.scope;
    const std::int32_t first = class_of_[index(constraint.after)] * slots_ + first_slot(scope);
    Updates& updates = updates_[index(constraint.before)];
    if (constraint.count > 1) {
        const auto slots = static_cast<std::size_t>(slots_);
        updates.windows.push_back(
            {scope, first, constraint.cycles, constraint.count,
             std::vector<std::int64_t>(slots * static_cast<std::size_t>(constraint.count)),
             std::vector<std::int64_t>(slots)});
        return;
    }
    const auto add = [&](std::vector<Update>& list, std::int32_t slot) {
        for (Update& other : list) {
            if (other.slot != slot) continue;
            other.cycles = std::max(other.cycles, constraint.cycles);
            return;
        }
        list.push_back({slot, constraint.cycles});
    };
    if (scope == Scope::bank) add(updates.of_bank, first);
    if (scope == Scope::bank_group) add(updates.of_group, first);
    for (std::int32_t rank = 0; rank < ranks_; ++rank) {
        std::vector<Update>& fixed = updates.fixed[static_cast<std::size_t>(rank)];
        if (scope == Scope::channel) add(fixed, first);
        if (scope == Scope::rank) add(fixed, first + rank);
        if (scope != Scope::other_rank) continue;
        for (std::int32_t other = 0; other < ranks_; ++other)
            if (other != rank) add(fixed, first + other);
    }
}

void ConstraintTimer::list_moves() {
    for (const Updates& one : updates_) {
        for (const std::vector<Update>& fixed : one.fixed) {
            moves_.push_back({list_.size(), one.of_bank.size(), one.of_group.size(), fixed.size()});
            for (const auto* part : {&one.of_bank, &one.of_group, &fixed})
                list_.insert(list_.end(), part->begin(), part->end());
        }
    }
}

void ConstraintTimer::count(std::vector<Window>& windows, const Place& place, std::int64_t cycle) {
    for (Window& window : windows) {
        if (window.scope == Scope::bank) count(window, place.bank, cycle);
        if (window.scope == Scope::bank_group) count(window, place.group, cycle);
        if (window.scope == Scope::rank) count(window, place.rank, cycle);
        if (window.scope == Scope::channel) count(window, 0, cycle);
        if (window.scope != Scope::other_rank) continue;
        for (std::int32_t rank = 0; rank < ranks_; ++rank)
            if (rank != place.rank) count(window, rank, cycle);
    }
}

/// Moves a bound behind the count-th last command.
void ConstraintTimer::count(Window& window, std::int32_t offset, std::int64_t cycle) {
    std::int64_t* ring = window.issues.data() + offset * window.count;
    std::int64_t& issued = window.issued[static_cast<std::size_t>(offset)];
    ring[issued++ % window.count] = cycle;
    if (issued < window.count) return;
    std::int64_t& next =
        next_[static_cast<std::size_t>(window.first) + static_cast<std::size_t>(offset)];
    next = std::max(next, ring[issued % window.count] + window.cycles);
}

}  // namespace quatrain::dram
