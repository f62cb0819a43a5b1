// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_history.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace quatrain::dram::tiny {
namespace {

Standard with_one_constraint(const Constraint& constraint) {
    Standard standard = tiny_standard();
    standard.constraints = {constraint};
    return standard;
}

Command command(std::int64_t cycle, CommandKind kind, const Location& location) {
    return {.cycle = cycle, .kind = kind, .channel = 0, .location = location, .entered = 0};
}

/// The first cycle in which `next` can issue at its place after commands, which are in order.
std::int64_t earliest(const Standard& standard, const std::vector<Command>& before, Command next) {
    ClockedHistory history(standard);
    for (const Command& one : before) history.issued(one);
    next.cycle = before.back().cycle + 1;
    for (history.forget(next.cycle); !history.allows(next); ++next.cycle)
        history.forget(next.cycle + 1);
    return next.cycle;
}

constexpr std::int64_t wait = 30;
constexpr std::int64_t at_once = 11;  ///< behind a command of cycle 10

/// Of an activate after one of cycle 10 at rank 1, bank group 1, bank 1.
std::int64_t earliest_activate(Scope scope, const Location& place) {
    using enum CommandKind;
    return earliest(with_one_constraint({activate, activate, scope, wait, 1, ""}),
                    {command(10, activate, {.rank = 1, .bank_group = 1, .bank = 1})},
                    command(0, activate, place));
}

TEST(ClockedHistory, AConstraintHoldsInItsScopeAndNoFurther) {
    const Location same{.rank = 1, .bank_group = 1, .bank = 1};
    const Location other_bank{.rank = 1, .bank_group = 1, .bank = 2};
    const Location other_group{.rank = 1, .bank_group = 0, .bank = 1};
    const Location other_rank{.rank = 0, .bank_group = 1, .bank = 1};
    EXPECT_EQ(earliest_activate(Scope::bank, same), 10 + wait);
    EXPECT_EQ(earliest_activate(Scope::bank, other_bank), at_once);
    EXPECT_EQ(earliest_activate(Scope::bank, other_group), at_once);
    EXPECT_EQ(earliest_activate(Scope::bank, other_rank), at_once);
    EXPECT_EQ(earliest_activate(Scope::bank_group, other_bank), 10 + wait);
    EXPECT_EQ(earliest_activate(Scope::bank_group, other_group), at_once);
    EXPECT_EQ(earliest_activate(Scope::bank_group, other_rank), at_once);
    EXPECT_EQ(earliest_activate(Scope::rank, other_group), 10 + wait);
    EXPECT_EQ(earliest_activate(Scope::rank, other_rank), at_once);
    EXPECT_EQ(earliest_activate(Scope::other_rank, same), at_once);
    EXPECT_EQ(earliest_activate(Scope::other_rank, other_group), at_once);
    EXPECT_EQ(earliest_activate(Scope::other_rank, other_rank), 10 + wait);
    EXPECT_EQ(earliest_activate(Scope::channel, same), 10 + wait);
    EXPECT_EQ(earliest_activate(Scope::channel, other_rank), 10 + wait);
}

TEST(ClockedHistory, TheCountThLastCommandOfTheScopeDecides) {
    using enum CommandKind;
    const Standard standard =
        with_one_constraint({activate, activate, Scope::rank, wait, 3, "window"});
    const std::vector<Command> before{command(2, activate, {}), command(5, activate, {.bank = 1}),
                                      command(6, activate, {.rank = 1}),
                                      command(9, activate, {.bank_group = 1})};
    EXPECT_EQ(earliest(standard, before, command(0, activate, {})), 2 + wait);
    EXPECT_EQ(earliest(standard, before, command(0, activate, {.rank = 1})), 10);
}

TEST(ClockedHistory, ARankWideCommandStandsInEveryBank) {
    using enum CommandKind;
    const Location place{.rank = 1, .bank_group = 1, .bank = 3};
    const Standard after_one =
        with_one_constraint({refresh_all, activate, Scope::bank, wait, 1, ""});
    EXPECT_EQ(
        earliest(after_one, {command(10, refresh_all, {.rank = 1})}, command(0, activate, place)),
        10 + wait);
    EXPECT_EQ(
        earliest(after_one, {command(10, refresh_all, {.rank = 0})}, command(0, activate, place)),
        at_once);
    const Standard before_one =
        with_one_constraint({activate, precharge_all, Scope::bank, wait, 1, ""});
    EXPECT_EQ(earliest(before_one, {command(10, activate, place)},
                       command(0, precharge_all, {.rank = 1})),
              10 + wait);
    EXPECT_EQ(earliest(before_one, {command(10, activate, place)},
                       command(0, precharge_all, {.rank = 0})),
              at_once);
}

TEST(ClockedHistory, ARankWideCommandCountsInEveryBankOrBankGroupForItself) {
    using enum CommandKind;
    const std::vector<Command> before{command(3, read, {.bank = 1}), command(7, read, {.bank = 2}),
                                      command(10, read, {.bank_group = 1})};
    const auto earliest_precharge = [&](Scope scope) {
        return earliest(with_one_constraint({read, precharge_all, scope, wait, 2, ""}), before,
                        command(0, precharge_all, {}));
    };
    EXPECT_EQ(earliest_precharge(Scope::bank), at_once);
    EXPECT_EQ(earliest_precharge(Scope::bank_group), 3 + wait);
    EXPECT_EQ(earliest_precharge(Scope::rank), 7 + wait);
}

TEST(ClockedHistory, ACommandHoldsItsOwnBusForItsSlot) {
    using enum CommandKind;
    Standard standard = tiny_standard_with_two_buses();
    standard.constraints.clear();
    standard.slots[static_cast<std::size_t>(activate)].cycles = 4;
    EXPECT_EQ(earliest(standard, {command(10, activate, {})}, command(0, precharge, {})), 14);
    EXPECT_EQ(earliest(standard, {command(10, activate, {})}, command(0, read, {})), at_once);
}

}  // namespace
}  // namespace quatrain::dram::tiny
