// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_controller.hpp"
#include "tests/unit/dram/clocked_controller_bench.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>

namespace quatrain::dram::tiny {
namespace {

using Lines = std::vector<std::string>;
using Answers = std::map<std::uint64_t, std::int64_t>;

// Arrivals in these tests are those of cycle 0 unless they say otherwise; the timings are in
// tiny_standard.hpp.

ControllerParams without_refresh() {
    ControllerParams params;
    params.refresh = Refresh::none;
    return params;
}

Location bank_group_0(std::int32_t row, std::int32_t column = 0) {
    return {.bank_group = 0, .bank = 0, .row = row, .column = column};
}
Location bank_group_1(std::int32_t row, std::int32_t column = 0) {
    return {.bank_group = 1, .bank = 0, .row = row, .column = column};
}

std::vector<std::int64_t> entered(const Outcome& outcome) {
    std::vector<std::int64_t> cycles;
    for (const Command& one : outcome.commands)
        if (is_column(one.kind)) cycles.push_back(one.entered);
    return cycles;
}

TEST(ClockedController, AnUnloadedReadOpensItsRowInTheCycleOfItsArrival) {
    const Outcome outcome =
        run(tiny_standard(), without_refresh(), {read_at(7, bank_group_0(3, 2))}, 40);
    EXPECT_EQ(outcome.lines, (Lines{"7 activate 0.0.0 row 3", "11 read 0.0.0 row 3 column 2"}));
    EXPECT_EQ(outcome.answers, (Answers{{0, 11 + 5 + 4}}));
}

TEST(ClockedController, AWriteIsAnsweredWhenItEnters) {
    const Outcome outcome =
        run(tiny_standard(), without_refresh(), {write_at(7, bank_group_0(3, 2))}, 40);
    EXPECT_EQ(outcome.lines, (Lines{"7 activate 0.0.0 row 3", "11 write 0.0.0 row 3 column 2"}));
    EXPECT_EQ(outcome.answers, (Answers{{0, 8}}));
}

TEST(ClockedController, OneReadEntersInACycleIfTheQueueHadRoomAtTheEndOfTheOneBefore) {
    ControllerParams params = without_refresh();
    params.read_queue = 2;
    std::vector<Arrival> reads;
    for (std::int32_t column = 0; column < 4; ++column)
        reads.push_back(read_at(0, bank_group_0(1, column)));
    const Outcome outcome = run(tiny_standard(), params, reads, 60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                                    "10 read 0.0.0 row 1 column 1", "16 read 0.0.0 row 1 column 2",
                                    "22 read 0.0.0 row 1 column 3"}));
    EXPECT_EQ(entered(outcome), (std::vector<std::int64_t>{0, 1, 5, 11}));
}

TEST(ClockedController, OneWriteEntersInACycleIfTheQueueHadRoomAtTheEndOfTheOneBefore) {
    ControllerParams params = without_refresh();
    params.write_queue = params.write_high = 2;
    params.write_low = 0;
    std::vector<Arrival> writes;
    for (std::int32_t column = 0; column < 4; ++column)
        writes.push_back(write_at(0, bank_group_0(1, column)));
    const Outcome outcome = run(tiny_standard(), params, writes, 60);
    EXPECT_EQ(entered(outcome), (std::vector<std::int64_t>{0, 1, 5, 11}));
    EXPECT_EQ(outcome.answers, (Answers{{0, 1}, {1, 2}, {2, 6}, {3, 12}}));
}

TEST(ClockedController, RowHitsOfTwoBankGroupsKeepTheDataBusBusy) {
    const Outcome outcome = run(tiny_standard(), without_refresh(),
                                {read_at(0, bank_group_0(1, 0)), read_at(0, bank_group_1(1, 0)),
                                 read_at(0, bank_group_0(1, 1)), read_at(0, bank_group_1(1, 1))},
                                60);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "2 activate 0.1.0 row 1",
                     "4 read 0.0.0 row 1 column 0", "8 read 0.1.0 row 1 column 0",
                     "12 read 0.0.0 row 1 column 1", "16 read 0.1.0 row 1 column 1"}));
    EXPECT_EQ(outcome.answers, (Answers{{0, 13}, {1, 17}, {2, 21}, {3, 25}}));
}

