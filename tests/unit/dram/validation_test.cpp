// SPDX-License-Identifier: Apache-2.0
// Each standard's controller against closed forms: what a datasheet's reader would compute by hand.
#include "rtl_models/dram/checker.hpp"
#include "rtl_models/dram/timing.hpp"
#include "sim/config/memory.hpp"
#include "tests/unit/dram/traffic.hpp"

#include <gtest/gtest.h>
#include <string>

namespace quatrain::dram {
namespace {

using enum CommandKind;
using testing::Access;
using testing::Outcome;

class Validation : public ::testing::TestWithParam<const char*> {
protected:
    Validation() { params.refresh = Refresh::none; }

    /// The table's cycles from `before` to `after` in this scope.
    std::int64_t rule(CommandKind before, CommandKind after, Scope scope,
                      std::int64_t count = 1) const {
        std::int64_t cycles = 0;
        for (const Constraint& one : standard.constraints) {
            if (one.before == before && one.after == after && one.scope == scope &&
                one.count == count)
                cycles = std::max(cycles, one.cycles);
        }
        return cycles;
    }
    /// Of two commands to different bank groups of a rank, or to different banks where there are
    /// none.
    std::int64_t apart(CommandKind before, CommandKind after) const {
        return std::max(rule(before, after, Scope::rank), standard.slot(before).cycles);
    }
    /// Of two commands to one bank.
    std::int64_t in_bank(CommandKind before, CommandKind after) const {
        return std::max({rule(before, after, Scope::bank), rule(before, after, Scope::bank_group),
                         rule(before, after, Scope::rank)});
    }

    Access read(const Location& at, std::int64_t arrival = 0) {
        return {false, {id++, arrival, at}};
    }
    Access write(const Location& at, std::int64_t arrival = 0) {
        return {true, {id++, arrival, at}};
    }
    /// `count` bursts of row 0, one bank group after the other.
    std::vector<Access> hits(std::size_t count, bool writes = false) {
        std::vector<Access> all;
        Location at;
        for (std::size_t i = 0; i < count; ++i) {
            all.push_back({writes, {id++, static_cast<std::int64_t>(i), at}});
            if (++at.bank_group < standard.organisation.bank_groups) continue;
            at.bank_group = 0;
            ++at.column;
        }
        return all;
    }

    Outcome run(const std::vector<Access>& traffic, std::int64_t cycles = 100'000,
                std::int64_t ranks = 1) {
        Outcome outcome = run_controller(standard, ranks, params, traffic, cycles);
        Checker checker(standard, ranks, params.refresh);
        for (const Command& command : outcome.commands) checker.issued(command);
        checker.finish(cycles);
        return outcome;
    }
    static std::vector<std::int64_t> cycles_of(const Outcome& outcome, CommandKind kind) {
        std::vector<std::int64_t> cycles;
        for (const Command& command : outcome.commands)
            if (command.kind == kind) cycles.push_back(command.cycle);
        return cycles;
    }

