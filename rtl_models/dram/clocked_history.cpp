// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_history.hpp"

#include <algorithm>

namespace quatrain::dram {
namespace {

std::size_t index(CommandKind kind) {
    return static_cast<std::size_t>(kind);
}

/// `before` stands in the scope of a command at `place`.
bool stands_in(Scope scope, const Command& before, const Location& place) {
    const bool same_rank = before.location.rank == place.rank;
    const bool everywhere = is_rank_wide(before.kind);
    const bool same_group = everywhere || before.location.bank_group == place.bank_group;
    const bool same_bank = everywhere || before.location.bank == place.bank;
    switch (scope) {
        case Scope::bank:
            return same_rank && same_group && same_bank;
        case Scope::bank_group:
            return same_rank && same_group;
        case Scope::rank:
            return same_rank;
        case Scope::other_rank:
            return !same_rank;
        case Scope::channel:
            return true;
    }
    return true;
}

}  // namespace

ClockedHistory::ClockedHistory(const Standard& standard) : standard_(standard) {
    for (const Constraint& one : standard_.constraints) {
        constraints_[index(one.after)].push_back(one);
        std::int64_t& longest = longest_[index(one.before)];
        longest = std::max(longest, one.cycles);
    }
}

bool ClockedHistory::allows(const Command& next) const {
    if (next.cycle < bus_free_[static_cast<std::size_t>(standard_.slot(next.kind).bus)])
        return false;
    return std::ranges::all_of(constraints_[index(next.kind)], [&](const Constraint& constraint) {
        return holds(constraint, next);
    });
}

bool ClockedHistory::holds(const Constraint& constraint, const Command& next) const {
    if (!is_rank_wide(next.kind)) return holds_at(constraint, next.location, next.cycle);
    return std::ranges::all_of(places(next, constraint.scope), [&](const Location& place) {
        return holds_at(constraint, place, next.cycle);
    });
}

/// Looks from the newest command back to the first that is old enough, as all behind it are.
bool ClockedHistory::holds_at(const Constraint& constraint, const Location& place,
                              std::int64_t cycle) const {
    const std::deque<Command>& recent = recent_[index(constraint.before)];
    std::int64_t found = 0;
    for (std::size_t i = recent.size(); i-- > 0;) {
        if (cycle - recent[i].cycle >= constraint.cycles) return true;
        if (stands_in(constraint.scope, recent[i], place) && ++found == constraint.count)
            return false;
    }
    return true;
}

std::vector<Location> ClockedHistory::places(const Command& next, Scope scope) const {
    const bool banks = scope == Scope::bank;
    const bool groups = banks || scope == Scope::bank_group;
    std::vector<Location> all;
    for (std::int32_t group = 0; group < (groups ? standard_.organisation.bank_groups : 1); ++group)
        for (std::int32_t bank = 0; bank < (banks ? standard_.organisation.banks : 1); ++bank)
            all.push_back({.rank = next.location.rank, .bank_group = group, .bank = bank});
    return all;
}

void ClockedHistory::issued(const Command& command) {
    const CommandSlot& slot = standard_.slot(command.kind);
    bus_free_[static_cast<std::size_t>(slot.bus)] = command.cycle + slot.cycles;
    recent_[index(command.kind)].push_back(command);
}

void ClockedHistory::forget(std::int64_t cycle) {
    for (std::size_t kind = 0; kind < command_kind_count; ++kind)
        while (!recent_[kind].empty() && cycle - recent_[kind].front().cycle >= longest_[kind])
            recent_[kind].pop_front();
}

}  // namespace quatrain::dram