TEST(ClockedController, AnotherRowOfABankWaitsForTheRowCycle) {
    const Outcome outcome = run(tiny_standard(), without_refresh(),
                                {read_at(0, bank_group_0(1)), read_at(0, bank_group_0(2))}, 60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                                    "9 precharge 0.0.0",        // tRAS; tRTP alone would be 8
                                    "13 activate 0.0.0 row 2",  // tRC; tRP alone would be 12
                                    "17 read 0.0.0 row 2 column 0"}));
}

std::vector<Arrival> reads_of_five_banks() {
    std::vector<Arrival> reads;
    for (std::int32_t i = 0; i < 5; ++i)
        reads.push_back(read_at(0, {.bank_group = i % 2, .bank = i / 2}));
    return reads;
}

TEST(ClockedController, AFifthActivateWaitsForTheWindowOfFour) {
    const Outcome outcome = run(tiny_standard(), without_refresh(), reads_of_five_banks(), 60);
    EXPECT_EQ(
        outcome.lines,
        (Lines{"0 activate 0.0.0 row 0", "2 activate 0.1.0 row 0", "4 read 0.0.0 row 0 column 0",
               "5 activate 0.0.1 row 0",  // the read had the bus in cycle 4
               "7 activate 0.1.1 row 0", "8 read 0.1.0 row 0 column 0",
               "12 read 0.0.1 row 0 column 0",
               "15 activate 0.0.2 row 0",  // tFAW after the first
               "16 read 0.1.1 row 0 column 0", "20 read 0.0.2 row 0 column 0"}));
}

TEST(ClockedController, WithTwoBusesARowAndAColumnCommandIssueInOneCycle) {
    const Outcome outcome =
        run(tiny_standard_with_two_buses(), without_refresh(), reads_of_five_banks(), 60);
    EXPECT_EQ(
        outcome.lines,
        (Lines{"0 activate 0.0.0 row 0", "2 activate 0.1.0 row 0", "4 read 0.0.0 row 0 column 0",
               "4 activate 0.0.1 row 0", "6 activate 0.1.1 row 0", "8 read 0.1.0 row 0 column 0",
               "12 read 0.0.1 row 0 column 0", "15 activate 0.0.2 row 0",
               "16 read 0.1.1 row 0 column 0", "20 read 0.0.2 row 0 column 0"}));
}

TEST(ClockedController, ACommandOfTheSameCycleCountsForAConstraint) {
    Standard standard = tiny_standard_with_two_buses();
    for (Constraint& one : standard.constraints)
        if (one.rule == "tRAS") one.cycles = 4;
    const Outcome outcome = run(standard, without_refresh(),
                                {read_at(0, bank_group_0(1)), read_at(0, bank_group_0(2))}, 60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                                    "8 precharge 0.0.0",  // tRTP, not beside the read
                                    "13 activate 0.0.0 row 2", "17 read 0.0.0 row 2 column 0"}));
}

TEST(ClockedController, ACommandHoldsItsBusForItsSlot) {
    Standard standard = tiny_standard();
    standard.slots[static_cast<std::size_t>(CommandKind::activate)].cycles = 3;
    const Outcome outcome = run(standard, without_refresh(),
                                {read_at(0, bank_group_0(1)), read_at(0, bank_group_1(1))}, 60);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "3 activate 0.1.0 row 1",
                     "6 read 0.0.0 row 1 column 0", "10 read 0.1.0 row 1 column 0"}));
}

TEST(ClockedController, TheDataBusTurnsBothWays) {
    const Outcome outcome = run(tiny_standard(), without_refresh(),
                                {read_at(0, bank_group_0(1, 0)), write_at(0, bank_group_1(1)),
                                 read_at(13, bank_group_0(1, 1))},
                                60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                                    "5 activate 0.1.0 row 1",           // no read is left
                                    "12 write 0.1.0 row 1 column 0",    // RL + BL + 2 - WL
                                    "22 read 0.0.0 row 1 column 1"}));  // WL + BL + tWTR
    EXPECT_EQ(outcome.answers, (Answers{{0, 13}, {1, 1}, {2, 31}}));
}

