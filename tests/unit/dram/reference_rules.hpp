// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::dram::testing {

using History = std::vector<Command>;

/// docs/dram.md read to the letter, over the whole history: what a command breaks, without any
/// state. Slow.
class ReferenceRules {
public:
    ReferenceRules(Standard standard, std::int64_t ranks)
        : standard_(std::move(standard)), ranks_(ranks) {
        for (std::int32_t rank = 0; rank < ranks_; ++rank)
            for (std::int32_t group = 0; group < standard_.organisation.bank_groups; ++group)
                for (std::int32_t bank = 0; bank < standard_.organisation.banks; ++bank)
                    banks_.push_back({.rank = rank, .bank_group = group, .bank = bank});
    }

    const Standard& standard() const { return standard_; }
    std::int64_t ranks() const { return ranks_; }

    /// The rules of the table that `command` breaks behind `history`.
    std::vector<std::string> broken_constraints(const History& history,
                                                const Command& command) const {
        std::vector<std::string> broken;
        for (const Constraint& constraint : standard_.constraints) {
            if (constraint.after != command.kind) continue;
            History before;
            for (const Command& earlier : history)
                if (earlier.kind == constraint.before &&
                    related(constraint.scope, earlier, command))
                    before.push_back(earlier);
            if (std::ssize(before) < constraint.count) continue;
            const Command& earlier = before[before.size() - constraint.count];
            if (command.cycle < earlier.cycle + constraint.cycles)
                broken.push_back(constraint.rule);
        }
        return broken;
    }

    /// The rest: bank states and buses, by the words that the checker uses of them.
    std::vector<std::string> broken_rules(const History& history, const Command& command) const {
        std::vector<std::string> broken;
        if (!history.empty() && command.cycle < history.back().cycle)
            broken.emplace_back("cycles must not decrease");
        const std::optional<std::int32_t> row = open_row(history, command.location);
        if (command.kind == CommandKind::activate || command.kind == CommandKind::refresh_bank) {
            if (row) broken.emplace_back("bank must be closed");
        } else if (command.kind == CommandKind::refresh_all) {
            if (any_open(history, command.location.rank))
                broken.emplace_back("every bank of the rank must be closed");
        } else if (is_column(command.kind)) {
            if (!row) broken.emplace_back("bank must be open");
            if (row && row != command.location.row) broken.emplace_back("row must be the open one");
        }
        for (const Command& earlier : history) {
            if (on_one_command_bus(earlier, command)) broken.emplace_back("command bus");
            if (on_data_bus_together(earlier, command)) broken.emplace_back("data bus");
        }
        return broken;
    }

    bool allows(const History& history, const Command& command) const {
        return broken_constraints(history, command).empty() &&
               broken_rules(history, command).empty();
    }

    /// The row that is open in the bank behind `history`.
    std::optional<std::int32_t> open_row(const History& history, const Location& bank) const {
        std::optional<std::int32_t> row;
        for (const Command& command : history) {
            if (!stands_in(command, bank)) continue;
            if (command.kind == CommandKind::activate) row = command.location.row;
            if (command.kind == CommandKind::precharge ||
                command.kind == CommandKind::precharge_all ||
                command.kind == CommandKind::read_precharge ||
                command.kind == CommandKind::write_precharge)
                row.reset();
        }
        return row;
    }

    bool any_open(const History& history, std::int32_t rank) const {
        for (const Location& bank : banks())
            if (bank.rank == rank && open_row(history, bank)) return true;
        return false;
    }

    /// All banks of the channel.
    const std::vector<Location>& banks() const { return banks_; }

private:
    static bool stands_in(const Command& command, const Location& bank) {
        if (command.location.rank != bank.rank) return false;
        return is_rank_wide(command.kind) || (command.location.bank_group == bank.bank_group &&
                                              command.location.bank == bank.bank);
    }
    static bool stands_in_group(const Command& command, const Location& bank) {
        return command.location.rank == bank.rank &&
               (is_rank_wide(command.kind) || command.location.bank_group == bank.bank_group);
    }

    bool related(Scope scope, const Command& a, const Command& b) const {
        const bool one_rank = a.location.rank == b.location.rank;
        if (scope == Scope::channel) return true;
        if (scope == Scope::other_rank) return !one_rank;
        if (scope == Scope::rank) return one_rank;
        for (const Location& bank : banks()) {
            if (scope == Scope::bank && stands_in(a, bank) && stands_in(b, bank)) return true;
            if (scope == Scope::bank_group && stands_in_group(a, bank) && stands_in_group(b, bank))
                return true;
        }
        return false;
    }

    /// `b` is the later one.
    bool on_one_command_bus(const Command& a, const Command& b) const {
        const CommandSlot& slot = standard_.slot(a.kind);
        return slot.bus == standard_.slot(b.kind).bus && b.cycle < a.cycle + slot.cycles;
    }

    bool on_data_bus_together(const Command& a, const Command& b) const {
        if (!is_column(a.kind) || !is_column(b.kind)) return false;
        for (std::int64_t i = 0; i < standard_.organisation.burst_cycles; ++i)
            for (std::int64_t j = 0; j < standard_.organisation.burst_cycles; ++j)
                if (first_data(a) + i == first_data(b) + j) return true;
        return false;
    }
    std::int64_t first_data(const Command& command) const {
        return command.cycle +
               (is_read(command.kind) ? standard_.read_latency : standard_.write_latency);
    }

    Standard standard_;
    std::int64_t ranks_;
    std::vector<Location> banks_;
};

}  // namespace quatrain::dram::testing
