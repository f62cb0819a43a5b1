// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/clocked.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/unit/scratchpad/clocked_bench.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <optional>
#include <random>
#include <tuple>

namespace quatrain::scratchpad {
namespace {

constexpr std::int64_t image_bytes = 4096;
constexpr Params usual{.bytes = image_bytes, .bytes_per_cycle = 128, .latency_cycles = 10};

/// The cycles in which the bursts, of up to three cores, are answered, each once; -1 where one is
/// not within 100 cycles.
std::vector<std::int64_t> answered(const std::vector<Burst>& bursts, const Params& params = usual) {
    const KernelContext kernel;
    ClockedBench bench(params, 6, std::ssize(bursts));
    bench.run(bursts, 100);
    EXPECT_EQ(bench.failure(), "no failure");
    EXPECT_EQ(bench.wrong_counts, 0);
    std::vector<std::int64_t> cycles(bursts.size(), -1);
    for (const Answer& one : bench.answers)
        for (std::size_t i = 0; i < bursts.size(); ++i)
            if (one.tag == tag_of(i) && one.port == bursts[i].port) cycles[i] = one.cycle;
    EXPECT_EQ(bench.answers.size(), bursts.size());
    return cycles;
}
using Cycles = std::vector<std::int64_t>;

TEST(ClockedScratchpad, ABurstIsAnsweredBehindItsCyclesAtThePortAndTheLatency) {
    for (const std::size_t port : {0U, 1U, 4U, 5U}) {
        EXPECT_EQ(answered({{20, port, 0, 1}}), Cycles{31});
        EXPECT_EQ(answered({{20, port, 0, 128}}), Cycles{31});
        EXPECT_EQ(answered({{20, port, 0, 129}}), Cycles{32});
        EXPECT_EQ(answered({{0, port, 0, 4096}}), Cycles{42});
    }
    for (const std::int64_t latency : {0, 1, 2})
        EXPECT_EQ(answered({{5, 0, 0, 10}},
                           {.bytes = 64, .bytes_per_cycle = 3, .latency_cycles = latency}),
                  Cycles{5 + 4 + latency});
}

TEST(ClockedScratchpad, ABurstWaitsForTheOneBeforeIt) {
    for (const auto& [cycle, answer] :
         {std::pair<std::int64_t, std::int64_t>{11, 25}, {13, 25}, {14, 25}, {15, 26}})
        EXPECT_EQ(answered({{10, 0, 0, 512}, {cycle, 0, 0, 128}}), (Cycles{24, answer}));
}

TEST(ClockedScratchpad, RequestsOfOneCycleAreServedInTheOrderOfPorts) {
    EXPECT_EQ(answered({{3, 0, 0, 256}, {3, 1, 0, 128}, {3, 2, 0, 384}, {3, 5, 0, 1}}),
              (Cycles{15, 16, 19, 20}));
    // The one that shows first goes first, whatever its port.
    EXPECT_EQ(answered({{3, 5, 0, 512}, {4, 0, 0, 128}, {4, 3, 0, 128}, {5, 1, 0, 128}}),
              (Cycles{17, 18, 19, 20}));
}

TEST(ClockedScratchpad, AStreamRunsAtTheBandwidthOfThePort) {
    std::vector<Burst> bursts;
    Cycles expected;
    for (std::int64_t k = 0; k < 20; ++k) {
        bursts.push_back({k, 2, 0, 512});
        expected.push_back(4 * (k + 1) + 10);
    }
    EXPECT_EQ(answered(bursts), expected);
}

/// The data that the bursts, of up to three cores, are answered with.
std::vector<std::vector<std::byte>> data_read(const std::vector<Burst>& bursts) {
    const KernelContext kernel;
    ClockedBench bench(usual, 6, std::ssize(bursts));
    bench.run(bursts, 100);
    std::vector<std::vector<std::byte>> all;
    for (std::size_t i = 0; i < bursts.size(); ++i)
        for (const Answer& one : bench.answers)
            if (one.tag == tag_of(i)) all.push_back(one.data);
    return all;
}

TEST(ClockedScratchpad, ContentsMoveInTheCycleInWhichARequestShows) {
    const std::vector<std::byte> zero(4), none, stored = data_of(0, 4);
    // In the order of ports, long before the store is answered.
    EXPECT_EQ(data_read({{3, 1, 64, 4}, {3, 2, 64, 4}, {4, 0, 64, 4}}),
              (std::vector{none, stored, stored}));
    EXPECT_EQ(data_read({{3, 0, 64, 4}, {3, 1, 64, 4}}), (std::vector{zero, none}));
    // Two bursts that wait do not change what the third one reads.
    EXPECT_EQ(data_read({{3, 0, 0, 4096}, {4, 0, 64, 4}, {5, 1, 64, 4}})[1], zero);
}

struct Case {
    Params params = usual;
    std::size_t ports = 2;
    std::vector<Burst> bursts;
};

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(random);
    };
    Case one;
    one.params = {.bytes = 1024, .bytes_per_cycle = draw(1, 128), .latency_cycles = draw(0, 15)};
    one.ports = static_cast<std::size_t>(2 * draw(1, 8));
    const std::int64_t cycles = draw(1, 6);
    const std::int64_t longest = std::min<std::int64_t>(cycles * one.params.bytes_per_cycle, 400);
    const std::int64_t count = draw(1, 60), span = draw(0, 8) * count / 2;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto ports = static_cast<std::int64_t>(one.ports);
        const std::int64_t bytes = draw(1, longest);
        one.bursts.push_back({draw(0, span), static_cast<std::size_t>(draw(0, ports - 1)),
                              draw(0, one.params.bytes - bytes), bytes});
    }
    const auto key = [](const Burst& burst) { return std::pair(burst.cycle, burst.port); };
    std::ranges::sort(one.bursts, {}, key);
    const auto same = [&](const Burst& a, const Burst& b) { return key(a) == key(b); };
    one.bursts.erase(std::unique(one.bursts.begin(), one.bursts.end(), same), one.bursts.end());
    return one;
}

