// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/statistics.hpp"

#include "tests/unit/dram/random_history.hpp"
#include "tests/unit/dram/small_standard.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <optional>
#include <string>

namespace quatrain::dram::testing {
namespace {

using enum CommandKind;

constexpr std::int64_t ranks = 2;

ChannelStatistics observed(const Standard& standard, const History& history, std::int64_t end) {
    StatisticsObserver observer(standard, ranks);
    for (const Command& command : history) observer.issued(command);
    return observer.until(end);
}

/// Counts again, cycle by cycle and over the whole history, from what statistics.hpp says.
class Recount {
public:
    Recount(const ReferenceRules& rules, const History& history)
        : rules_(rules), history_(history), burst_(rules.standard().organisation.burst_cycles) {}

    ChannelStatistics until(std::int64_t end) {
        total_ = {};
        total_.cycles = end;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            ++total_.commands[static_cast<std::size_t>(history_[i].kind)];
            if (is_column(history_[i].kind) && is_hit(i)) ++total_.row_hits;
        }
        for (std::int64_t cycle = 0; cycle < end; ++cycle) {
            count_gap(cycle);
            count_ranks(cycle);
            count_waits(cycle);
        }
        // Of the last bursts, data is on the bus behind the end.
        for (std::int64_t cycle = 0; cycle < end + 100; ++cycle)
            if (moves_data(cycle)) ++total_.data_cycles;
        return total_;
    }

private:
    static bool same_bank(const Command& a, const Command& b) {
        return a.location.rank == b.location.rank &&
               a.location.bank_group == b.location.bank_group && a.location.bank == b.location.bank;
    }

    bool is_hit(std::size_t column) const {
        for (std::size_t i = column; i-- > 0;) {
            if (!same_bank(history_[i], history_[column])) continue;
            if (history_[i].kind == activate) return false;
            if (is_column(history_[i].kind)) return true;
        }
        return false;
    }

    bool moves_data(std::int64_t cycle) const {
        return std::ranges::any_of(history_, [&](const Command& command) {
            const std::int64_t first =
                command.cycle + (is_read(command.kind) ? rules_.standard().read_latency
                                                       : rules_.standard().write_latency);
            return is_column(command.kind) && first <= cycle && cycle < first + burst_;
        });
    }

    void count_gap(std::int64_t cycle) {
        std::optional<std::size_t> last, next;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            if (!is_column(history_[i].kind)) continue;
            if (history_[i].cycle <= cycle) last = i;
            if (history_[i].cycle > cycle && !next) next = i;
        }
        if (last && cycle < history_[*last].cycle + burst_) return;
        if (!next || cycle < history_[*next].entered) {
            ++total_.no_request;
            return;
        }
        ++*cause(last, *next);
    }

    std::int64_t* cause(std::optional<std::size_t> last, std::size_t next) {
        const Command& command = history_[next];
        std::int64_t row_open = 0;
        for (std::size_t i = 0; i < next; ++i)
            if (history_[i].kind == activate && same_bank(history_[i], command))
                row_open = history_[i].cycle + activate_to(command.kind);
        for (std::size_t i = last ? *last : 0; i < next; ++i) {
            if (history_[i].location.rank != command.location.rank) continue;
            if (history_[i].kind == refresh_all) return &total_.stall_refresh;
            if (history_[i].kind == refresh_bank && same_bank(history_[i], command))
                return &total_.stall_refresh;
        }
        if (row_open > (last ? history_[*last].cycle + burst_ : 0)) return &total_.stall_row;
        if (last && (is_read(history_[*last].kind) != is_read(command.kind) ||
                     history_[*last].location.rank != command.location.rank))
            return &total_.stall_turnaround;
        return &total_.stall_column;
    }
    std::int64_t activate_to(CommandKind kind) const {
        for (const Constraint& constraint : rules_.standard().constraints)
            if (constraint.before == activate && constraint.after == kind) return constraint.cycles;
        return 0;
    }

    void count_ranks(std::int64_t cycle) {
        History so_far;
        for (const Command& command : history_)
            if (command.cycle <= cycle) so_far.push_back(command);
        for (std::int32_t rank = 0; rank < ranks; ++rank)
            ++(rules_.any_open(so_far, rank) ? total_.active_rank_cycles
                                             : total_.precharged_rank_cycles);
    }

    void count_waits(std::int64_t cycle) {
        for (const Command& command : history_)
            if (is_column(command.kind) && command.entered <= cycle && cycle < command.cycle)
                ++(is_read(command.kind) ? total_.read_wait : total_.write_wait);
    }

    const ReferenceRules& rules_;
    const History& history_;
    std::int64_t burst_;
    ChannelStatistics total_;
};

/// The fields by name, for messages and for the tests that want to see each of them.
std::vector<std::pair<std::string, std::int64_t>> fields(const ChannelStatistics& statistics) {
    std::vector<std::pair<std::string, std::int64_t>> all{
        {"cycles", statistics.cycles},
        {"row_hits", statistics.row_hits},
        {"data_cycles", statistics.data_cycles},
        {"stall_refresh", statistics.stall_refresh},
        {"stall_row", statistics.stall_row},
        {"stall_turnaround", statistics.stall_turnaround},
        {"stall_column", statistics.stall_column},
        {"no_request", statistics.no_request},
        {"read_wait", statistics.read_wait},
        {"write_wait", statistics.write_wait},
        {"active_rank_cycles", statistics.active_rank_cycles},
        {"precharged_rank_cycles", statistics.precharged_rank_cycles}};
    for (std::size_t kind = 0; kind < command_kind_count; ++kind)
        all.emplace_back("commands of kind " + std::to_string(kind), statistics.commands[kind]);
    return all;
}