/// Reads of one row and writes of another, all of cycle 0.
std::vector<Arrival> reads_and_writes(std::int32_t reads, std::int32_t writes) {
    std::vector<Arrival> all;
    for (std::int32_t i = 0; i < reads; ++i) all.push_back(read_at(0, bank_group_0(1, i)));
    for (std::int32_t i = 0; i < writes; ++i) all.push_back(write_at(0, bank_group_1(1, i)));
    return all;
}

ControllerParams four_to_one() {
    ControllerParams params = without_refresh();
    params.write_queue = 8;
    params.write_high = 4;
    params.write_low = 1;
    params.turn_bursts = 3;
    return params;
}

TEST(ClockedController, WritesGoFromTheHighToTheLowMark) {
    const Outcome outcome = run(tiny_standard(), four_to_one(), reads_and_writes(6, 4), 80);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                     "10 read 0.0.0 row 1 column 1",
                     "16 read 0.0.0 row 1 column 2",  // four writes are in, and three reads are out
                     "17 activate 0.1.0 row 1", "24 write 0.1.0 row 1 column 0",
                     "30 write 0.1.0 row 1 column 1", "36 write 0.1.0 row 1 column 2",
                     "46 read 0.0.0 row 1 column 3", "52 read 0.0.0 row 1 column 4",
                     "58 read 0.0.0 row 1 column 5", "66 write 0.1.0 row 1 column 3"}));
}

TEST(ClockedController, FewerWritesThanTheHighMarkWaitForTheLastRead) {
    const Outcome outcome = run(tiny_standard(), four_to_one(), reads_and_writes(2, 3), 80);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                     "10 read 0.0.0 row 1 column 1", "11 activate 0.1.0 row 1",
                     "18 write 0.1.0 row 1 column 0", "24 write 0.1.0 row 1 column 1",
                     "30 write 0.1.0 row 1 column 2"}));
}

// Writes that come faster than they go: after turn_bursts of them the read that waits is served.
TEST(ClockedController, WritesDoNotStarveAReadNorReadsAFullWriteQueue) {
    ControllerParams params = four_to_one();
    params.write_low = 0;
    std::vector<Arrival> arrivals;
    for (std::int64_t i = 0; i < 40; ++i) {
        arrivals.push_back(write_at(2 * i, bank_group_1(1)));
        arrivals.push_back(read_at(2 * i, bank_group_0(1)));
    }
    const Outcome outcome = run(tiny_standard(), params, arrivals, 400);
    std::string directions;
    for (const std::string& line : outcome.lines) {
        if (line.find(" read ") != std::string::npos) directions += 'r';
        if (line.find(" write ") != std::string::npos) directions += 'w';
    }
    EXPECT_EQ(directions.substr(0, 24), "rrrwwwrrrwwwrrrwwwrrrwww");
}

TEST(ClockedController, AReadThatAWriteBlocksTurnsTheController) {
    const Outcome outcome = run(
        tiny_standard(), without_refresh(),
        {read_at(0, bank_group_0(1)), write_at(0, bank_group_1(1)), read_at(1, bank_group_1(1))},
        60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "2 activate 0.1.0 row 1",
                                    "6 write 0.1.0 row 1 column 0", "16 read 0.0.0 row 1 column 0",
                                    "20 read 0.1.0 row 1 column 0"}));
    EXPECT_EQ(entered(outcome), (std::vector<std::int64_t>{0, 0, 7}));
}

TEST(ClockedController, ABlockedReadKeepsTheControllerWritingBelowTheLowMark) {
    const Outcome outcome = run(tiny_standard(), without_refresh(),
                                {read_at(0, bank_group_0(1)), write_at(0, bank_group_1(1, 0)),
                                 write_at(0, bank_group_1(1, 1)), read_at(1, bank_group_1(1, 1))},
                                60);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "2 activate 0.1.0 row 1",
                     "6 write 0.1.0 row 1 column 0", "12 write 0.1.0 row 1 column 1",
                     "22 read 0.0.0 row 1 column 0", "26 read 0.1.0 row 1 column 1"}));
}

