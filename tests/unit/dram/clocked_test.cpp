// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/unit/dram/clocked_bench.hpp"
#include "tests/unit/dram/clocked_controller_bench.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>

namespace quatrain::dram::tiny {
namespace {

constexpr std::int64_t image_bytes = 1 << 15;

struct Case {
    Clocks clocks;
    Params memory = tiny_memory();
    ControllerParams controller;
    std::int64_t ports = 2;
    std::vector<Burst> bursts;  ///< at most one per port and cycle, in the order of the ports
};

std::int64_t between(std::mt19937_64& random, std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

Clocks random_clocks(std::mt19937_64& random) {
    Clocks clocks;
    clocks.core_ps = 10 * between(random, 20, 200);
    clocks.dram_ps = 10 * between(random, 20, 200);
    // Edges that fall together: all of one clock, or every now and then.
    const std::int64_t kind = between(random, 0, 3);
    if (kind == 0) clocks.dram_ps = clocks.core_ps;
    if (kind == 1) clocks.dram_ps = 2 * clocks.core_ps;
    if (kind == 2) clocks.core_ps = 3 * clocks.dram_ps / 2;
    clocks.late = static_cast<Late>(between(random, 0, 2));
    return clocks;
}

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.clocks = random_clocks(random);
    one.memory.channels = std::int64_t{1} << between(random, 0, 2);
    one.memory.ranks = std::int64_t{1} << between(random, 0, 1);
    one.memory.bank_hash = between(random, 0, 1) == 1;
    one.memory.request_stages = between(random, 1, 8);
    one.memory.response_stages = between(random, 1, 8);
    one.controller = {.read_queue = between(random, 1, 8),
                      .write_queue = 8,
                      .write_high = 6,
                      .write_low = between(random, 0, 5)};
    one.ports = 2 * between(random, 1, 2);
    std::int64_t cycle = 1;
    for (int i = 0; i < 40; ++i) {
        for (std::size_t port = 0; port < static_cast<std::size_t>(one.ports); ++port)
            if (between(random, 0, 2) == 0)
                one.bursts.push_back(
                    {cycle, port, between(random, 0, image_bytes - 400), between(random, 1, 400)});
        cycle += between(random, 0, 3) == 0 ? between(random, 1, 60) : 1;
    }
    return one;
}

/// The DRAM bursts of one channel as docs/dram.md has them arrive, and of which DMA burst each is.
struct Channel {
    std::vector<Arrival> arrivals;
    std::vector<std::size_t> burst;
};

std::vector<Channel> cut(const Case& one, const Standard& standard) {
    const AddressMapping mapping(standard, one.memory.channels, one.memory.ranks, standard.mapping,
                                 one.memory.bank_hash);
    const std::int64_t bytes = standard.organisation.burst_bytes();
    std::vector<Channel> channels(static_cast<std::size_t>(one.memory.channels));
    for (std::size_t i = 0; i < one.bursts.size(); ++i) {
        const Burst& burst = one.bursts[i];
        const std::int64_t arrival =
            (burst.cycle + 1) * one.clocks.core_ps / one.clocks.dram_ps + one.memory.request_stages;
        const std::int64_t last = (burst.address + burst.bytes - 1) / bytes;
        for (std::int64_t number = burst.address / bytes; number <= last; ++number) {
            const auto [channel, location] = mapping.locate(number * bytes);
            Channel& its = channels[static_cast<std::size_t>(channel)];
            its.arrivals.push_back({arrival, burst.port % 2 == ClockedDram::store, location});
            its.burst.push_back(i);
        }
    }
    return channels;
}

/// What the machine must do: every channel's commands and every DMA burst's core cycle.
struct Expected {
    std::vector<std::vector<Command>> commands;
    std::vector<std::int64_t> answers;
};

Expected expect(const Case& one, const Standard& standard) {
    Expected expected;
    expected.answers.resize(one.bursts.size());
    for (const Channel& channel : cut(one, standard)) {
        const std::int64_t last = channel.arrivals.empty() ? 0 : channel.arrivals.back().cycle;
        Outcome outcome =
            run(standard, one.controller, channel.arrivals, last + 8000, one.memory.ranks);
        for (const auto& [id, edge] : outcome.answers) {
            std::int64_t& answer = expected.answers[channel.burst[id]];
            answer = std::max(answer, edge * one.clocks.dram_ps / one.clocks.core_ps +
                                          one.memory.response_stages);
        }
        expected.commands.push_back(std::move(outcome.commands));
    }
    return expected;
}

std::optional<std::string> other_commands(const Case& one, const Expected& expected,
                                          const std::vector<CommandList>& seen,
                                          std::int64_t dram_cycles) {
    for (std::size_t channel = 0; channel < seen.size(); ++channel) {
        std::vector<Command> all = expected.commands[channel];
        std::erase_if(all, [&](const Command& command) { return command.cycle >= dram_cycles; });
        for (Command& command : all) command.channel = static_cast<std::int32_t>(channel);
        if (seen[channel].commands != all)
            return fmt::format("other commands in channel {} of {}", channel, one.memory.channels);
    }
    return std::nullopt;
}

std::optional<std::string> other_data(const Case& one, const ClockedBench& bench,
                                      const DramImage& image) {
    DramImage expected_image(image_bytes);
    for (std::size_t i = 0; i < one.bursts.size(); ++i) {
        const Burst& burst = one.bursts[i];
        std::vector<std::byte> bytes(static_cast<std::size_t>(burst.bytes));
        if (burst.port % 2 == ClockedDram::store) {
            std::ranges::fill(bytes, static_cast<std::byte>(i + 1));
            expected_image.write(burst.address, bytes);
        } else {
            expected_image.read(burst.address, bytes);
            if (bench.data.at({burst.port, i}) != bytes)
                return fmt::format("burst {} read other bytes", i);
        }
    }
    std::vector<std::byte> all(image_bytes), expected_all(image_bytes);
    image.read(0, all);
    expected_image.read(0, expected_all);
    const auto [other, at] = std::ranges::mismatch(all, expected_all);
    if (other != all.end())
        return fmt::format("other contents at the end, first at {}", other - all.begin());
    return std::nullopt;
}

std::optional<std::string> failure(const Case& one) {
    const Standard standard = tiny_standard();
    const Expected expected = expect(one, standard);
    DramImage image(image_bytes);
    std::vector<CommandList> seen(static_cast<std::size_t>(one.memory.channels));
    std::vector<CommandObserver*> observers;
    for (CommandList& list : seen) observers.push_back(&list);
    const KernelContext kernel;
    ClockedDram memory("memory", standard, one.memory, one.controller, one.ports,
                       static_cast<std::int64_t>(one.bursts.size()), image, observers);
    ClockedBench bench("bench", one.clocks, memory, one.bursts);
    const std::int64_t last = *std::ranges::max_element(expected.answers);
    sc_core::sc_start(static_cast<double>((last + 2) * one.clocks.core_ps), sc_core::SC_PS);
    if (memory.failure()) return test::failure_text(memory.failure());
    for (std::size_t i = 0; i < one.bursts.size(); ++i) {
        const auto found = bench.answered.find({one.bursts[i].port, i});
        if (found == bench.answered.end()) return fmt::format("burst {} has no answer", i);
        if (found->second != expected.answers[i])
            return fmt::format("burst {} answered in cycle {}, by the page in {}", i, found->second,
                               expected.answers[i]);
    }
    if (const auto other = other_commands(one, expected, seen, bench.dram_cycles)) return other;
    return other_data(one, bench, image);
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
    if (one.memory.channels > 1) {
        all.push_back(one);
        all.back().memory.channels = 1;
    }
    return all;
}

std::string describe(const Case& one) {
    std::string line = fmt::format(
        "periods {} and {}, late {}, stages {} and {}, {} channels of {} ranks, hash {}:",
        one.clocks.core_ps, one.clocks.dram_ps, static_cast<int>(one.clocks.late),
        one.memory.request_stages, one.memory.response_stages, one.memory.channels,
        one.memory.ranks, one.memory.bank_hash);
    for (const Burst& burst : one.bursts)
        line +=
            fmt::format(" [{}] port {} {}+{}", burst.cycle, burst.port, burst.address, burst.bytes);
    return line;
}

TEST(ClockedDram, AnswersWithTheBytesOfTheImageInTheCyclesOfThePage) {
    quatrain::test::check_random_cases(150, random_case, failure, smaller, describe);
}

/// The core cycle in which the answer to one burst shows, of a core at half the DRAM's clock.
std::int64_t answer_to(const Burst& burst) {
    Params params = tiny_memory();
    params.request_stages = 2;
    params.response_stages = 3;
    DramImage image(image_bytes);
    const KernelContext kernel;
    ClockedDram memory("memory", tiny_standard(), params, {}, 2, 1, image);
    const std::vector<Burst> bursts{burst};
    const Clocks clocks{.core_ps = 2000, .dram_ps = 1000};
    ClockedBench bench("bench", clocks, memory, bursts);
    sc_core::sc_start(100, sc_core::SC_NS);
    EXPECT_EQ(test::failure_text(memory.failure()), "no failure");
    return bench.answered.at({burst.port, 0});
}

TEST(ClockedDram, ALoadIsAnsweredWithItsLastBurst) {
    // Arrives in DRAM cycle 6 * 2 + 2 = 14. Its three DRAM bursts are in bank groups 0, 1 and 0:
    // activates in 14 and 16, reads in 18, 22 and 26, the last answer's edge is 26 + 9 = 35.
    EXPECT_EQ(answer_to({5, ClockedDram::load, 32, 100}), 35 / 2 + 3);
    // Two DRAM bursts.
    EXPECT_EQ(answer_to({5, ClockedDram::load, 32, 96}), 31 / 2 + 3);
}

TEST(ClockedDram, AStoreIsAnsweredWhenItsLastBurstHasEntered) {
    // The DRAM bursts enter in cycles 14, 15 and 16.
    EXPECT_EQ(answer_to({5, ClockedDram::store, 32, 100}), 17 / 2 + 3);
    EXPECT_EQ(answer_to({5, ClockedDram::store, 32, 96}), 16 / 2 + 3);
}

TEST(ClockedDram, AnAddressOutsideTheImageIsAnError) {
    DramImage image(4096);
    const KernelContext kernel;
    ClockedDram memory("memory", tiny_standard(), tiny_memory(), {}, 2, 1, image);
    const std::vector<Burst> bursts{{1, ClockedDram::load, 4000, 200}};
    ClockedBench bench("bench", {}, memory, bursts);
    sc_core::sc_start(10, sc_core::SC_NS);
    ASSERT_TRUE(memory.failure());
    EXPECT_THROW(std::rethrow_exception(memory.failure()), DramError);
}

}  // namespace
}  // namespace quatrain::dram::tiny