    Standard standard = config::load_memory(GetParam());
    ControllerParams params;
    std::uint64_t id = 0;
};

INSTANTIATE_TEST_SUITE_P(Standards, Validation,
                         ::testing::Values("ddr4-3200", "lpddr4-3200", "lpddr5-6400", "hbm2"));

TEST_P(Validation, AnUnloadedReadTakesActivateReadAndData) {
    const Outcome outcome = run({read({.row = 3, .column = 1}, 100)});
    ASSERT_EQ(outcome.answers.size(), 1u);
    EXPECT_EQ(outcome.answers[0].edge, 100 + rule(activate, CommandKind::read, Scope::bank) +
                                           standard.read_latency +
                                           standard.organisation.burst_cycles);
}

TEST_P(Validation, TheUnloadedLatencyOfTheMachineIsTheSumOfItsParts) {
    const Params memory{.request_stages = 4, .response_stages = 4};
    const std::int64_t p = standard.clock_period_ps;
    for (std::int64_t cycle = 0; cycle < 20; ++cycle) {
        const std::int64_t arrival = (cycle + 1) * 1000 / p + 4;
        const Outcome outcome = run({read({}, arrival)});
        EXPECT_EQ(unloaded_read_latency(standard, memory, 1000, cycle),
                  outcome.answers.at(0).edge * p / 1000 + 4 - cycle);
    }
}

TEST_P(Validation, HitsToOpenRowsFillTheDataBus) {
    const std::size_t count = 64;  // the first row of every bank group holds as many
    for (const bool writes : {false, true}) {
        const auto columns =
            cycles_of(run(hits(count, writes)), writes ? CommandKind::write : CommandKind::read);
        ASSERT_EQ(columns.size(), count);
        const std::size_t warm = 32;  // rows are open, and requests queue
        EXPECT_EQ(columns.back() - columns[warm],
                  static_cast<std::int64_t>(count - 1 - warm) * standard.organisation.burst_cycles);
    }
}

TEST_P(Validation, MissesInOneBankComeEveryRowCycle) {
    std::vector<Access> traffic;
    for (std::int32_t row = 0; row < 20; ++row) traffic.push_back(read({.row = row}));
    const auto activates = cycles_of(run(traffic), activate);
    ASSERT_EQ(activates.size(), 20u);
    const std::int64_t row_cycle =
        std::max(rule(activate, activate, Scope::bank), in_bank(activate, CommandKind::read) +
                                                            in_bank(CommandKind::read, precharge) +
                                                            in_bank(precharge, activate));
    for (std::size_t i = 1; i < activates.size(); ++i)
        EXPECT_NEAR(static_cast<double>(activates[i] - activates[i - 1]),
                    static_cast<double>(row_cycle), 1);
}

TEST_P(Validation, FourActivatesFillTheirWindow) {
    const Organisation& organisation = standard.organisation;
    std::vector<Access> traffic;
    for (std::int32_t bank = 0; bank < organisation.banks; ++bank)
        for (std::int32_t group = 0; group < organisation.bank_groups; ++group)
            traffic.push_back(read({.bank_group = group, .bank = bank}));
    // On a command bus of their own the reads do not hold an activate up.
    standard.slots[static_cast<std::size_t>(CommandKind::read)].bus = 1;
    const auto activates = cycles_of(run(traffic), activate);
    ASSERT_GE(activates.size(), 8u);
    const std::int64_t window =
        std::max(rule(activate, activate, Scope::rank, 4), 4 * apart(activate, activate));
    for (std::size_t i = 4; i < 8; ++i)
        EXPECT_NEAR(static_cast<double>(activates[i] - activates[i - 4]),
                    static_cast<double>(window), 1);
}

TEST_P(Validation, TheBusTurnsFromReadsToWritesAndBack) {
    // Both rows are open before the traffic comes. Writes wait until no read is left, and then
    // reads until no write is.
    params.write_low = 0;
    const Location reads{}, writes{.bank_group = 0, .bank = 1};
    std::vector<Access> traffic{read(reads), write(writes, 1)};
    for (int i = 0; i < 4; ++i) traffic.push_back(read(reads, 1000));
    for (int i = 0; i < 4; ++i) traffic.push_back(write(writes, 1000));
    const Outcome there = run(traffic);
    const std::int64_t last_read = cycles_of(there, CommandKind::read).back();
    const auto written = cycles_of(there, CommandKind::write);
    EXPECT_EQ(written[1] - last_read, rule(CommandKind::read, CommandKind::write, Scope::rank));
    // A read that arrives when the writes have begun waits for the last of them.
    traffic.push_back(read(reads, last_read + 2));
    const Outcome back = run(traffic);
    const std::int64_t last_write = cycles_of(back, CommandKind::write).back();
    const bool groups = standard.organisation.bank_groups > 1;
    EXPECT_EQ(
        cycles_of(back, CommandKind::read).back() - last_write,
        std::max(rule(CommandKind::write, CommandKind::read, Scope::rank),
                 groups ? rule(CommandKind::write, CommandKind::read, Scope::bank_group) : 0));
}

TEST_P(Validation, AnIdleMemoryIsRefreshedOnceInAnInterval) {
    params.refresh = Refresh::all_bank;
    const std::int64_t cycles = 50 * standard.refresh_interval;
    for (const std::int64_t ranks : {1, 2}) {
        const Outcome outcome = run({}, cycles, ranks);
        EXPECT_EQ(outcome.commands.size(), static_cast<std::size_t>(ranks * 49));
        for (const Command& command : outcome.commands) EXPECT_EQ(command.kind, refresh_all);
    }
}

// A stream stops when a refresh is due and goes on when the row is open again: precharge, refresh,
// its time, activate, and the first column command.
TEST_P(Validation, ARefreshCostsAStreamItsTimeAndTheRows) {
    params.refresh = Refresh::all_bank;
    std::vector<Access> traffic;
    const std::int64_t interval = standard.refresh_interval;
    const std::int64_t bursts = 3 * interval / standard.organisation.burst_cycles;
    for (std::int64_t i = 0; i < bursts; ++i)
        traffic.push_back(
            read({.bank_group = static_cast<std::int32_t>(i % standard.organisation.bank_groups)}));
    const Outcome outcome = run(traffic, 5 * interval);
    const auto reads = cycles_of(outcome, CommandKind::read);
    const auto refreshes = cycles_of(outcome, refresh_all);
    ASSERT_GE(refreshes.size(), 3u);
    for (std::size_t i = 0; i < 2; ++i) {
        const std::int64_t due = static_cast<std::int64_t>(i + 1) * interval;
        const auto after = std::upper_bound(reads.begin(), reads.end(), refreshes[i]);
        const std::int64_t last = *(after - 1);
        EXPECT_LT(last, due);
        const std::int64_t close = std::max(last + in_bank(CommandKind::read, precharge_all), due);
        EXPECT_NEAR(static_cast<double>(refreshes[i]),
                    static_cast<double>(close + in_bank(precharge_all, refresh_all)), 1);
        EXPECT_NEAR(static_cast<double>(*after),
                    static_cast<double>(refreshes[i] + rule(refresh_all, activate, Scope::rank) +
                                        rule(activate, CommandKind::read, Scope::bank)),
                    1);
    }
    // Over many intervals the stream loses that much of each.
    const std::int64_t lost =
        in_bank(CommandKind::read, precharge_all) + in_bank(precharge_all, refresh_all) +
        rule(refresh_all, activate, Scope::rank) + rule(activate, CommandKind::read, Scope::bank);
    const double fraction = static_cast<double>(lost) / static_cast<double>(interval);
    const std::int64_t in_interval = std::lower_bound(reads.begin(), reads.end(), 2 * interval) -
                                     std::lower_bound(reads.begin(), reads.end(), interval);
    EXPECT_NEAR(static_cast<double>(in_interval * standard.organisation.burst_cycles),
                (1 - fraction) * static_cast<double>(interval),
                2.0 * static_cast<double>(standard.organisation.burst_cycles *
                                          standard.organisation.bank_groups) +
                    static_cast<double>(standard.read_latency));
}

}  // namespace
}  // namespace quatrain::dram