TEST(ClockedController, AWriteThatEntersBlocksTheReadOfTheSameCycle) {
    const Outcome outcome = run(tiny_standard(), without_refresh(),
                                {read_at(0, bank_group_0(1)), write_at(0, bank_group_0(1))}, 60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "4 write 0.0.0 row 1 column 0",
                                    "14 read 0.0.0 row 1 column 0"}));
}

TEST(ClockedController, AReadThatAFullQueueKeepsOutIsNotBlocked) {
    ControllerParams params = without_refresh();
    params.read_queue = 1;
    const Outcome outcome = run(
        tiny_standard(), params,
        {read_at(0, bank_group_0(1)), write_at(0, bank_group_1(1)), read_at(0, bank_group_1(1))},
        60);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                                    "5 activate 0.1.0 row 1", "12 write 0.1.0 row 1 column 0",
                                    "22 read 0.1.0 row 1 column 0"}));
}

/// The oldest but one wants another row than those around it.
std::vector<Arrival> hits_around_a_conflict() {
    return {read_at(0, bank_group_0(1, 0)), read_at(0, bank_group_0(2)),
            read_at(0, bank_group_0(1, 1)), read_at(0, bank_group_0(1, 2)),
            read_at(0, bank_group_0(1, 3))};
}

TEST(ClockedController, TheOldestRequestIsPassedAsOftenAsTheBypassLimitSays) {
    ControllerParams params = without_refresh();
    params.bypass_limit = 2;
    EXPECT_EQ(
        run(tiny_standard(), params, hits_around_a_conflict(), 60).lines,
        (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
               "10 read 0.0.0 row 1 column 1", "16 read 0.0.0 row 1 column 2",
               "20 precharge 0.0.0",  // though column 3 of row 1 is wanted
               "23 activate 0.0.0 row 2", "27 read 0.0.0 row 2 column 0", "32 precharge 0.0.0",
               "36 activate 0.0.0 row 1", "40 read 0.0.0 row 1 column 3"}));
    params.bypass_limit = 3;
    EXPECT_EQ(run(tiny_standard(), params, hits_around_a_conflict(), 60).lines,
              (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                     "10 read 0.0.0 row 1 column 1", "16 read 0.0.0 row 1 column 2",
                     "22 read 0.0.0 row 1 column 3", "26 precharge 0.0.0",
                     "29 activate 0.0.0 row 2", "33 read 0.0.0 row 2 column 0"}));
}

TEST(ClockedController, FirstComeFirstServedPassesNobody) {
    ControllerParams params = without_refresh();
    params.scheduler = Scheduler::fcfs;
    EXPECT_EQ(
        run(tiny_standard(), params, hits_around_a_conflict(), 60).lines,
        (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0", "9 precharge 0.0.0",
               "13 activate 0.0.0 row 2", "17 read 0.0.0 row 2 column 0", "22 precharge 0.0.0",
               "26 activate 0.0.0 row 1", "30 read 0.0.0 row 1 column 1",
               "36 read 0.0.0 row 1 column 2", "42 read 0.0.0 row 1 column 3"}));
}

TEST(ClockedController, TheRowCommandSeesThatTheColumnCommandOfItsCycleReachedTheLimit) {
    Standard standard = tiny_standard_with_two_buses();
    for (Constraint& one : standard.constraints)
        if (one.rule == "tRAS") one.cycles = 8;
    ControllerParams params = without_refresh();
    params.bypass_limit = 1;
    const Outcome outcome = run(standard, params,
                                {read_at(0, bank_group_1(1, 0)), read_at(0, bank_group_1(2)),
                                 read_at(0, bank_group_0(1)), read_at(0, bank_group_1(1, 1))},
                                12);
    EXPECT_EQ(outcome.lines, (Lines{"0 activate 0.1.0 row 1", "2 activate 0.0.0 row 1",
                                    "4 read 0.1.0 row 1 column 0", "8 read 0.0.0 row 1 column 0",
                                    "8 precharge 0.1.0"}));
}