/// What closed form and function say, in the order of cycles.
struct Expected {
    std::vector<Answer> answers;
    std::vector<std::byte> contents;
};

Expected expected_of(const Case& one) {
    Port port(one.params);
    Expected expected;
    expected.contents.resize(static_cast<std::size_t>(one.params.bytes));
    for (std::size_t i = 0; i < one.bursts.size(); ++i) {
        const Burst& burst = one.bursts[i];
        const auto place = expected.contents.begin() + burst.address;
        std::vector<std::byte> data;
        if (burst.port % 2 == ClockedScratchpad::store)
            std::ranges::copy(data_of(i, burst.bytes), place);
        else
            data.assign(place, place + burst.bytes);
        expected.answers.push_back(
            {port.serve(burst.cycle, burst.bytes), burst.port, tag_of(i), data});
    }
    return expected;
}

std::optional<std::string> failure(const Case& one) {
    const Expected expected = expected_of(one);
    const KernelContext kernel;
    ClockedBench bench(one.params, one.ports, std::ssize(one.bursts));
    bench.run(one.bursts, expected.answers.back().cycle + 20);
    if (bench.failure() != "no failure") return bench.failure();
    if (bench.wrong_counts > 0) return "a count that is not that of the bursts";
    if (bench.answers.size() != expected.answers.size())
        return fmt::format("{} answers", bench.answers.size());
    for (std::size_t i = 0; i < expected.answers.size(); ++i) {
        const Answer& is = bench.answers[i];
        const Answer& should = expected.answers[i];
        if (std::tie(is.cycle, is.port, is.tag) != std::tie(should.cycle, should.port, should.tag))
            return fmt::format("answer {} to {} at {} in {} instead of to {} at {} in {}", i,
                               is.tag, is.port, is.cycle, should.tag, should.port, should.cycle);
        if (is.data != should.data) return fmt::format("burst {} has other data", i);
    }
    std::vector<std::byte> contents(expected.contents.size());
    bench.image.read(0, contents);
    if (contents != expected.contents) return "other contents at the end";
    return std::nullopt;
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; one.bursts.size() > 1 && i < one.bursts.size(); ++i) {
        all.push_back(one);
        all.back().bursts.erase(all.back().bursts.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (std::size_t i = 0; i < one.bursts.size(); ++i) {
        if (one.bursts[i].bytes == 1) continue;
        all.push_back(one);
        all.back().bursts[i].bytes /= 2;
    }
    if (one.params.latency_cycles > 0) {
        all.push_back(one);
        --all.back().params.latency_cycles;
    }
    return all;
}

std::string describe(const Case& one) {
    std::string text =
        fmt::format("{} bytes per cycle, latency {}, {} ports:", one.params.bytes_per_cycle,
                    one.params.latency_cycles, one.ports);
    for (const Burst& burst : one.bursts)
        text +=
            fmt::format(" [{}] port {} {}+{}", burst.cycle, burst.port, burst.address, burst.bytes);
    return text;
}

TEST(ClockedScratchpad, AnswersWithTheBytesOfTheFunctionInTheCyclesOfTheClosedForm) {
    test::check_random_cases(600, random_case, failure, smaller, describe);
}

}  // namespace
}  // namespace quatrain::scratchpad
