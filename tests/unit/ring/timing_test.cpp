// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/timing.hpp"

#include "tests/support/parameter_names.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::ring {
namespace {

constexpr Params usual{.bytes_per_cycle = 128, .hop_cycles = 2};
constexpr std::int64_t flit = 128;  ///< [bytes]

TEST(RingTiming, AMessageTakesItsHopsAndACycleForEveryFlit) {
    const auto arrival = [](std::int64_t bytes, std::int64_t to) {
        return Ring(usual, 8).send(0, to, bytes, 10);
    };
    EXPECT_EQ(arrival(1, 1), 13);
    EXPECT_EQ(arrival(128, 1), 13);
    EXPECT_EQ(arrival(129, 1), 14);
    EXPECT_EQ(arrival(1024, 1), 20);
    EXPECT_EQ(arrival(1024, 3), 24);
}

TEST(RingTiming, HopsAreThoseOfTheShorterWay) {
    const auto ways = [](std::int64_t from, std::int64_t stops) {
        std::vector<std::int64_t> all;
        for (std::int64_t to = 0; to < stops; ++to) {
            const std::int64_t sign = direction(from, to, stops) == Direction::clockwise ? 1 : -1;
            all.push_back(sign * hops(from, to, stops));
        }
        return all;
    };
    using Ways = std::vector<std::int64_t>;
    EXPECT_EQ(ways(0, 2), (Ways{0, 1}));
    EXPECT_EQ(ways(1, 2), (Ways{1, 0}));
    EXPECT_EQ(ways(0, 5), (Ways{0, 1, 2, -2, -1}));
    EXPECT_EQ(ways(4, 5), (Ways{1, 2, -2, -1, 0}));
    EXPECT_EQ(ways(0, 6), (Ways{0, 1, 2, 3, -2, -1}));
    EXPECT_EQ(ways(5, 6), (Ways{1, 2, 3, -2, -1, 0}));
}

TEST(RingTiming, OnAnIdleRingTheLatencyIsTheClosedForm) {
    for (const std::int64_t stops : {2, 3, 8, 33})
        for (std::int64_t from = 0; from < stops; ++from)
            for (std::int64_t to = 0; to < stops; ++to) {
                if (from == to) continue;
                const std::int64_t latency = unloaded_latency(usual, from, to, 300, stops);
                EXPECT_EQ(latency, 2 * hops(from, to, stops) + 3);
                EXPECT_EQ(Ring(usual, stops).send(from, to, 300, 7), 7 + latency);
            }
}

TEST(RingTiming, WhereBothWaysAreAsLongAMessageGoesClockwise) {
    Ring ring(usual, 4);
    ring.send(0, 2, 10 * flit, 0);                   // links 0 -> 1 in 0 to 9, 1 -> 2 in 2 to 11
    EXPECT_EQ(ring.send(0, 3, flit, 1), 1 + 3);      // the other way is free
    EXPECT_EQ(ring.send(1, 2, flit, 1), 12 + 3);     // this one is not
    EXPECT_EQ(ring.send(3, 1, flit, 1), 8 + 4 + 1);  // 3 -> 0 -> 1, behind the first on 0 -> 1
}

/// A message from stop 0 to 2 has the link 1 -> 2 in cycles 2 to 5.
TEST(RingTiming, AMessageWaitsForTheLinkThatAnotherHas) {
    const auto arrival = [](std::int64_t cycle) {
        Ring ring(usual, 8);
        EXPECT_EQ(ring.send(0, 2, 4 * flit, 0), 8);
        return ring.send(1, 2, flit, cycle);
    };
    EXPECT_EQ(arrival(5), 9);
    EXPECT_EQ(arrival(6), 9);
    EXPECT_EQ(arrival(7), 10);
}

TEST(RingTiming, AGapBeforeAReservationStaysEmpty) {
    Ring ring(usual, 8);
    EXPECT_EQ(ring.send(0, 3, flit, 0), 7);  // on 2 -> 3 in cycle 4
    EXPECT_EQ(ring.send(2, 3, flit, 0), 5 + 3);
}

/// The link 2 -> 3 is taken in cycles 0 to 9; from stop 0 it is 4 cycles away.
TEST(RingTiming, AMessageWaitsAtItsStopForALinkFarAhead) {
    Ring ring(usual, 8);
    EXPECT_EQ(ring.send(2, 3, 10 * flit, 0), 12);
    EXPECT_EQ(ring.send(0, 3, flit, 1), 6 + 6 + 1);
    EXPECT_EQ(ring.send(0, 1, flit, 2), 7 + 3);  // behind it, though 0 -> 1 has been idle
}

TEST(RingTiming, MessagesOnDisjointWaysDoNotMeet) {
    Ring ring(usual, 8);
    EXPECT_EQ(ring.send(0, 2, 10 * flit, 0), 14);
    EXPECT_EQ(ring.send(2, 4, 10 * flit, 0), 14);
    EXPECT_EQ(ring.send(4, 7, 10 * flit, 0), 16);
    EXPECT_EQ(ring.send(7, 0, 10 * flit, 0), 12);
}

TEST(RingTiming, TheTwoDirectionsDoNotMeet) {
    Ring ring(usual, 8);
    EXPECT_EQ(ring.send(0, 2, 10 * flit, 0), 14);
    EXPECT_EQ(ring.send(2, 0, 10 * flit, 0), 14);
    EXPECT_EQ(ring.send(0, 6, 10 * flit, 1), 15);
}

/// Behind the first message every one takes its flits' cycles, whatever the hops.
TEST(RingTiming, AStreamRunsAtTheBandwidthOfALink) {
    for (const std::int64_t per_message : {1, 2, 7})
        for (const std::int64_t to : {1, 3}) {
            Ring ring(usual, 8);
            for (std::int64_t k = 0; k < 50; ++k)
                EXPECT_EQ(ring.send(0, to, per_message * flit, k), 2 * to + (k + 1) * per_message);
        }
}

TEST(RingTiming, RequestsAreServedInTheOrderOfCyclesThenStops) {
    Ring together(usual, 8);
    EXPECT_EQ(together.send(0, 2, 4 * flit, 0), 8);
    EXPECT_EQ(together.send(1, 2, 4 * flit, 0), 6 + 2 + 4);
    Ring nearer_first(usual, 8);
    EXPECT_EQ(nearer_first.send(1, 2, 4 * flit, 0), 6);
    EXPECT_EQ(nearer_first.send(0, 2, 4 * flit, 1), 2 + 4 + 4);
    Ring farther_first(usual, 8);
    EXPECT_EQ(farther_first.send(0, 2, 4 * flit, 0), 8);
    EXPECT_EQ(farther_first.send(1, 2, 4 * flit, 1), 6 + 2 + 4);
}

std::string error_of(std::int64_t from, std::int64_t to, std::int64_t bytes, std::int64_t cycle) {
    Ring ring(usual, 4);
    ring.send(1, 2, flit, 5);
    try {
        ring.send(from, to, bytes, cycle);
        return "no error";
    } catch (const std::logic_error& error) {
        return error.what();
    }
}

TEST(RingTiming, ARequestThatCannotBeIsAnError) {
    EXPECT_EQ(error_of(2, 1, 1, 5), "no error");
    EXPECT_EQ(error_of(0, 3, 1, 6), "no error");
    EXPECT_EQ(error_of(1, 3, 1, 5),
              "ring cycle = 5: from stop 1: must be behind cycle 5 from stop 1");
    EXPECT_EQ(error_of(0, 3, 1, 5),
              "ring cycle = 5: from stop 0: must be behind cycle 5 from stop 1");
    EXPECT_EQ(error_of(3, 0, 1, 4),
              "ring cycle = 4: from stop 3: must be behind cycle 5 from stop 1");
    EXPECT_EQ(error_of(2, 2, 1, 6),
              "ring to = 2: must be another stop than the message comes from");
    EXPECT_EQ(error_of(2, 4, 1, 6), "ring to = 4: must be a stop, 0 to 3");
    EXPECT_EQ(error_of(2, -1, 1, 6), "ring to = -1: must be a stop, 0 to 3");
    EXPECT_EQ(error_of(4, 0, 1, 6), "ring from = 4: must be a stop, 0 to 3");
    EXPECT_EQ(error_of(-1, 0, 1, 6), "ring from = -1: must be a stop, 0 to 3");
    EXPECT_EQ(error_of(2, 0, 0, 6), "ring bytes = 0: must be at least 1");
    EXPECT_EQ(error_of(2, 0, 1, -1), "ring cycle = -1: must be at least 0");
    EXPECT_THROW(Ring(usual, 4).send(1, 0, 1, -1), std::logic_error);
    EXPECT_NO_THROW(Ring(usual, 4).send(0, 1, 1, 0));
    EXPECT_NO_THROW(Ring(usual, 2));
    EXPECT_THROW(Ring(usual, 1), ParamError);
}

/// Which cycles the flits of all messages have the links in, one by one.
class Occupancy {
public:
    Occupancy(const Params& params, std::int64_t stops)
        : params_(params), last_(static_cast<std::size_t>(2 * stops), -1), stops_(stops) {}

