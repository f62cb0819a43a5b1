// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/checker.hpp"
#include "tests/unit/dram/complaint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::dram::testing {
namespace {

using enum CommandKind;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Location bank{.rank = 1, .bank_group = 1, .bank = 0};
constexpr Location other_rank{.rank = 0, .bank_group = 1, .bank = 0};
constexpr Location whole_rank{.rank = 1};

// Refreshes: one is due every 500 cycles, and up to 8 may be postponed.

std::string until(std::int64_t end, const std::vector<Command>& commands, Refresh refresh) {
    return complaint(commands, bare(), refresh, end);
}

std::vector<Command> refresh_every_rank(std::int64_t cycle) {
    return {command(refresh_all, cycle), command(refresh_all, cycle + 1, whole_rank)};
}

TEST(CheckerRefreshes, EightMayBePostponedAndNoneMore) {
    EXPECT_EQ(until(4500, {}, Refresh::all_bank), "");
    EXPECT_EQ(until(4501, {}, Refresh::all_bank),
              "dram channel without a command: end in cycle 4501: refresh of rank 0: 9 behind "
              "after cycle 4500 (one every 500 cycles is due, the last was none), must be 8 at "
              "most");
    // The ninth is due in cycle 4500, and one that issues then is in time.
    const Command in_time = command(refresh_all, 4500);
    const Command too_late = command(refresh_all, 4501);
    EXPECT_EQ(until(4500, {command(refresh_all, 4000, whole_rank), in_time}, Refresh::all_bank),
              "");
    EXPECT_THAT(until(0, {command(refresh_all, 4000, whole_rank), too_late}, Refresh::all_bank),
                HasSubstr("refresh_all in cycle 4501 (rank 0, bank group 0, bank 0, row 0, column "
                          "0): refresh of rank 0: 9 behind after cycle 4500"));
}

TEST(CheckerRefreshes, EveryRankNeedsItsOwn) {
    // Both ranks are refreshed once, so that the tenth is the first to be missed.
    std::vector<Command> commands = refresh_every_rank(100);
    EXPECT_EQ(until(5000, commands, Refresh::all_bank), "");
    EXPECT_THAT(until(5001, commands, Refresh::all_bank), HasSubstr("refresh of rank 0"));
    commands.push_back(command(refresh_all, 2000));
    EXPECT_EQ(until(5000, commands, Refresh::all_bank), "");
    EXPECT_THAT(until(5001, commands, Refresh::all_bank),
                AllOf(StartsWith("dram channel 0: end in cycle 5001: refresh of rank 1: 9 behind "
                                 "after cycle 5000"),
                      HasSubstr("the last was one in cycle 101)")));
    // Any command shows that time has passed.
    commands.push_back(command(activate, 5001, other_rank));
    EXPECT_THAT(until(0, commands, Refresh::all_bank),
                HasSubstr("activate in cycle 5001 (rank 0, bank group 1, bank 0, row 0, column 0): "
                          "refresh of rank 1"));
}

TEST(CheckerRefreshes, NoMoreThanEightInAdvanceCount) {
    std::vector<Command> commands;
    const auto add = [&](std::int64_t refreshes) {
        for (std::int64_t i = 0; i < refreshes; ++i)
            for (const Command& one : refresh_every_rank(2 * std::ssize(commands)))
                commands.push_back(one);
    };
    add(8);
    EXPECT_EQ(until(8500, commands, Refresh::all_bank), "");
    EXPECT_NE(until(8501, commands, Refresh::all_bank), "");
    add(20);
    EXPECT_EQ(until(8500, commands, Refresh::all_bank), "");
    EXPECT_NE(until(8501, commands, Refresh::all_bank), "");
}

TEST(CheckerRefreshes, PerBankEveryBankNeedsItsOwn) {
    EXPECT_EQ(until(4500, {}, Refresh::per_bank), "");
    EXPECT_THAT(until(4501, {}, Refresh::per_bank), HasSubstr("rank 0, bank 0 of it"));
    const auto all_but = [](const Location& missing) {
        std::vector<Command> commands;
        for (std::int32_t number = 0; number < 8; ++number) {
            const Location at{.rank = number / 4, .bank_group = number / 2 % 2, .bank = number % 2};
            if (at != missing) commands.push_back(command(refresh_bank, 10 + number, at));
        }
        return commands;
    };
    EXPECT_EQ(until(5000, all_but({.rank = -1}), Refresh::per_bank), "");
    EXPECT_EQ(until(4500, all_but(bank), Refresh::per_bank), "");
    EXPECT_THAT(until(4501, all_but(bank), Refresh::per_bank), HasSubstr("rank 1, bank 2 of it"));
    // A refresh of a rank is one of each of its banks.
    EXPECT_EQ(until(5000, refresh_every_rank(10), Refresh::per_bank), "");
    EXPECT_THAT(until(4501, {command(refresh_all, 10)}, Refresh::per_bank),
                HasSubstr("rank 1, bank 0 of it"));
}

TEST(CheckerRefreshes, ThoseOfBanksAreNoneOfTheirRank) {
    std::vector<Command> commands;
    for (std::int32_t number = 0; number < 8; ++number)
        commands.push_back(
            command(refresh_bank, 10 + number,
                    {.rank = number / 4, .bank_group = number / 2 % 2, .bank = number % 2}));
    EXPECT_THAT(until(4501, commands, Refresh::all_bank), HasSubstr("refresh of rank 0"));
}

TEST(CheckerRefreshes, NoneAreMissedWhereNoneAreAskedFor) {
    EXPECT_EQ(until(1'000'000'000, {}, Refresh::none), "");
    EXPECT_EQ(until(0, {command(activate, 1'000'000'000, bank)}, Refresh::none), "");
}

}  // namespace
}  // namespace quatrain::dram::testing
