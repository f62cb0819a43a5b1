// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/controller.hpp"

#include "rtl_models/dram/checker.hpp"
#include "rtl_models/dram/clocked_controller.hpp"
#include "sim/config/memory.hpp"
#include "tests/unit/dram/small_standard.hpp"
#include "tests/unit/dram/traffic.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <array>
#include <optional>
#include <string>

namespace quatrain::dram {
namespace {

using testing::Access;
using testing::Outcome;
using testing::RandomTraffic;

/// The clocked controller's outcome, cycle by cycle.
Outcome run_clocked(const Standard& standard, std::int64_t ranks, const ControllerParams& params,
                    const std::vector<Access>& traffic, std::int64_t cycles) {
    testing::Recorder recorder;
    ClockedController controller(standard, ranks, params, 0, recorder);
    Outcome outcome;
    std::size_t next = 0;
    for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
        for (; next < traffic.size() && traffic[next].request.arrival == cycle; ++next) {
            const ClockedController::Request request{traffic[next].request.id,
                                                     traffic[next].request.location};
            traffic[next].write ? controller.push_write(request) : controller.push_read(request);
        }
        for (const ClockedController::Answer& answer : controller.edge())
            outcome.answers.push_back({answer.id, cycle + 1});
    }
    testing::sort_answers(outcome.answers);
    outcome.commands = std::move(recorder.commands);
    return outcome;
}

std::string text(const Command& command) {
    const Location& at = command.location;
    return fmt::format("{} {} rank {} group {} bank {} row {} column {} (entered {})",
                       command.cycle, boost::describe::enum_to_string(command.kind, "?"), at.rank,
                       at.bank_group, at.bank, at.row, at.column, command.entered);
}

std::optional<std::string> difference(const Outcome& expected, const Outcome& actual) {
    for (std::size_t i = 0; i < expected.commands.size() || i < actual.commands.size(); ++i) {
        const std::string one =
            i < expected.commands.size() ? text(expected.commands[i]) : "nothing more";
        const std::string other =
            i < actual.commands.size() ? text(actual.commands[i]) : "nothing more";
        if (one != other) return fmt::format("command {}: expected {}, got {}", i, one, other);
    }
    if (expected.answers.size() != actual.answers.size()) {
        return fmt::format("{} answers, not {}", actual.answers.size(), expected.answers.size());
    }
    for (std::size_t i = 0; i < expected.answers.size(); ++i) {
        if (!(expected.answers[i] == actual.answers[i]))
            return fmt::format("answer {}: request {} at {}, not {} at {}", i, actual.answers[i].id,
                               actual.answers[i].edge, expected.answers[i].id,
                               expected.answers[i].edge);
    }
    return std::nullopt;
}

/// A memory, a controller and what is asked of them.
struct Case {
    Standard standard;
    std::int64_t ranks = 1;
    ControllerParams params;
    std::vector<Access> traffic;
    std::int64_t cycles = 0;
};

std::int64_t cycles_until_idle(const Case& one) {
    testing::Recorder recorder;
    Controller controller(one.standard, one.ranks, one.params, 0, recorder);
    for (const Access& access : one.traffic)
        access.write ? controller.write(access.request) : controller.read(access.request);
    std::vector<Answer> answers;
    while (!controller.idle()) controller.advance(controller.now() + 100, answers);
    return controller.now();
}

Case draw_case(std::uint64_t seed) {
    RandomTraffic dice(seed, {}, 1);
    Case one;
    static const std::array<Standard, 8> standards{
        testing::small_standard(false, 1),  testing::small_standard(true, 1),
        testing::small_standard(false, 2),  testing::small_standard(true, 2),
        config::load_memory("ddr4-3200"),   config::load_memory("lpddr4-3200"),
        config::load_memory("lpddr5-6400"), config::load_memory("hbm2")};
    one.standard = standards[static_cast<std::size_t>(dice.between(0, 7))];
    one.ranks = std::int64_t{1} << dice.between(0, 1);
    one.params.scheduler = dice.between(0, 3) == 0 ? Scheduler::fcfs : Scheduler::fr_fcfs;
    one.params.bypass_limit = dice.between(1, 20);
    one.params.page_policy = dice.between(0, 2) == 0 ? PagePolicy::closed : PagePolicy::open;
    one.params.read_queue = dice.between(1, 40);
    one.params.write_queue = dice.between(2, 40);
    one.params.write_high = dice.between(2, one.params.write_queue);
    one.params.write_low = dice.between(0, one.params.write_high - 1);
    one.params.turn_bursts = dice.between(1, 40);
    const std::int64_t refresh = dice.between(0, 4);
    one.params.refresh = refresh == 0                                    ? Refresh::none
                         : refresh < 3 || !one.standard.has_refresh_bank ? Refresh::all_bank
                                                                         : Refresh::per_bank;
    // Refreshes meet the traffic often.
    if (dice.between(0, 1) == 1)
        one.standard.refresh_interval = std::min<std::int64_t>(one.standard.refresh_interval, 2000);
    RandomTraffic traffic(seed, one.standard.organisation, one.ranks);
    one.traffic = traffic.draw(static_cast<std::size_t>(dice.between(1, 400)));
    one.cycles = cycles_until_idle(one) + dice.between(100, 3000);
    return one;
}

TEST(Controller, DoesWhatTheClockedViewDoesCycleByCycle) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const Case one = draw_case(seed);
        const Outcome clocked =
            run_clocked(one.standard, one.ranks, one.params, one.traffic, one.cycles);
        Checker checker(one.standard, one.ranks, one.params.refresh);
        ASSERT_NO_THROW(for (const Command& command
                             : clocked.commands) checker.issued(command);
                        checker.finish(one.cycles))
            << "seed " << seed;
        for (const bool streaming : {false, true}) {
            for (const std::int64_t stride : {1, 7, 1'000'000}) {
                const std::optional<std::string> wrong =
                    difference(clocked, run_controller(one.standard, one.ranks, one.params,
                                                       one.traffic, one.cycles, streaming, stride));
                ASSERT_FALSE(wrong)
                    << "seed " << seed << ", " << one.standard.name << ", streaming " << streaming
                    << ", stride " << stride << ": " << *wrong;
            }
        }
    }
}

