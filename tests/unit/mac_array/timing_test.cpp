// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/timing.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/mp11.hpp>
#include <random>

namespace quatrain::mac_array {
namespace {

constexpr std::int64_t rows = 8;
constexpr std::int64_t cols = 5;

Params array(bool overlap) {
    Params params;
    params.rows = rows;
    params.cols = cols;
    params.double_stationary = params.double_result = overlap;
    return params;
}

TEST(ArrayTiming, WithoutOverlapAWeightStationaryPassTakes2RPlusCPlusTMinus2BackToBack) {
    Timeline timeline(array(false));
    std::int64_t issue = 0;
    for (const std::int64_t vectors : {1, 7, 8, 100}) {
        const PassTimes times = timeline.weight_stationary(issue, rows, vectors);
        EXPECT_EQ(times.done - issue, 2 * rows + cols + vectors - 2);
        EXPECT_EQ(times.next_issue, times.done);
        issue = times.next_issue;
    }
}

TEST(ArrayTiming, WithoutOverlapAnOutputStationaryPassTakesRPlusCPlusKMinus2BackToBack) {
    Timeline timeline(array(false));
    std::int64_t issue = 3;
    for (const std::int64_t steps : {1, 7, 8, 100}) {
        const PassTimes times = timeline.output_stationary(issue, false, steps);
        EXPECT_EQ(times.done - issue, rows + cols + steps - 2);
        issue = times.next_issue;
    }
}

TEST(ArrayTiming, WithoutOverlapAResumingPassLoadsItsResultsFirst) {
    Timeline timeline(array(false));
    const PassTimes first = timeline.output_stationary(0, false, 10);
    const PassTimes second = timeline.output_stationary(first.next_issue, true, 10);
    EXPECT_EQ(second.done - first.done, rows + (rows + cols + 10 - 2));
}

TEST(ArrayTiming, ASecondStationaryRegisterHidesThePreloadBehindAStreamOfAtLeastRVectors) {
    Timeline timeline(array(true));
    PassTimes before = timeline.weight_stationary(0, rows, rows + 1);
    for (int pass = 0; pass < 5; ++pass) {
        const PassTimes times = timeline.weight_stationary(before.next_issue, rows, rows + 1);
        EXPECT_EQ(times.stream_start, before.stream_end);
        EXPECT_GE(times.preload_start, before.stream_start);
        before = times;
    }
}

TEST(ArrayTiming, StreamsShorterThanThePreloadRunAtOnePassPerPreload) {
    Timeline timeline(array(true));
    PassTimes before = timeline.weight_stationary(0, rows, 2);
    for (int pass = 0; pass < 5; ++pass) {
        // The next pass can issue one cycle after this one streams at the earliest, so it never
        // preloads before.
        const PassTimes times = timeline.weight_stationary(before.stream_start, rows, 2);
        EXPECT_EQ(times.stream_start, before.stream_start + rows);
        before = times;
    }
}

TEST(ArrayTiming, APreloadThatTheStreamerSlowsDownDelaysTheStream) {
    Timeline timeline(array(true));
    EXPECT_EQ(timeline.weight_stationary(0, rows + 6, 4).stream_start, rows + 6);
    Timeline fast(array(true));
    EXPECT_EQ(fast.weight_stationary(0, rows - 3, 4).stream_start, rows)
        << "every row of the array is shifted in";
}

TEST(ArrayTiming, ASecondResultRegisterHidesTheDrainBehindTheNextStream) {
    Timeline timeline(array(true));
    PassTimes before = timeline.output_stationary(0, false, rows);
    for (int pass = 0; pass < 5; ++pass) {
        const PassTimes times = timeline.output_stationary(before.next_issue, false, rows);
        EXPECT_EQ(times.stream_start, before.stream_end);
        before = times;
    }
}

TEST(ArrayTiming, TheLastStepOfShortOutputStationaryPassesWaitsForTheDrainPath) {
    Timeline timeline(array(true));
    const PassTimes first = timeline.output_stationary(0, false, rows - 1);
    const PassTimes second = timeline.output_stationary(first.next_issue, false, rows - 1);
    EXPECT_EQ(second.stream_start, first.stream_end);
    EXPECT_EQ(second.stream_end, first.stream_end + rows);
    EXPECT_EQ(second.done, first.done + rows);
}

TEST(ArrayTiming, AResumingPassStartsOneCycleBehindTheDrainOfThePassBefore) {
    Timeline timeline(array(true));
    const PassTimes first = timeline.output_stationary(0, false, 20);
    const PassTimes second = timeline.output_stationary(first.next_issue, true, 20);
    // Row 0 drains in cycle done - rows.
    EXPECT_EQ(second.preload_start, first.done - rows + 1);
    EXPECT_EQ(second.stream_start, second.preload_start + rows);
}

TEST(ArrayTiming, AChangeOfDataflowWaitsUntilTheArrayIsEmpty) {
    for (const bool overlap : {false, true}) {
        Timeline timeline(array(overlap));
        const PassTimes ws = timeline.weight_stationary(0, rows, 9);
        const PassTimes os = timeline.output_stationary(ws.next_issue, false, 9);
        EXPECT_EQ(os.stream_start, ws.done);
        const PassTimes again = timeline.weight_stationary(os.next_issue, rows, 9);
        EXPECT_EQ(again.preload_start, os.done);
    }
}

TEST(ArrayTiming, APassThatIssuesLateStartsLate) {
    Timeline timeline(array(true));
    timeline.weight_stationary(0, rows, 4);
    EXPECT_EQ(timeline.weight_stationary(1000, rows, 4).preload_start, 1000);
    Timeline other(array(true));
    other.output_stationary(0, false, 4);
    EXPECT_EQ(other.output_stationary(1000, false, 4).stream_start, 1000);
}

/// Invariants of every schedule: one preload, one stream and one drain at a time, in order.
TEST(ArrayTiming, RandomSequencesNeverUseAPathTwiceInACycle) {
    std::mt19937_64 random(1);
    const auto below = [&](std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
    };
    for (int run = 0; run < 200; ++run) {
        Params params = array(true);
        params.rows = 1 + below(9);
        params.cols = 1 + below(9);
        params.double_stationary = below(2) == 0;
        params.double_result = below(2) == 0;
        Timeline timeline(params);
        PassTimes before{};
        bool before_was_ws = true;
        for (int pass = 0; pass < 20; ++pass) {
            const bool ws = below(3) != 0;
            const std::int64_t issue = before.next_issue + below(5) / 4 * below(40);
            const std::int64_t stream = 1 + below(30);
            const PassTimes times =
                ws ? timeline.weight_stationary(issue, params.rows + below(3), stream)
                   : timeline.output_stationary(issue, below(3) == 0, stream);
            EXPECT_GE(times.preload_start, issue);
            EXPECT_GE(times.stream_start, std::max(times.preload_end, before.stream_end));
            EXPECT_GE(times.stream_end - times.stream_start, stream);
            if (ws || before_was_ws) {
                EXPECT_EQ(times.stream_end - times.stream_start, stream);
            }
            EXPECT_EQ(times.done, times.stream_end + params.rows + params.cols - 2);
            EXPECT_GT(times.done, before.done);
            EXPECT_GT(times.next_issue, issue);
            if (pass > 0 && !ws && !before_was_ws) {
                EXPECT_GE(times.done, before.done + params.rows);
            }
            if (pass > 0 && ws && before_was_ws) {
                EXPECT_GE(times.preload_start,
                          params.double_stationary ? before.stream_start : before.done);
            }
            before = times;
            before_was_ws = ws;
        }
    }
}

TEST(ArrayParameters, AChunkThatIsNoMultipleOfTheLanesIsRejected) {
    Params params;
    validate(params);
    params.chunk = 66;
    EXPECT_THROW(validate(params), ParamError);
}

TEST(ArrayParameters, EveryFieldIsDescribedInOrder) {
    std::size_t index = 0;
    const auto info = parameter_info(Params{});
    boost::mp11::mp_for_each<
        boost::describe::describe_members<Params, boost::describe::mod_public>>([&](auto member) {
        ASSERT_LT(index, info.size());
        EXPECT_EQ(info[index++].name, member.name);
    });
    EXPECT_EQ(index, info.size());
}

}  // namespace
}  // namespace quatrain::mac_array