    /// The first cycle from `cycle` on in which a message can enter and find every link behind all
    /// flits that have it so far; takes it. Returns when the message is there.
    std::int64_t send(std::int64_t from, std::int64_t to, std::int64_t bytes, std::int64_t cycle) {
        const std::int64_t right = (to + stops_ - from) % stops_;
        const bool clockwise = 2 * right <= stops_;
        std::vector<std::size_t> way;
        for (std::int64_t at = from; at != to;) {
            const std::int64_t next = (at + (clockwise ? 1 : stops_ - 1)) % stops_;
            way.push_back(static_cast<std::size_t>(clockwise ? at : stops_ + next));
            at = next;
        }
        while (!fits(way, cycle)) ++cycle;
        std::int64_t arrival = 0;
        for (std::int64_t left = bytes; left > 0; left -= params_.bytes_per_cycle, ++cycle) {
            std::int64_t at = cycle;
            for (const std::size_t link : way) {
                last_[link] = at;
                at += params_.hop_cycles;
            }
            arrival = at + 1;
        }
        return arrival;
    }

private:
    bool fits(const std::vector<std::size_t>& way, std::int64_t cycle) const {
        return std::all_of(way.begin(), way.end(), [&](std::size_t link) {
            const bool behind = last_[link] < cycle;
            cycle += params_.hop_cycles;
            return behind;
        });
    }