TEST(Controller, EveryRequestOfTheRandomCasesIsAnswered) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const Case one = draw_case(seed);
        const Outcome fast =
            run_controller(one.standard, one.ranks, one.params, one.traffic, one.cycles);
        EXPECT_EQ(fast.answers.size(), one.traffic.size()) << "seed " << seed;
    }
}

/// Requests of a stream that arrive as fast as they can enter.
std::vector<Access> stream(const Standard& standard, std::size_t count) {
    const Organisation& organisation = standard.organisation;
    std::vector<Access> all;
    Location at;
    for (std::size_t i = 0; i < count; ++i) {
        all.push_back({false, {i, static_cast<std::int64_t>(i), at}});
        if (++at.bank_group < organisation.bank_groups) continue;
        at.bank_group = 0;
        if (++at.column < organisation.columns()) continue;
        at.column = 0;
        ++at.row;
    }
    return all;
}

TEST(Controller, AStreamInOneStepIsTheStreamBurstByBurst) {
    for (const char* name : {"ddr4-3200", "lpddr4-3200", "lpddr5-6400", "hbm2"}) {
        const Standard standard = config::load_memory(name);
        const std::vector<Access> traffic = stream(standard, 20'000);
        const Outcome slow = run_controller(standard, 1, {}, traffic, 200'000, false);
        const std::optional<std::string> wrong =
            difference(slow, run_controller(standard, 1, {}, traffic, 200'000, true));
        EXPECT_FALSE(wrong) << name << ": " << *wrong;
        EXPECT_EQ(slow.answers.size(), 20'000u);
    }
}

TEST(Controller, NoAnswerComesBeforeItWasAnnounced) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Case one = draw_case(seed);
        testing::Recorder recorder;
        Controller controller(one.standard, one.ranks, one.params, 0, recorder);
        std::size_t next = 0;
        std::vector<Answer> answers;
        std::int64_t promised = 0;
        while (controller.now() < one.cycles) {
            for (;
                 next < one.traffic.size() && one.traffic[next].request.arrival <= controller.now();
                 ++next) {
                one.traffic[next].write ? controller.write(one.traffic[next].request)
                                        : controller.read(one.traffic[next].request);
            }
            promised = controller.next_answer();
            answers.clear();
            controller.advance(controller.now(), answers);
            for (const Answer& answer : answers)
                ASSERT_GE(answer.edge, promised) << "seed " << seed;
        }
        EXPECT_TRUE(controller.idle()) << "seed " << seed;
    }
}

// 10 million commands and more of random traffic, all four standards, under the checker's eyes.
TEST(Controller, RandomTrafficKeepsEveryConstraint) {
    std::int64_t commands = 0;
    for (const char* name : {"ddr4-3200", "lpddr4-3200", "lpddr5-6400", "hbm2"}) {
        const Standard standard = config::load_memory(name);
        for (const Refresh refresh : {Refresh::all_bank, Refresh::per_bank}) {
            if (refresh == Refresh::per_bank && !standard.has_refresh_bank) continue;
            const std::int64_t ranks = refresh == Refresh::all_bank ? 2 : 1;
            ControllerParams params;
            params.refresh = refresh;
            Checker checker(standard, ranks, refresh);
            Controller controller(standard, ranks, params, 0, checker);
            RandomTraffic traffic(17, standard.organisation, ranks);
            std::vector<Answer> answers;
            const std::int64_t goal = commands + 1'600'000;
            while (commands + checker.commands() < goal) {
                const std::int64_t start = controller.now();
                for (Access one : traffic.draw(20'000)) {
                    one.request.arrival += start;
                    one.write ? controller.write(one.request) : controller.read(one.request);
                }
                while (!controller.idle()) controller.advance(controller.now() + 1000, answers);
                answers.clear();
            }
            checker.finish(controller.now());
            commands += checker.commands();
        }
    }
    EXPECT_GE(commands, 10'000'000);
}

}  // namespace
}  // namespace quatrain::dram
