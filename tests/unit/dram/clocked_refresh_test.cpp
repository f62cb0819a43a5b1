// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/dram/clocked_controller_bench.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>

namespace quatrain::dram::tiny {
namespace {

using Lines = std::vector<std::string>;

Standard with_interval(std::int64_t cycles, Standard standard = tiny_standard()) {
    standard.refresh_interval = cycles;
    return standard;
}

ControllerParams per_bank() {
    ControllerParams params;
    params.refresh = Refresh::per_bank;
    return params;
}

TEST(ClockedRefresh, AllBanksOfTheRanksAreRefreshedInTurn) {
    const Lines lines = run(with_interval(100), {}, {}, 251, 2).lines;
    EXPECT_EQ(lines, (Lines{"100 refresh_all rank 0", "150 refresh_all rank 1",
                            "200 refresh_all rank 0", "250 refresh_all rank 1"}));
}

TEST(ClockedRefresh, OpenRowsAreClosedAndRequestsToTheRankWait) {
    const Outcome outcome =
        run(with_interval(100), {},
            {read_at(95, {.row = 1}), read_at(100, {.row = 1, .column = 1})}, 190);
    EXPECT_EQ(outcome.lines, (Lines{"95 activate 0.0.0 row 1", "99 read 0.0.0 row 1 column 0",
                                    "104 precharge_all rank 0",  // tRAS
                                    "108 refresh_all rank 0",    // tRC; tRP alone would be 107
                                    "128 activate 0.0.0 row 1", "132 read 0.0.0 row 1 column 1"}));
}

TEST(ClockedRefresh, AHitInTheCycleBeforeARefreshIsDueStillIssues) {
    const Outcome outcome = run(with_interval(100), {},
                                {read_at(80, {.row = 1}), read_at(99, {.row = 1, .column = 1}),
                                 read_at(99, {.row = 1, .column = 2})},
                                150);
    EXPECT_EQ(outcome.lines, (Lines{"80 activate 0.0.0 row 1", "84 read 0.0.0 row 1 column 0",
                                    "99 read 0.0.0 row 1 column 1",
                                    "103 precharge_all rank 0",  // tRTP
                                    "106 refresh_all rank 0", "126 activate 0.0.0 row 1",
                                    "130 read 0.0.0 row 1 column 2"}));
}

TEST(ClockedRefresh, TheOtherRankGoesOn) {
    const Outcome outcome =
        run(with_interval(100), {}, {read_at(100, {.rank = 0}), read_at(100, {.rank = 1})}, 140, 2);
    EXPECT_EQ(outcome.lines, (Lines{"100 refresh_all rank 0", "101 activate 1.0.0 row 0",
                                    "105 read 1.0.0 row 0 column 0", "120 activate 0.0.0 row 0",
                                    "124 read 0.0.0 row 0 column 0"}));
}

TEST(ClockedRefresh, ARankThatCannotDoesNotHinderTheNext) {
    const Outcome outcome = run(with_interval(16), {}, {read_at(15, {.rank = 0})}, 31, 4);
    EXPECT_EQ(outcome.lines,
              (Lines{"15 activate 0.0.0 row 0", "20 refresh_all rank 1", "24 precharge_all rank 0",
                     "25 refresh_all rank 2",  // due in 24
                     "28 refresh_all rank 0", "29 refresh_all rank 3"}));
}

TEST(ClockedRefresh, BanksAreRefreshedInTurnBankGroupFirst) {
    const Lines lines = run(with_interval(87), per_bank(), {}, 91).lines;  // floor(87 / 8) = 10
    EXPECT_EQ(lines,
              (Lines{"10 refresh_bank 0.0.0", "20 refresh_bank 0.0.1", "30 refresh_bank 0.0.2",
                     "40 refresh_bank 0.0.3", "50 refresh_bank 0.1.0", "60 refresh_bank 0.1.1",
                     "70 refresh_bank 0.1.2", "80 refresh_bank 0.1.3", "90 refresh_bank 0.0.0"}));
}

TEST(ClockedRefresh, TheBanksOfTheRanksAreRefreshedInTurn) {
    const Lines lines = run(with_interval(120), per_bank(), {}, 31, 2).lines;
    EXPECT_EQ(lines,
              (Lines{"15 refresh_bank 0.0.0", "22 refresh_bank 1.0.0", "30 refresh_bank 0.0.1"}));
}

TEST(ClockedRefresh, ARefreshOfABankHoldsThisBankAlone) {
    const Outcome outcome = run(with_interval(80), per_bank(),
                                {read_at(2, {.row = 1}), read_at(10, {.bank = 1, .row = 1}),
                                 read_at(10, {.row = 1, .column = 1})},
                                32);
    EXPECT_EQ(
        outcome.lines,
        (Lines{"2 activate 0.0.0 row 1", "6 read 0.0.0 row 1 column 0", "10 activate 0.0.1 row 1",
               "11 precharge 0.0.0", "14 read 0.0.1 row 1 column 0", "15 refresh_bank 0.0.0",
               "20 precharge 0.0.1", "23 refresh_bank 0.0.1", "26 activate 0.0.0 row 1",
               "30 refresh_bank 0.0.2", "31 read 0.0.0 row 1 column 1"}));
}

TEST(ClockedRefresh, TheNextIsPendingFromTheCycleAfterTheOneBefore) {
    Standard standard = with_interval(80, tiny_standard_with_two_buses());
    for (Constraint& one : standard.constraints)
        if (one.rule == "tREFpb2pb") one.cycles = 25;
    // The refresh of bank 2 is due in cycle 30, that of bank 1 issues in 35.
    const Outcome outcome =
        run(standard, per_bank(), {read_at(31, {.bank = 2}), read_at(31, {.bank = 2, .column = 1})},
            61);
    EXPECT_EQ(outcome.lines, (Lines{"10 refresh_bank 0.0.0", "31 activate 0.0.2 row 0",
                                    "35 refresh_bank 0.0.1", "35 read 0.0.2 row 0 column 0",
                                    "40 precharge 0.0.2", "60 refresh_bank 0.0.2"}));
}

TEST(ClockedRefresh, AnIntervalBelowOneCyclePerBankIsRefused) {
    CommandList list;
    EXPECT_THROW(ClockedController(with_interval(7), 1, per_bank(), 0, list), std::overflow_error);
    EXPECT_NO_THROW(ClockedController(with_interval(8), 1, per_bank(), 0, list));
}

}  // namespace
}  // namespace quatrain::dram::tiny