    Params params_;
    std::vector<std::int64_t> last_;  ///< cycle of the last flit that a link has taken
    std::int64_t stops_;
};

TEST(RingTiming, RandomRequestsGetTheFirstCyclesBehindThoseBefore) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        std::mt19937_64 random(seed);
        const auto draw = [&](std::int64_t low, std::int64_t high) {
            return std::uniform_int_distribution<std::int64_t>(low, high)(random);
        };
        const Params params{.bytes_per_cycle = draw(1, 128), .hop_cycles = draw(1, 8)};
        const std::int64_t stops = draw(2, 33), pause = draw(0, 6), longest = draw(1, 600);
        Ring ring(params, stops);
        Occupancy occupancy(params, stops);
        std::int64_t cycle = 0, from = -1;
        for (int i = 0; i < 100; ++i) {
            const std::int64_t later = draw(0, pause);
            cycle += later;
            from = later > 0 ? draw(0, stops - 1) : from + 1;
            if (from == stops) ++cycle, from = 0;
            const std::int64_t to = (from + draw(1, stops - 1)) % stops, bytes = draw(1, longest);
            ASSERT_EQ(ring.send(from, to, bytes, cycle), occupancy.send(from, to, bytes, cycle))
                << fmt::format("seed {}: message {} of {} bytes from {} to {} of {} in cycle {}",
                               seed, i, bytes, from, to, stops, cycle);
        }
    }
}

TEST(RingTiming, ALinkHas128BytesPerCycleUnlessSaid) {
    EXPECT_EQ(Params{}.bytes_per_cycle, 128);
    EXPECT_EQ(Params{}.hop_cycles, 2);
}

TEST(RingTiming, ParametersAreDescribedInTheirOrder) {
    test::expect_described_in_order<Params>();
}

}  // namespace
}  // namespace quatrain::ring
