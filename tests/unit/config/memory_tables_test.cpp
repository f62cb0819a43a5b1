// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/command_names.hpp"
#include "sim/config/memory.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <random>

// What the presets' tables must hold, whatever their figures are.
namespace quatrain::config {
namespace {

using dram::CommandKind;
using dram::Scope;
using enum dram::CommandKind;
using Kinds = std::vector<CommandKind>;

const Kinds columns{read, read_precharge, write, write_precharge};

/// How two commands lie to each other.
enum class Place : std::uint8_t { same_bank, same_group, same_rank, other_rank };

bool relates(Scope scope, Place place) {
    switch (scope) {
        case Scope::bank:
            return place == Place::same_bank;
        case Scope::bank_group:
            return place == Place::same_bank || place == Place::same_group;
        case Scope::rank:
            return place != Place::other_rank;
        case Scope::other_rank:
            return place == Place::other_rank;
        case Scope::channel:
            return true;
    }
    return false;
}

class Tables : public testing::TestWithParam<std::string> {
protected:
    // Cycles that the table demands from one command to another; 0 without a rule. A command for
    // the rank stands in every bank.
    std::int64_t demanded(CommandKind before, CommandKind after, Place place,
                          std::int64_t count = 1) const {
        if (place != Place::other_rank && (is_rank_wide(before) || is_rank_wide(after)))
            place = Place::same_bank;
        std::int64_t most = 0;
        for (const dram::Constraint& constraint : standard.constraints) {
            if (constraint.before == before && constraint.after == after &&
                constraint.count == count && relates(constraint.scope, place))
                most = std::max(most, constraint.cycles);
        }
        return most;
    }

    void expect_rules(const Kinds& before, const Kinds& after, Place place) const {
        for (const CommandKind first : before) {
            for (const CommandKind second : after) {
                EXPECT_GT(demanded(first, second, place), 0)
                    << GetParam() << ": " << short_name(first) << " to " << short_name(second);
            }
        }
    }

    Kinds with_bank_refresh(Kinds kinds) const {
        if (standard.has_refresh_bank) kinds.push_back(refresh_bank);
        return kinds;
    }

    std::vector<Place> other_banks() const {
        std::vector<Place> all{Place::same_group};
        if (standard.organisation.bank_groups > 1) all.push_back(Place::same_rank);
        return all;
    }

    std::int64_t latency(CommandKind kind) const {
        return is_read(kind) ? standard.read_latency : standard.write_latency;
    }

    // Cycles that the data bus rests between the bursts of two commands.
    std::int64_t rest(CommandKind before, CommandKind after, Place place) const {
        const std::int64_t apart =
            std::max(demanded(before, after, place), standard.slot(before).cycles);
        return apart + latency(after) - latency(before) - standard.organisation.burst_cycles;
    }

