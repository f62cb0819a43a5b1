// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/checker.hpp"
#include "tests/unit/dram/complaint.hpp"
#include "tests/unit/dram/random_history.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace quatrain::dram::testing {
namespace {

/// Builds a history with one constraint in it: everything that banks must have gone through for it.
class Builder {
public:
    explicit Builder(const Standard& standard) : rules_(standard, ranks) {}

    void issue(CommandKind kind, Location at, std::int64_t cycle) {
        if (is_rank_wide(kind)) at.bank_group = at.bank = 0;
        at.row = is_column(kind) || kind == CommandKind::activate ? 3 : 0;
        at.column = is_column(kind) ? 2 : 0;
        history.push_back(command(kind, cycle, at));
    }
    /// Issues what `kind` needs to be allowed, from `cycle` on. The first cycle that is then free.
    std::int64_t prepare(CommandKind kind, const Location& at, std::int64_t cycle) {
        using enum CommandKind;
        const bool open = rules_.open_row(history, at).has_value();
        if (is_column(kind) && !open) {
            issue(activate, at, cycle);
            return cycle + 2;
        }
        if ((kind == activate || kind == refresh_bank) && open) {
            issue(precharge, at, cycle);
            return cycle + 1;
        }
        if (kind == refresh_all && rules_.any_open(history, at.rank)) {
            issue(precharge_all, at, cycle);
            return cycle + 1;
        }
        return cycle;
    }