TEST(ClockedController, AQueueKeepsItsCountWhileTheOtherIsActive) {
    ControllerParams params = without_refresh();
    params.bypass_limit = 2;
    params.write_high = 1;
    params.write_low = 0;
    params.turn_bursts = 1;
    std::vector<Arrival> arrivals = hits_around_a_conflict();
    arrivals.push_back(write_at(11, bank_group_1(1)));
    EXPECT_EQ(
        run(tiny_standard(), params, arrivals, 60).lines,
        (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
               "10 read 0.0.0 row 1 column 1", "11 activate 0.1.0 row 1",
               "18 write 0.1.0 row 1 column 0", "28 read 0.0.0 row 1 column 2",
               "32 precharge 0.0.0", "35 activate 0.0.0 row 2", "39 read 0.0.0 row 2 column 0",
               "44 precharge 0.0.0", "48 activate 0.0.0 row 1", "52 read 0.0.0 row 1 column 3"}));
}

TEST(ClockedController, AClosedPageIsClosedBehindTheLastRequestThatWantsIt) {
    ControllerParams params = without_refresh();
    params.page_policy = PagePolicy::closed;
    const Outcome outcome = run(tiny_standard(), params,
                                {read_at(0, bank_group_0(1, 0)), read_at(0, bank_group_0(1, 1)),
                                 read_at(12, bank_group_0(1, 2)), write_at(22, bank_group_0(1))},
                                60);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0",
                     "10 read_precharge 0.0.0 row 1 column 1",
                     "17 activate 0.0.0 row 1",  // tRTP + tRP
                     "21 read_precharge 0.0.0 row 1 column 2", "30 activate 0.0.0 row 1",
                     "34 write_precharge 0.0.0 row 1 column 0"}));
}

TEST(ClockedController, AClosedPageLooksAtTheWholeQueueThoughTheOldestGoesAlone) {
    ControllerParams params = without_refresh();
    params.page_policy = PagePolicy::closed;
    params.scheduler = Scheduler::fcfs;
    const Outcome outcome = run(tiny_standard(), params,
                                {read_at(0, bank_group_0(1, 0)), read_at(0, bank_group_0(2)),
                                 read_at(0, bank_group_0(1, 1))},
                                60);
    EXPECT_EQ(outcome.lines,
              (Lines{"0 activate 0.0.0 row 1", "4 read 0.0.0 row 1 column 0", "9 precharge 0.0.0",
                     "13 activate 0.0.0 row 2", "17 read_precharge 0.0.0 row 2 column 0",
                     "26 activate 0.0.0 row 1", "30 read_precharge 0.0.0 row 1 column 1"}));
}

TEST(ClockedController, ARequestOutsideTheChannelIsNamed) {
    CommandList list;
    ClockedController controller(tiny_standard(), 2, without_refresh(), 0, list, 1);
    const auto refused = [&](const Location& location) -> std::string {
        try {
            controller.push_read({0, location});
        } catch (const std::overflow_error& error) {
            return error.what();
        }
        return "taken";
    };
    EXPECT_EQ(refused({.rank = 2}), "register dram rank = 2: holds 0 to 1");
    EXPECT_EQ(refused({.bank_group = 2}), "register dram bank group = 2: holds 0 to 1");
    EXPECT_EQ(refused({.bank = 4}), "register dram bank = 4: holds 0 to 3");
    EXPECT_EQ(refused({.row = 16}), "register dram row = 16: holds 0 to 15");
    EXPECT_EQ(refused({.column = 8}), "register dram column = 8: holds 0 to 7");
    EXPECT_EQ(refused({.rank = 1, .bank_group = 1, .bank = 3, .row = 15, .column = 7}), "taken");
    EXPECT_EQ(refused({}), "register dram arrived reads = 2: holds 0 to 1");
    EXPECT_NO_THROW(controller.push_write({}));
    EXPECT_THROW(controller.push_write({}), std::overflow_error);
}

}  // namespace
}  // namespace quatrain::dram::tiny