    const dram::Standard standard = load_memory(GetParam());
};

TEST_P(Tables, ABankOpensMovesDataClosesAndRefreshesByRules) {
    const Kinds opening = with_bank_refresh({activate, refresh_all});
    expect_rules({activate}, columns, Place::same_bank);
    expect_rules({activate}, {precharge, precharge_all}, Place::same_bank);
    expect_rules({activate, precharge, precharge_all}, opening, Place::same_bank);
    expect_rules(columns, {precharge, precharge_all}, Place::same_bank);
    expect_rules({read_precharge, write_precharge}, opening, Place::same_bank);
    expect_rules(with_bank_refresh({refresh_all}), opening, Place::same_bank);
    // No command comes to a bank that refreshes.
    expect_rules(with_bank_refresh({refresh_all}), {precharge, precharge_all}, Place::same_bank);
}

TEST_P(Tables, BanksOfARankKeepApart) {
    for (const Place place : other_banks()) {
        expect_rules(with_bank_refresh({activate}), with_bank_refresh({activate}), place);
        expect_rules(columns, columns, place);
    }
    expect_rules(columns, columns, Place::same_bank);
    EXPECT_GT(demanded(activate, activate, Place::same_rank, 4),
              3 * demanded(activate, activate, Place::same_rank) - 1);
}

TEST_P(Tables, RefreshesOfABankAreInTheTableWhereTheStandardHasThem) {
    const bool named =
        std::ranges::any_of(standard.constraints, [](const dram::Constraint& constraint) {
            return constraint.before == refresh_bank || constraint.after == refresh_bank;
        });
    EXPECT_EQ(named, standard.has_refresh_bank);
}

TEST_P(Tables, AutoPrechargeAndPrechargeOfAllAreHeldAsTheirTwins) {
    const std::vector<std::pair<CommandKind, CommandKind>> twins{
        {read, read_precharge}, {write, write_precharge}, {precharge, precharge_all}};
    for (const auto& [plain, twin] : twins) {
        for (std::size_t i = 0; i < dram::command_kind_count; ++i) {
            const auto other = static_cast<CommandKind>(i);
            for (const Place place :
                 {Place::same_bank, Place::same_group, Place::same_rank, Place::other_rank}) {
                EXPECT_GE(demanded(twin, other, place), demanded(plain, other, place))
                    << short_name(twin) << " to " << short_name(other);
                EXPECT_GE(demanded(other, twin, place), demanded(other, plain, place))
                    << short_name(other) << " to " << short_name(twin);
            }
        }
    }
}

TEST_P(Tables, ClosingByItselfTakesAsLongAsClosingByCommand) {
    const auto by_command = [&](CommandKind column, CommandKind then) {
        return demanded(column, precharge, Place::same_bank) +
               demanded(precharge, then, Place::same_bank);
    };
    for (const CommandKind then : with_bank_refresh({activate, refresh_all})) {
        EXPECT_EQ(demanded(read_precharge, then, Place::same_bank), by_command(read, then));
        EXPECT_EQ(demanded(write_precharge, then, Place::same_bank), by_command(write, then));
        EXPECT_EQ(demanded(activate, then, Place::same_bank), by_command(activate, then));
    }
}

TEST_P(Tables, BurstsRestBetweenRanksAndDirections) {
    constexpr std::int64_t switch_cycles = 2;
    for (const CommandKind before : columns) {
        for (const CommandKind after : columns) {
            EXPECT_GE(rest(before, after, Place::other_rank), switch_cycles)
                << short_name(before) << " to " << short_name(after);
            for (const Place place : {Place::same_bank, Place::same_group, Place::same_rank}) {
                if (place == Place::same_rank && standard.organisation.bank_groups == 1) continue;
                EXPECT_GE(rest(before, after, place),
                          is_read(before) == is_read(after) ? 0 : switch_cycles)
                    << short_name(before) << " to " << short_name(after);
            }
        }
    }
}

TEST_P(Tables, AStreamOverTheBankGroupsLeavesNoGap) {
    const Place next = standard.organisation.bank_groups > 1 ? Place::same_rank : Place::same_group;
    EXPECT_EQ(rest(read, read, next), 0);
    EXPECT_EQ(rest(write, write, next), 0);
}

// "row:column:channel:column/1:bank_group": what is below the channel is a block of 256 bytes.
TEST_P(Tables, TheChannelsTakeTurnsAtBlocksOf256Bytes) {
    const std::string below = standard.mapping.substr(standard.mapping.find(":channel:") + 9);
    std::int64_t bursts = 1;
    for (std::size_t at = 0; at < below.size();) {
        const std::size_t end = std::min(below.find(':', at), below.size());
        const std::string field = below.substr(at, end - at);
        const std::size_t slash = field.find('/');
        if (slash != std::string::npos) {
            bursts <<= std::stoi(field.substr(slash + 1));
        } else {
            EXPECT_EQ(field, "bank_group");
            bursts *= standard.organisation.bank_groups;
        }
        at = end + 1;
    }
    EXPECT_EQ(bursts * standard.organisation.burst_bytes(), 256);
    // Neighbours differ in the bank group, where there is one.
    EXPECT_EQ(below.ends_with("bank_group"), standard.organisation.bank_groups > 1);
}

// Column commands at random, each as early as the table lets it come after all that came before.
TEST_P(Tables, BurstsOfRandomColumnsNeverOverlap) {
    constexpr std::uint64_t seed = 20260801;
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    struct Issued {
        CommandKind kind;
        std::uint64_t rank, group, bank;
        std::int64_t cycle;
    };
    const auto place_of = [](const Issued& a, const Issued& b) {
        if (a.rank != b.rank) return Place::other_rank;
        if (a.group != b.group) return Place::same_rank;
        return a.bank == b.bank ? Place::same_bank : Place::same_group;
    };
    std::vector<Issued> history;
    std::int64_t bus_free = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::uint64_t bits = random();
        Issued next{columns[bits % 4], (bits >> 2) % 2,
                    (bits >> 4) % static_cast<std::uint64_t>(standard.organisation.bank_groups),
                    (bits >> 8) % 2, 0};
        const std::size_t first = history.size() < 16 ? 0 : history.size() - 16;
        for (std::size_t k = first; k < history.size(); ++k) {
            const Issued& before = history[k];
            const std::int64_t apart =
                std::max(demanded(before.kind, next.kind, place_of(before, next)),
                         standard.slot(before.kind).cycles);
            next.cycle = std::max(next.cycle, before.cycle + apart);
        }
        history.push_back(next);
        const std::int64_t data = next.cycle + latency(next.kind);
        ASSERT_GE(data, bus_free) << i;
        bus_free = data + standard.organisation.burst_cycles;
    }
}

TEST_P(Tables, ARankIsOfDevicesOf8Gigabits) {
    const std::int64_t gigabits = standard.organisation.rank_bytes() * 8 >> 30;
    const std::int64_t expected = GetParam() == "ddr4-3200" ? 64 : GetParam() == "hbm2" ? 4 : 8;
    EXPECT_EQ(gigabits, expected);
}

INSTANTIATE_TEST_SUITE_P(Presets, Tables, testing::ValuesIn(preset_names("memories")),
                         [](const auto& instance) {
                             std::string name = instance.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

struct Figures {
    std::string name;
    double bytes_per_ns;
    std::int64_t read_latency, write_latency, refresh_interval;
    std::vector<std::pair<std::string, std::int64_t>> timings;
};

// docs: the JEDEC timing sets as their sources print them.
TEST(MemoryFigures, AreThoseOfTheSources) {
    const std::vector<Figures> all{{"ddr4-3200",
                                    25.6,
                                    22,
                                    16,
                                    12480,
                                    {{"tCL", 22},
                                     {"tCWL", 16},
                                     {"tRCD", 22},
                                     {"tRP", 22},
                                     {"tRAS", 52},
                                     {"tRC", 74},
                                     {"tRRD_S", 4},
                                     {"tRRD_L", 8},
                                     {"tFAW", 34},
                                     {"tCCD_S", 4},
                                     {"tCCD_L", 8},
                                     {"tWR", 24},
                                     {"tRTP", 12},
                                     {"tWTR_S", 4},
                                     {"tWTR_L", 12},
                                     {"tRFC", 560}}},
                                   {"lpddr4-3200",
                                    6.4,
                                    28 + 6 + 3,
                                    14 + 1 + 2 + 3,
                                    6246,
                                    {{"tRL", 28},
                                     {"tWL", 14},
                                     {"tRCD", 29},
                                     {"tRP", 29},
                                     {"tRPab", 34},
                                     {"tRAS", 68},
                                     {"tRC", 97},
                                     {"tRRD", 16},
                                     {"tFAW", 64},
                                     {"tCCD", 8},
                                     {"tWR", 29},
                                     {"tRTP", 12},
                                     {"tWTR", 16},
                                     {"tRFC", 448},
                                     {"tRFCpb", 224}}},
                                   {"lpddr5-6400",
                                    12.8,
                                    17,
                                    9,
                                    3125,
                                    {{"tRL", 17},
                                     {"tWL", 9},
                                     {"tRCD", 15},
                                     {"tRP", 15},
                                     {"tRPab", 17},
                                     {"tRAS", 34},
                                     {"tRC", 49},
                                     {"tRRD", 4},
                                     {"tFAW", 16},
                                     {"tCCD_S", 2},
                                     {"tCCD_L", 4},
                                     {"tWR", 28},
                                     {"tRTP", 8},
                                     {"tWTR_S", 5},
                                     {"tWTR_L", 10},
                                     {"tRFC", 168},
                                     {"tRFCpb", 96}}},
                                   {"hbm2",
                                    16,
                                    14,
                                    5,
                                    3900,
                                    {{"tRL", 14},
                                     {"tWL", 5},
                                     {"tRCDRD", 14},
                                     {"tRCDWR", 12},
                                     {"tRP", 14},
                                     {"tRAS", 34},
                                     {"tRC", 48},
                                     {"tRRD_S", 4},
                                     {"tRRD_L", 4},
                                     {"tFAW", 15},
                                     {"tCCD_S", 2},
                                     {"tCCD_L", 4},
                                     {"tWR", 16},
                                     {"tRTP", 5},
                                     {"tWTR_S", 6},
                                     {"tWTR_L", 8},
                                     {"tRFC", 350},
                                     {"tRFCSB", 160}}}};
    for (const Figures& figures : all) {
        const Memory memory = load_memory_file(figures.name);
        const dram::Organisation& organisation = memory.standard.organisation;
        EXPECT_DOUBLE_EQ(
            1000 * static_cast<double>(organisation.burst_bytes()) /
                static_cast<double>(organisation.burst_cycles * memory.standard.clock_period_ps),
            figures.bytes_per_ns);
        EXPECT_EQ(memory.standard.read_latency, figures.read_latency) << figures.name;
        EXPECT_EQ(memory.standard.write_latency, figures.write_latency) << figures.name;
        EXPECT_EQ(memory.standard.refresh_interval, figures.refresh_interval) << figures.name;
        for (const auto& [timing, cycles] : figures.timings) {
            const auto found = std::ranges::find(memory.timings, timing, &NamedTiming::name);
            ASSERT_NE(found, memory.timings.end()) << figures.name << ' ' << timing;
            EXPECT_EQ(found->cycles, cycles) << figures.name << ' ' << timing;
        }
    }
}

struct Rule {
    std::string memory;
    CommandKind before, after;
    Scope scope;
    std::int64_t cycles;
};

// Worked out by hand: turnarounds, and what commands of several cycles add and take.
TEST(MemoryFigures, RulesAreWorkedOutFromThem) {
    for (const Rule& rule : {
             Rule{"ddr4-3200", read, write, Scope::rank, 12},
             {"ddr4-3200", write, read, Scope::rank, 24},
             {"ddr4-3200", write, read, Scope::bank_group, 32},
             {"ddr4-3200", write, precharge, Scope::bank, 44},
             {"ddr4-3200", write_precharge, activate, Scope::bank, 66},
             {"ddr4-3200", read, write, Scope::other_rank, 12},
             {"ddr4-3200", read, read, Scope::other_rank, 6},
             {"lpddr4-3200", read, write, Scope::rank, 30},
             {"lpddr4-3200", write, read, Scope::rank, 39},
             {"lpddr4-3200", activate, precharge, Scope::bank, 70},
             {"lpddr4-3200", precharge, activate, Scope::bank, 27},
             {"lpddr4-3200", precharge_all, refresh_all, Scope::bank, 34},
             {"lpddr4-3200", refresh_bank, activate, Scope::bank, 222},
             {"lpddr4-3200", refresh_bank, activate, Scope::rank, 14},
             {"lpddr4-3200", refresh_bank, refresh_bank, Scope::rank, 224},
             {"lpddr5-6400", read, write, Scope::rank, 12},
             {"lpddr5-6400", write, read, Scope::rank, 16},
             {"lpddr5-6400", write, read, Scope::bank_group, 23},
             {"lpddr5-6400", refresh_bank, activate, Scope::rank, 6},
             {"lpddr5-6400", refresh_bank, refresh_bank, Scope::rank, 72},
             {"hbm2", activate, read, Scope::bank, 15},
             {"hbm2", activate, write, Scope::bank, 13},
             {"hbm2", precharge, activate, Scope::bank, 13},
             {"hbm2", read, write, Scope::rank, 13},
             {"hbm2", write, read, Scope::bank_group, 15},
             {"hbm2", refresh_bank, activate, Scope::rank, 7},
         }) {
        const dram::Standard standard = load_memory(rule.memory);
        const auto found = std::ranges::find_if(standard.constraints, [&](const auto& constraint) {
            return constraint.before == rule.before && constraint.after == rule.after &&
                   constraint.scope == rule.scope && constraint.count == 1;
        });
        ASSERT_NE(found, standard.constraints.end())
            << rule.memory << ": " << short_name(rule.before) << " to " << short_name(rule.after);
        EXPECT_EQ(found->cycles, rule.cycles) << rule.memory << ": " << found->rule;
    }
}

TEST(MemoryFigures, CommandsHoldTheirBusesAsTheStandardSays) {
    const dram::Standard ddr4 = load_memory("ddr4-3200");
    const dram::Standard lpddr4 = load_memory("lpddr4-3200");
    const dram::Standard lpddr5 = load_memory("lpddr5-6400");
    const dram::Standard hbm2 = load_memory("hbm2");
    for (std::size_t i = 0; i < dram::command_kind_count; ++i) {
        const auto kind = static_cast<CommandKind>(i);
        const bool is_pair = kind == activate || is_column(kind);
        EXPECT_EQ(ddr4.slot(kind).cycles, 1);
        EXPECT_EQ(lpddr4.slot(kind).cycles, is_pair ? 4 : 2);
        EXPECT_EQ(lpddr5.slot(kind).cycles, kind == activate ? 2 : 1);
        EXPECT_EQ(hbm2.slot(kind).cycles, kind == activate ? 2 : 1);
        EXPECT_EQ(hbm2.slot(kind).bus, is_column(kind) ? 1 : 0);
        EXPECT_EQ(ddr4.slot(kind).bus + lpddr4.slot(kind).bus + lpddr5.slot(kind).bus, 0);
    }
}

}  // namespace
}  // namespace quatrain::config