    History history;

private:
    ReferenceRules rules_;
};

constexpr Location first_bank{.rank = 0, .bank_group = 0, .bank = 0};
constexpr std::int64_t start = 1000;

/// A bank that `scope` relates to the first one, and no narrower scope if that can be.
Location related_bank(Scope scope, const Standard& standard) {
    const bool groups = standard.organisation.bank_groups > 1;
    switch (scope) {
        case Scope::bank:
            return first_bank;
        case Scope::bank_group:
            return {.rank = 0, .bank_group = 0, .bank = 1};
        case Scope::rank:
            return {.rank = 0, .bank_group = groups ? 1 : 0, .bank = groups ? 0 : 1};
        default:
            return {.rank = 1, .bank_group = 0, .bank = 0};
    }
}

/// A bank that `scope` does not relate to the first one, though the next wider scope does.
/// Rank-wide commands need another rank.
Location unrelated_bank(const Constraint& constraint, const Standard& standard) {
    const bool rank_wide = is_rank_wide(constraint.before) || is_rank_wide(constraint.after);
    if (constraint.scope == Scope::other_rank) return {.rank = 0, .bank_group = 0, .bank = 1};
    if (constraint.scope == Scope::rank || rank_wide)
        return related_bank(Scope::other_rank, standard);
    return related_bank(constraint.scope == Scope::bank ? Scope::bank_group : Scope::rank,
                        standard);
}

/// `befores` commands of the kind `constraint.before` to the first bank, the first of them in cycle
/// `start`, and one of the kind `after` to `at`, `distance` behind it or as soon as there is room.
History stream(const Standard& standard, const Constraint& constraint, const Location& at,
               std::int64_t befores, std::int64_t distance) {
    Builder builder(standard);
    builder.prepare(constraint.before, first_bank, 0);
    if (at != first_bank && !is_rank_wide(constraint.after))
        builder.prepare(constraint.after, at, 100);
    std::int64_t cycle = start;
    for (std::int64_t i = 0; i < befores; ++i) {
        cycle = builder.prepare(constraint.before, first_bank, cycle);
        builder.issue(constraint.before, first_bank, cycle);
        cycle += is_column(constraint.before) ? standard.organisation.burst_cycles
                                              : standard.slot(constraint.before).cycles;
    }
    cycle = builder.prepare(constraint.after, at, cycle);
    builder.issue(constraint.after, at, std::max(cycle, start + distance));
    return builder.history;
}

struct Variant {
    bool bank_groups;
    std::int64_t command_buses;
};
const std::vector<Variant> variants{{true, 1}, {true, 2}, {false, 1}, {false, 2}};

/// Calls `body(standard, constraint)` for each constraint of the small memories, with a standard
/// that has no other.
template <class Body>
void for_each_alone(Body body) {
    for (const Variant& variant : variants) {
        const Standard whole = small_standard(variant.bank_groups, variant.command_buses);
        for (const Constraint& constraint : whole.constraints) {
            SCOPED_TRACE(fmt::format("{}, {} bank groups, {} command buses", constraint.rule,
                                     whole.organisation.bank_groups, variant.command_buses));
            Standard alone = whole;
            alone.constraints = {constraint};
            body(alone, constraint);
        }
    }
}

TEST(CheckerConstraints, AreKeptAtTheirCyclesAndBrokenOneBefore) {
    for_each_alone([](const Standard& standard, const Constraint& constraint) {
        const Location at = related_bank(constraint.scope, standard);
        History history = stream(standard, constraint, at, constraint.count, constraint.cycles);
        ASSERT_EQ(history.back().cycle, start + constraint.cycles) << "no room for the rest";
        EXPECT_EQ(complaint(history, standard), "");
        --history.back().cycle;
        const std::string broken = complaint(history, standard);
        EXPECT_NE(broken.find(constraint.rule + ": at least " + std::to_string(constraint.cycles) +
                              " cycles after "),
                  std::string::npos)
            << broken;
        EXPECT_NE(broken.find("in cycle 1000 (rank 0"), std::string::npos) << broken;
        EXPECT_NE(broken.find(", 1 missing"), std::string::npos) << broken;
    });
}

TEST(CheckerConstraints, HoldNothingBackOutsideTheirScope) {
    for_each_alone([](const Standard& standard, const Constraint& constraint) {
        if (constraint.scope == Scope::channel) return;  // has no outside
        const Location at = unrelated_bank(constraint, standard);
        const History history =
            stream(standard, constraint, at, constraint.count, constraint.cycles - 1);
        ASSERT_EQ(history.back().cycle, start + constraint.cycles - 1) << "no room for the rest";
        EXPECT_EQ(complaint(history, standard), "");
    });
}

TEST(CheckerConstraints, HoldNothingBackBeforeThereHaveBeenAsManyAsTheyCount) {
    for_each_alone([](const Standard& standard, const Constraint& constraint) {
        if (constraint.count == 1 || constraint.before == CommandKind::activate) return;
        const Location at = related_bank(constraint.scope, standard);
        const History history = stream(standard, constraint, at, constraint.count - 1, 0);
        EXPECT_EQ(complaint(history, standard), "");
    });
    // Three activates, and the fourth; nothing is opened in advance.
    Standard standard = small_standard(true, 1);
    standard.constraints = {
        {CommandKind::activate, CommandKind::activate, Scope::rank, 100, 4, "four activates"}};
    History history;
    for (std::int32_t i = 0; i < 4; ++i)
        history.push_back(
            command(CommandKind::activate, 2 * i, {.bank_group = i / 2, .bank = i % 2}));
    EXPECT_EQ(complaint(history, standard), "");
    history.push_back(command(CommandKind::precharge, 50));
    history.push_back(command(CommandKind::activate, 99));
    EXPECT_NE(complaint(history, standard).find("after activate in cycle 0"), std::string::npos);
    history.back().cycle = 100;
    EXPECT_EQ(complaint(history, standard), "");
}

TEST(CheckerConstraints, CountWhatWasIssuedEarlierInTheSameCycle) {
    Standard standard = small_standard(true, 2);
    standard.constraints = {
        {CommandKind::activate, CommandKind::read, Scope::rank, 3, 1, "row to column"}};
    const Location other{.bank = 1};
    const History opened{command(CommandKind::activate, 0)};
    const Command row = command(CommandKind::activate, 20, other);
    const Command column = command(CommandKind::read, 20);
    History history = opened;
    history.insert(history.end(), {column, row});
    EXPECT_EQ(complaint(history, standard), "");
    history = opened;
    history.insert(history.end(), {row, column});
    EXPECT_NE(complaint(history, standard)
                  .find("row to column: at least 3 cycles after activate "
                        "in cycle 20 (rank 0, bank group 0, bank 1), 3 "
                        "missing"),
              std::string::npos);
}

/// Each command of a legal history one cycle earlier: the checker passes it where `rules` does, and
/// names one of the rules that it breaks where it breaks any. Adds the rules that alone held a
/// command back to `tight`; the number of commands that were held back.
std::int64_t move_each_command(const ReferenceRules& rules, const History& history,
                               std::set<std::string>& tight) {
    std::int64_t held_back = 0;
    History mutant;
    for (const Command& command : history) {
        mutant.push_back(command);
        if (command.cycle == 0) continue;
        --mutant.back().cycle;
        mutant.back().entered = 0;
        const History before(mutant.begin(), mutant.end() - 1);
        const auto constraints = rules.broken_constraints(before, mutant.back());
        auto broken = rules.broken_rules(before, mutant.back());
        broken.insert(broken.end(), constraints.begin(), constraints.end());
        const std::string text = complaint(mutant, rules.standard());
        EXPECT_EQ(text.empty(), broken.empty()) << "command " << before.size() << ": " << text;
        EXPECT_TRUE(broken.empty() || std::ranges::any_of(broken,
                                                          [&](const std::string& rule) {
                                                              return text.find(rule) !=
                                                                     std::string::npos;
                                                          }))
            << "command " << before.size() << ": " << text << ", but broken is " << broken.front();
        if (!broken.empty()) ++held_back;
        if (constraints.size() == 1) tight.insert(constraints.front());
        mutant.back() = command;
    }
    return held_back;
}

TEST(CheckerConstraints, PassWhatALetterByLetterReadingAllowsAndNothingOneCycleEarlier) {
    for (const Variant& variant : variants) {
        const ReferenceRules rules(small_standard(variant.bank_groups, variant.command_buses),
                                   ranks);
        std::set<std::string> tight;
        std::int64_t held_back = 0;
        for (std::uint64_t seed = 1; seed <= 600; ++seed) {
            SCOPED_TRACE(fmt::format("seed {}, {} bank groups, {} command buses", seed,
                                     rules.standard().organisation.bank_groups,
                                     variant.command_buses));
            const History history = RandomHistory(rules, seed).make(50);
            EXPECT_EQ(complaint(history, rules.standard()), "");
            held_back += move_each_command(rules, history, tight);
            if (HasFailure()) return;
        }
        EXPECT_GT(held_back, 15000);
        for (const Constraint& constraint : rules.standard().constraints)
            EXPECT_TRUE(tight.contains(constraint.rule))
                << constraint.rule << " was never the only reason to wait";
    }
}

TEST(CheckerConstraints, OfTheSmallMemoriesDifferInTheirNumbersAndNames) {
    for (const Variant& variant : variants) {
        std::set<std::string> rules;
        std::set<std::tuple<CommandKind, CommandKind, std::int64_t>> numbers;
        const Standard standard = small_standard(variant.bank_groups, variant.command_buses);
        for (const Constraint& constraint : standard.constraints) {
            EXPECT_TRUE(rules.insert(constraint.rule).second) << constraint.rule;
            EXPECT_TRUE(
                numbers.insert({constraint.before, constraint.after, constraint.cycles}).second)
                << constraint.rule;
        }
    }
}

}  // namespace
}  // namespace quatrain::dram::testing
