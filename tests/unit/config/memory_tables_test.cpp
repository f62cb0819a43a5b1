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

// The row apart, they are the same command.
TEST_P(Tables, AutoPrechargeMovesDataAsItsTwinDoes) {
    const auto plain = [](CommandKind kind) { return is_read(kind) ? read : write; };
    for (const CommandKind before : columns) {
        for (const CommandKind after : columns) {
            for (const Place place :
                 {Place::same_bank, Place::same_group, Place::same_rank, Place::other_rank})
                EXPECT_EQ(demanded(before, after, place),
                          demanded(plain(before), plain(after), place))
                    << short_name(before) << " to " << short_name(after);
        }
    }
    for (const CommandKind before : {precharge, precharge_all}) {
        for (const CommandKind after : {precharge, precharge_all})
            EXPECT_EQ(demanded(before, after, Place::same_group),
                      demanded(precharge, precharge, Place::same_group));
    }
}

TEST_P(Tables, ABankGroupIsSlowerThanTheRank) {
    if (standard.organisation.bank_groups == 1) return;
    const auto expect_slower = [&](CommandKind before, CommandKind after) {
        EXPECT_GT(demanded(before, after, Place::same_group),
                  demanded(before, after, Place::same_rank))
            << short_name(before) << " to " << short_name(after);
    };
    expect_slower(read, read);
    expect_slower(write, write);
    expect_slower(write, read);
    EXPECT_GE(demanded(activate, activate, Place::same_group),
              demanded(activate, activate, Place::same_rank));
}

TEST_P(Tables, ABankWaitsLongerForItsOwnRefreshThanForAnothers) {
    if (!standard.has_refresh_bank) return;
    EXPECT_GT(demanded(refresh_bank, activate, Place::same_bank),
              demanded(refresh_bank, activate, Place::same_group));
    EXPECT_GE(demanded(refresh_bank, refresh_bank, Place::same_bank),
              demanded(refresh_bank, activate, Place::same_bank));
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

}  // namespace
}  // namespace quatrain::config
