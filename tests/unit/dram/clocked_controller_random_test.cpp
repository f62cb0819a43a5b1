// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_cases.hpp"
#include "tests/unit/dram/clocked_controller_bench.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>

namespace quatrain::dram::tiny {
namespace {

struct Case {
    Standard standard;
    ControllerParams params;
    std::int64_t ranks = 1;
    std::vector<Arrival> arrivals;
};

std::int64_t between(std::mt19937_64& random, std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto one_of = [&](std::int64_t count) {
        return static_cast<std::int32_t>(between(random, 0, count - 1));
    };
    Case one;
    one.standard = seed % 2 ? tiny_standard() : tiny_standard_with_two_buses();
    one.standard.refresh_interval = between(random, 250, 600);
    one.ranks = std::int64_t{1} << one_of(3);
    one.params = {.scheduler = one_of(4) ? Scheduler::fr_fcfs : Scheduler::fcfs,
                  .bypass_limit = between(random, 0, 8),
                  .page_policy = one_of(2) ? PagePolicy::open : PagePolicy::closed,
                  .read_queue = between(random, 1, 12),
                  .write_queue = between(random, 2, 12),
                  .write_high = 2,
                  .write_low = 1,
                  .refresh = static_cast<Refresh>(one_of(3))};
    one.params.write_high = between(random, 1, one.params.write_queue);
    one.params.write_low = between(random, 0, one.params.write_high - 1);
    const std::int64_t rows = between(random, 1, 3), gap = between(random, 0, 12);
    const std::int64_t columns = between(random, 1, 8);
    std::int64_t cycle = 0;
    for (int i = 0; i < 120; ++i) {
        one.arrivals.push_back(
            {cycle,
             one_of(3) == 0,
             {one_of(one.ranks), one_of(2), one_of(4), one_of(rows), one_of(columns)}});
        cycle += between(random, 0, gap);
    }
    return one;
}

bool related(Scope scope, const Command& a, const Command& b) {
    const bool same_rank = a.location.rank == b.location.rank;
    const bool everywhere = is_rank_wide(a.kind) || is_rank_wide(b.kind);
    const bool same_group = everywhere || a.location.bank_group == b.location.bank_group;
    const bool same_bank = same_group && (everywhere || a.location.bank == b.location.bank);
    if (scope == Scope::channel) return true;
    if (scope == Scope::other_rank) return !same_rank;
    return same_rank && (scope == Scope::rank || (scope == Scope::bank_group && same_group) ||
                         (scope == Scope::bank && same_bank));
}

/// Every constraint between every two commands of the whole run.
std::optional<std::string> broken_constraint(const Case& one, const std::vector<Command>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const Constraint& rule : one.standard.constraints) {
            if (rule.after != all[i].kind) continue;
            std::int64_t found = 0;
            for (std::size_t k = i; k-- > 0;) {
                if (rule.before != all[k].kind || !related(rule.scope, all[k], all[i])) continue;
                if (++found < rule.count) continue;
                if (all[i].cycle - all[k].cycle < rule.cycles)
                    return fmt::format("{} breaks {} with {}", text(all[i]), rule.rule,
                                       text(all[k]));
                break;
            }
        }
    }
    return std::nullopt;
}

/// Every request has its answer and its column command.
std::optional<std::string> wrong_service(const Case& one, const Outcome& outcome) {
    if (outcome.answers.size() != one.arrivals.size())
        return fmt::format("{} answers", outcome.answers.size());
    std::vector<Location> wanted, served;
    for (const Arrival& arrival : one.arrivals) wanted.push_back(arrival.location);
    for (const Command& command : outcome.commands)
        if (is_column(command.kind)) served.push_back(command.location);
    if (!std::ranges::is_permutation(wanted, served)) return "other bursts were served";
    return std::nullopt;
}

std::optional<std::string> failure(const Case& one) {
    const Outcome outcome =
        run(one.standard, one.params, one.arrivals, one.arrivals.back().cycle + 8000, one.ranks);
    if (const auto broken = broken_constraint(one, outcome.commands)) return broken;
    return wrong_service(one, outcome);
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; one.arrivals.size() > 1 && i < one.arrivals.size(); ++i) {
        all.push_back(one);
        all.back().arrivals.erase(all.back().arrivals.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return all;
}

std::string describe(const Case& one) {
    std::string line = fmt::format("{} ranks, queues of {} and {}:", one.ranks,
                                   one.params.read_queue, one.params.write_queue);
    for (const Arrival& arrival : one.arrivals) {
        const Location& place = arrival.location;
        line += fmt::format(" [{}] {} {}.{}.{} {}.{}", arrival.cycle,
                            arrival.is_write ? "write" : "read", place.rank, place.bank_group,
                            place.bank, place.row, place.column);
    }
    return line;
}

TEST(ClockedController, KeepsEveryConstraintAndServesEveryRequestOfRandomStreams) {
    quatrain::test::check_random_cases(200, random_case, failure, smaller, describe);
}

}  // namespace
}  // namespace quatrain::dram::tiny