std::int64_t all_slots_and_gaps(const ChannelStatistics& statistics) {
    return statistics.data_cycles + statistics.stall_refresh + statistics.stall_row +
           statistics.stall_turnaround + statistics.stall_column + statistics.no_request;
}

TEST(DramStatistics, AreWhatARecountCycleByCycleFinds) {
    ChannelStatistics seen;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const ReferenceRules rules(small_standard(seed % 2 == 0, 1 + seed / 2 % 2), ranks);
        const History history = RandomHistory(rules, seed).make(40);
        for (const std::int64_t end : {history.back().cycle + 1, history.back().cycle + 150}) {
            SCOPED_TRACE(::testing::Message() << "seed " << seed << ", until " << end);
            const ChannelStatistics found = observed(rules.standard(), history, end);
            ASSERT_EQ(fields(found), fields(Recount(rules, history).until(end)));
            seen += found;
        }
    }
    for (const auto& [field, value] : fields(seen)) EXPECT_GT(value, 0) << field;
}

TEST(DramStatistics, OfSlotsAndGapsAddUpToTheCycles) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const ReferenceRules rules(small_standard(true, 1), ranks);
        const History history = RandomHistory(rules, seed).make(60);
        const std::int64_t end = history.back().cycle + 4;
        EXPECT_EQ(all_slots_and_gaps(observed(rules.standard(), history, end)), end)
            << "seed " << seed;
    }
}

Command column_of(CommandKind kind, std::int64_t cycle, std::int64_t entered,
                  const Location& location = {}) {
    Command column = command(kind, cycle, location);
    column.entered = entered;
    return column;
}

TEST(DramStatistics, OfAShortHistoryByHand) {
    // tRCD 12 for reads and 14 for writes, slots of 4 cycles.
    const Location group{.bank_group = 1}, rank{.rank = 1};
    const History history{
        command(activate, 2),
        command(activate, 6, group),
        column_of(read, 14, 0),          // gap 0..13: waits for its row
        column_of(read, 19, 17, group),  // gap 18: its row was open in cycle 18, constraint
        column_of(write, 40, 30),        // gap 23..39: 7 without a request, then the direction
        command(activate, 41, rank),
        column_of(write, 60, 10, rank),  // gap 44..59: its row was open in cycle 55
        command(refresh_bank, 65, {.rank = 1, .bank = 1}),
        column_of(write_precharge, 70, 0, rank),  // gap 64..69: another bank was refreshed
        command(precharge_all, 75),
        command(refresh_all, 90),
        command(activate, 150),
        column_of(read, 170, 169)};  // gap 74..169: 95 without a request, then the refresh
    const ChannelStatistics found = observed(small_standard(true, 1), history, 180);
    EXPECT_EQ(found.cycles, 180);
    EXPECT_EQ(found.columns(), 6);
    EXPECT_EQ(found.count(read), 3);
    EXPECT_EQ(found.count(write_precharge), 1);
    EXPECT_EQ(found.row_hits, 2);  // the write in 40 and that in 70
    EXPECT_EQ(found.data_cycles, 24);
    EXPECT_EQ(found.stall_row, 14 + 16);
    EXPECT_EQ(found.stall_column, 1 + 6);
    EXPECT_EQ(found.stall_turnaround, 10);
    EXPECT_EQ(found.stall_refresh, 1);
    EXPECT_EQ(found.no_request, 7 + 95 + 6);
    EXPECT_EQ(found.read_wait, 14 + 2 + 1);
    EXPECT_EQ(found.write_wait, 10 + 50 + 70);
    // Rank 0 from 2 to 75 and from 150 on, rank 1 from 41 to 70.
    EXPECT_EQ(found.active_rank_cycles, 73 + 30 + 29);
    EXPECT_EQ(found.precharged_rank_cycles, 2 * 180 - 132);
}

TEST(DramStatistics, NothingHasTurnedBeforeTheFirstColumnCommand) {
    Standard standard = small_standard(true, 1);
    standard.constraints.clear();  // a row is open in the cycle of its activate
    const Location at{.rank = 1};
    const History history{command(activate, 0, at), column_of(read, 5, 0, at),
                          column_of(read, 11, 0, at), column_of(write, 18, 0, at)};
    const ChannelStatistics found = observed(standard, history, 22);
    EXPECT_EQ(found.stall_column, 5 + 2);
    EXPECT_EQ(found.stall_turnaround, 3);
    EXPECT_EQ(found.stall_row, 0);
}

TEST(DramStatistics, AChannelWithoutCommandsHasOnlyTime) {
    ChannelStatistics idle;
    idle.cycles = idle.no_request = 100;
    idle.precharged_rank_cycles = 200;
    EXPECT_EQ(fields(observed(small_standard(true, 1), {}, 100)), fields(idle));
}

TEST(DramStatistics, OfChannelsAddUpFieldByField) {
    ChannelStatistics one;
    std::int64_t value = 1;
    for (std::int64_t* const field :
         {&one.cycles, &one.row_hits, &one.data_cycles, &one.stall_refresh, &one.stall_row,
          &one.stall_turnaround, &one.stall_column, &one.no_request, &one.read_wait,
          &one.write_wait, &one.active_rank_cycles, &one.precharged_rank_cycles})
        *field = value++;
    for (std::int64_t& count : one.commands) count = value++;
    ASSERT_EQ(sizeof(ChannelStatistics), sizeof(std::int64_t) * fields(one).size());
    ChannelStatistics sum = one;
    sum += one;
    sum += one;
    auto tripled = fields(one);
    for (auto& [field, count] : tripled) count *= 3;
    EXPECT_EQ(fields(sum), tripled);
}

}  // namespace
}  // namespace quatrain::dram::testing
