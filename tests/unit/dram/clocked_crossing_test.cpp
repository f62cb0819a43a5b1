// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_crossing.hpp"
#include "tests/support/random_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <stdexcept>

namespace quatrain::dram {
namespace {

struct Case {
    std::int64_t writer_period = 1, reader_period = 1;  ///< [ps]
    std::int64_t stages = 1;
    bool writer_first = false;         ///< where edges fall together
    std::vector<std::int64_t> cycles;  ///< of the writer, one entry written at the end of each
};

std::int64_t between(std::mt19937_64& random, std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

/// Equal periods, multiples either way, periods without a common divisor, and any.
Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    const std::int64_t first = between(random, 1, 60);
    std::int64_t second = first;
    if (seed % 5 == 1 || seed % 5 == 2) second = first * between(random, 2, 9);
    if (seed % 5 == 3) {
        do second = between(random, 1, 60);
        while (std::gcd(first, second) != 1);
    }
    if (seed % 5 == 4) second = between(random, 1, 60);
    one.writer_period = seed % 5 == 1 ? second : first;
    one.reader_period = seed % 5 == 1 ? first : second;
    one.stages = between(random, least_crossing_stages, most_crossing_stages);
    one.writer_first = between(random, 0, 1) == 1;
    std::int64_t cycle = between(random, 0, 3);
    for (int i = 0; i < 60; ++i) {
        one.cycles.push_back(cycle);
        cycle += between(random, 0, 2) * between(random, 0, 5);
    }
    return one;
}

/// The reader's cycle in which every entry shows, found edge by edge.
std::vector<std::int64_t> shown(const Case& one) {
    std::vector<std::int64_t> cycles(one.cycles.size(), -1);
    ClockedCrossing<std::size_t> crossing("crossing", 60, one.stages);
    std::size_t next = 0, seen = 0;
    std::int64_t writer_edge = 1, reader_edge = 1;  // a first edge ends cycle 0
    const auto write = [&](std::uint64_t time) {
        for (; next < one.cycles.size() && one.cycles[next] + 1 == writer_edge; ++next)
            crossing.write(time, next);
        ++writer_edge;
    };
    while (seen < one.cycles.size()) {
        const std::int64_t writer_time = writer_edge * one.writer_period;
        const std::int64_t reader_time = reader_edge * one.reader_period;
        if (writer_time < reader_time || (writer_time == reader_time && one.writer_first)) {
            write(static_cast<std::uint64_t>(writer_time));
            continue;
        }
        for (const std::size_t entry : crossing.edge(static_cast<std::uint64_t>(reader_time))) {
            if (entry != seen++) return {};
            cycles[entry] = reader_edge;
        }
        ++reader_edge;
    }
    return cycles;
}

std::optional<std::string> failure(const Case& one) {
    const std::vector<std::int64_t> found = shown(one);
    if (found.empty()) return "entries out of order";
    for (std::size_t i = 0; i < found.size(); ++i) {
        const std::int64_t expected =
            (one.cycles[i] + 1) * one.writer_period / one.reader_period + one.stages;
        if (found[i] != expected)
            return fmt::format("entry {} of cycle {} shows in cycle {}, by the formula in {}", i,
                               one.cycles[i], found[i], expected);
    }
    return std::nullopt;
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; one.cycles.size() > 1 && i < one.cycles.size(); ++i) {
        all.push_back(one);
        all.back().cycles.erase(all.back().cycles.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (one.stages > least_crossing_stages) {
        all.push_back(one);
        --all.back().stages;
    }
    return all;
}

std::string describe(const Case& one) {
    return fmt::format("periods {} to {}, {} stages, {} entries", one.writer_period,
                       one.reader_period, one.stages, one.cycles.size());
}

TEST(ClockedCrossing, AnEntryShowsInTheCycleOfTheFormulaWhateverThePeriods) {
    test::check_random_cases(4000, random_case, failure, smaller, describe);
}

TEST(ClockedCrossing, AnEdgeThatFallsTogetherWithTheWritersDoesNotSeeIt) {
    for (const bool writer_first : {false, true}) {
        EXPECT_EQ(shown({10, 10, 1, writer_first, {0}}), (std::vector<std::int64_t>{2}));
        EXPECT_EQ(shown({11, 10, 1, writer_first, {0}}), (std::vector<std::int64_t>{2}));
        EXPECT_EQ(shown({9, 10, 1, writer_first, {0}}), (std::vector<std::int64_t>{1}));
    }
}

TEST(ClockedCrossing, MoreEntriesThanItHoldsOverflow) {
    ClockedCrossing<int> crossing("crossing", 2, 1);
    crossing.write(10, 1);
    crossing.write(10, 2);
    EXPECT_THROW(crossing.write(20, 3), std::overflow_error);
    EXPECT_EQ(crossing.edge(25).size(), 2);
    EXPECT_NO_THROW(crossing.write(30, 3));
}

TEST(ClockedCrossing, StagesOutsideTheirRangeAreRefused) {
    EXPECT_THROW(ClockedCrossing<int>("crossing", 1, 0), std::overflow_error);
    EXPECT_THROW(ClockedCrossing<int>("crossing", 1, 9), std::overflow_error);
}

}  // namespace
}  // namespace quatrain::dram
