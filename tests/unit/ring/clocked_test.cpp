// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/unit/ring/clocked_bench.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <tuple>

namespace quatrain::ring {
namespace {

struct Case {
    Params params;
    std::int64_t stops = 2;
    std::vector<Sent> messages;
};

struct Outcome {
    std::vector<Received> received;
    int wrong_counts = 0;
    std::string failure;
};

/// Runs `cycles` cycles.
Outcome run(const Case& one, std::int64_t cycles) {
    const KernelContext kernel;
    ClockedRing ring("ring", one.params, one.stops, std::ssize(one.messages));
    ClockedBench bench("bench", ring, one.messages);
    sc_core::sc_start(static_cast<double>(cycles), sc_core::SC_NS);
    return {bench.received, bench.wrong_counts, test::failure_text(ring.failure())};
}

constexpr Params usual{.bytes_per_cycle = 128, .hop_cycles = 2};

/// The cycle in which each of the messages, without payload, shows at its destination; -1 where it
/// does not within 60 cycles.
std::vector<std::int64_t> arrivals(std::int64_t stops, std::vector<Sent> messages) {
    for (Sent& one : messages) one.payload_bytes = 0;
    std::vector<std::int64_t> cycles(messages.size(), -1);
    for (const Received& one : run({usual, stops, messages}, 60).received)
        cycles[one.number] = one.cycle;
    return cycles;
}
using Cycles = std::vector<std::int64_t>;

TEST(ClockedRing, AMessageShowsInTheCycleBehindItsLastFlit) {
    EXPECT_EQ(arrivals(8, {{0, 0, 1, 128}}), Cycles{3});
    EXPECT_EQ(arrivals(8, {{5, 0, 1, 129}}), Cycles{9});
    EXPECT_EQ(arrivals(8, {{5, 2, 5, 1024}}), Cycles{19});
}

TEST(ClockedRing, AMessageTakesTheShorterWayAndClockwiseIfEqual) {
    EXPECT_EQ(arrivals(5, {{0, 0, 3, 128}}), Cycles{5});
    EXPECT_EQ(arrivals(5, {{0, 4, 1, 128}}), Cycles{5});
    EXPECT_EQ(arrivals(2, {{0, 1, 0, 128}}), Cycles{3});
    // 0 -> 2 keeps 1 -> 2 busy and not 0 -> 3; 3 -> 1 goes over 0 -> 1.
    EXPECT_EQ(arrivals(4, {{0, 0, 2, 1280}, {1, 0, 3, 128}, {1, 1, 2, 128}, {1, 3, 1, 128}}),
              (Cycles{14, 4, 15, 13}));
}

TEST(ClockedRing, AMessageWaitsUntilItsWholeWayIsFree) {
    for (const auto& [cycle, arrival] :
         {std::pair<std::int64_t, std::int64_t>{5, 9}, {6, 9}, {7, 10}})
        EXPECT_EQ(arrivals(8, {{0, 0, 2, 512}, {cycle, 1, 2, 128}}), (Cycles{8, arrival}));
    // Far ahead, and a message behind the one that waits.
    EXPECT_EQ(arrivals(8, {{0, 2, 3, 1280}, {1, 0, 3, 128}, {2, 0, 1, 128}}), (Cycles{12, 13, 10}));
    // A gap stays empty.
    EXPECT_EQ(arrivals(8, {{0, 0, 3, 128}, {0, 2, 3, 128}}), (Cycles{7, 8}));
}

TEST(ClockedRing, RequestsOfOneCycleAreServedInTheOrderOfStops) {
    EXPECT_EQ(arrivals(8, {{0, 0, 2, 512}, {0, 1, 2, 512}}), (Cycles{8, 12}));
    EXPECT_EQ(arrivals(8, {{0, 1, 2, 512}, {1, 0, 2, 512}}), (Cycles{6, 10}));
    EXPECT_EQ(arrivals(8, {{0, 0, 2, 512}, {1, 1, 2, 512}}), (Cycles{8, 12}));
}

TEST(ClockedRing, DisjointWaysAndTheTwoDirectionsDoNotMeet) {
    EXPECT_EQ(arrivals(8, {{0, 0, 2, 1280}, {0, 2, 4, 1280}, {0, 4, 7, 1280}, {0, 7, 0, 1280}}),
              (Cycles{14, 14, 16, 12}));
    EXPECT_EQ(arrivals(8, {{0, 0, 2, 1280}, {0, 2, 0, 1280}, {1, 0, 6, 1280}}),
              (Cycles{14, 14, 15}));
}

TEST(ClockedRing, AStreamFillsItsLink) {
    std::vector<Sent> messages;
    Cycles expected;
    for (std::int64_t k = 0; k < 10; ++k) {
        messages.push_back({k, 0, 1, 512});
        expected.push_back(2 + 4 * (k + 1));
    }
    EXPECT_EQ(arrivals(3, messages), expected);
}

TEST(ClockedRing, TwoMessagesArriveAtAStopInOneCycle) {
    const Case one{usual, 4, {{0, 0, 1, 200, 200}, {0, 2, 1, 200, 150}}};
    const Outcome outcome = run(one, 10);
    EXPECT_EQ(outcome.wrong_counts, 0);
    EXPECT_EQ(outcome.received, (std::vector<Received>{{4, 0, 1, 0, 200, payload_of(0, 200)},
                                                       {4, 2, 1, 1, 200, payload_of(1, 150)}}));
}

std::int64_t between(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

/// Pauses, lengths and destinations of their own for every seed; in a third of them all messages
/// have one stop, the memory's, at one end.
Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.params = {.bytes_per_cycle = between(random, 1, 128), .hop_cycles = between(random, 1, 8)};
    one.stops = between(random, 2, 33);
    const std::int64_t flits = between(random, 1, 6);
    const std::int64_t longest = std::min<std::int64_t>(flits * one.params.bytes_per_cycle, 400);
    const std::int64_t count = between(random, 1, 60);
    const std::int64_t span = between(random, 0, 3) * count / 2;
    const bool has_memory = seed % 3 == 0;
    const std::int64_t memory = between(random, 0, one.stops - 1);
    for (std::int64_t i = 0; i < count; ++i) {
        Sent message{.cycle = between(random, 0, span),
                     .from = between(random, 0, one.stops - 1),
                     .bytes = between(random, 1, longest)};
        message.to = (message.from + between(random, 1, one.stops - 1)) % one.stops;
        if (has_memory && message.from != memory) message.to = memory;
        message.payload_bytes =
            between(random, 0, 3) ? message.bytes : between(random, 0, message.bytes);
        one.messages.push_back(message);
    }
    const auto key = [](const Sent& message) { return std::pair(message.cycle, message.from); };
    std::ranges::sort(one.messages, {}, key);
    const auto twice = std::ranges::unique(one.messages, {}, key);
    one.messages.erase(twice.begin(), twice.end());
    return one;
}

/// What the closed form says.
std::vector<Received> expected_of(const Case& one) {
    Ring ring(one.params, one.stops);
    std::vector<Received> all;
    for (std::size_t i = 0; i < one.messages.size(); ++i) {
        const Sent& message = one.messages[i];
        const std::int64_t cycle =
            ring.send(message.from, message.to, message.bytes, message.cycle);
        all.push_back({cycle, message.from, message.to, i, message.bytes,
                       payload_of(i, message.payload_bytes)});
    }
    return all;
}

std::optional<std::string> failure(const Case& one) {
    std::vector<Received> expected = expected_of(one);
    std::int64_t last = 0;
    for (const Received& message : expected) last = std::max(last, message.cycle);
    Outcome outcome = run(one, last + 20);
    if (outcome.failure != "no failure") return outcome.failure;
    if (outcome.wrong_counts > 0) return "a count that is not that of the messages";
    if (outcome.received.size() != expected.size())
        return fmt::format("{} messages arrive", outcome.received.size());
    std::ranges::sort(outcome.received, {}, &Received::number);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Received& is = outcome.received[i];
        const Received& should = expected[i];
        if (is.number != i || is.cycle != should.cycle || is.to != should.to)
            return fmt::format("message {} arrives at {} in {} instead of {} at {} in {}",
                               is.number, is.to, is.cycle, i, should.to, should.cycle);
        if (is != should) return fmt::format("message {} arrives changed", i);
    }
    return std::nullopt;
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; one.messages.size() > 1 && i < one.messages.size(); ++i) {
        all.push_back(one);
        all.back().messages.erase(all.back().messages.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (std::size_t i = 0; i < one.messages.size(); ++i) {
        if (one.messages[i].bytes == 1) continue;
        all.push_back(one);
        Sent& message = all.back().messages[i];
        message.bytes /= 2;
        message.payload_bytes = std::min(message.payload_bytes, message.bytes);
    }
    if (one.params.hop_cycles > 1) {
        all.push_back(one);
        --all.back().params.hop_cycles;
    }
    return all;
}

std::string describe(const Case& one) {
    std::string text =
        fmt::format("{} bytes per cycle, hop {}, {} stops:", one.params.bytes_per_cycle,
                    one.params.hop_cycles, one.stops);
    for (const Sent& message : one.messages)
        text += fmt::format(" [{}] {}->{} {} bytes", message.cycle, message.from, message.to,
                            message.bytes);
    return text;
}

TEST(ClockedRing, DeliversWholeMessagesInTheCyclesOfTheClosedForm) {
    test::check_random_cases(800, random_case, failure, smaller, describe);
}

}  // namespace
}  // namespace quatrain::ring
