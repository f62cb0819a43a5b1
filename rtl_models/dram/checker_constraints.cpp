// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/checker_constraints.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::dram::checking {
namespace {

/// A rank-wide command stands in all banks of its rank, so that it shares a bank and a group with
/// every command of the rank.
Scope scope_of(const Constraint& constraint) {
    const bool below_rank =
        constraint.scope == Scope::bank || constraint.scope == Scope::bank_group;
    const bool rank_wide = is_rank_wide(constraint.before) || is_rank_wide(constraint.after);
    return below_rank && rank_wide ? Scope::rank : constraint.scope;
}

}  // namespace

Constraints::Constraints(const Standard& standard, std::int64_t ranks)
    : ranks_(static_cast<std::int32_t>(ranks)), table_(standard.constraints) {
    for (std::size_t i = 0; i < table_.size(); ++i) {
        const Constraint& constraint = table_[i];
        const Scope scope = scope_of(constraint);
        const auto count = static_cast<std::size_t>(constraint.count);
        const std::size_t history = history_of(constraint.before, scope);
        histories_[history].depth = std::max(histories_[history].depth, count);
        checks_[index(constraint.after)].push_back(
            {constraint.cycles, scope, history, count - 1, i});
    }
    const Organisation& organisation = standard.organisation;
    const auto in_rank = [&](std::int64_t places) {
        return static_cast<std::size_t>(ranks * places);
    };
    const Places places{in_rank(organisation.rank_banks()), in_rank(organisation.bank_groups),
                        in_rank(1), in_rank(1), 1};
    for (History& history : histories_)
        history.issues.resize(history.depth * places[index(history.scope)]);
}

void Constraints::check(const Command& command, const Places& places) const {
    for (const Check& check : checks_[index(command.kind)]) {
        const History& history = histories_[check.history];
        const Issue& earlier =
            history.issues[places[index(check.scope)] * history.depth + check.back];
        if (command.cycle - earlier.cycle < check.cycles)
            report(command, table_[check.constraint], earlier);
    }
}

void Constraints::record(const Command& command, const Places& places) {
    const Issue issue = issue_of(command);
    for (const std::size_t number : histories_of_[index(command.kind)]) {
        History& history = histories_[number];
        if (history.scope != Scope::other_rank) {
            history.push(places[index(history.scope)], issue);
            continue;
        }
        for (std::int32_t rank = 0; rank < ranks_; ++rank)
            if (rank != issue.rank) history.push(static_cast<std::size_t>(rank), issue);
    }
}

void Constraints::History::push(std::size_t place, const Issue& issue) {
    Issue* const newest = issues.data() + place * depth;
    for (std::size_t i = depth - 1; i > 0; --i) newest[i] = newest[i - 1];
    *newest = issue;
}

std::size_t Constraints::history_of(CommandKind kind, Scope scope) {
    std::vector<std::size_t>& numbers = histories_of_[index(kind)];
    for (const std::size_t number : numbers)
        if (histories_[number].scope == scope) return number;
    numbers.push_back(histories_.size());
    histories_.push_back({scope, 1, {}});
    return histories_.size() - 1;
}

void Constraints::report(const Command& command, const Constraint& constraint,
                         const Issue& earlier) const {
    fail(command, fmt::format("{}: at least {} cycles after {}, {} missing", constraint.rule,
                              constraint.cycles, text_of(earlier),
                              earlier.cycle + constraint.cycles - command.cycle));
}

}  // namespace quatrain::dram::checking
