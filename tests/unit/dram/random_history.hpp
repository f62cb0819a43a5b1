// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/unit/dram/reference_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace quatrain::dram::testing {

/// Commands that a memory allows, made by asking ReferenceRules of cycle after cycle: no scheduler
/// would choose them. Most issue in the first cycle in which they may.
class RandomHistory {
public:
    RandomHistory(const ReferenceRules& rules, std::uint64_t seed) : rules_(rules), random_(seed) {}

    History make(std::size_t commands) {
        while (history_.size() < commands) {
            Command command = draw();
            const std::int64_t now = history_.empty() ? 0 : history_.back().cycle;
            command.cycle = now + (chance(4) ? below(60) : 0);
            while (!rules_.allows(history_, command)) ++command.cycle;
            if (is_column(command.kind)) command.entered = entry(command.cycle);
            history_.push_back(command);
        }
        return history_;
    }

private:
    std::int64_t below(std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
    }
    bool chance(std::int64_t one_in) { return below(one_in) == 0; }
    /// When a request entered that is served in `cycle`: long ago, or just before.
    std::int64_t entry(std::int64_t cycle) {
        return chance(2) ? below(cycle + 1) : std::max<std::int64_t>(0, cycle - below(20));
    }
    CommandKind one_of(const std::vector<CommandKind>& kinds) {
        return kinds[static_cast<std::size_t>(below(std::ssize(kinds)))];
    }

    /// A command that its bank's state allows, but for its cycle.
    Command draw() {
        using enum CommandKind;
        const auto& banks = rules_.banks();
        Command command;
        command.channel = 3;
        command.location = banks[static_cast<std::size_t>(below(std::ssize(banks)))];
        const auto row = rules_.open_row(history_, command.location);
        const bool any_open = rules_.any_open(history_, command.location.rank);
        if (row)
            command.kind = one_of({read, read, read_precharge, write, write, write_precharge,
                                   precharge, precharge_all});
        else if (any_open)
            command.kind = one_of(
                {activate, activate, activate, activate, refresh_bank, precharge, precharge_all});
        else
            command.kind = one_of({activate, activate, activate, activate, refresh_bank,
                                   refresh_bank, refresh_all, refresh_all, precharge});
        if (command.kind == refresh_bank && !rules_.standard().has_refresh_bank)
            command.kind = precharge;
        const Organisation& organisation = rules_.standard().organisation;
        if (is_rank_wide(command.kind)) command.location.bank = command.location.bank_group = 0;
        if (command.kind == activate)
            command.location.row = static_cast<std::int32_t>(below(organisation.rows));
        if (is_column(command.kind)) {
            command.location.row = *row;
            command.location.column = static_cast<std::int32_t>(below(organisation.columns()));
        }
        return command;
    }

    const ReferenceRules& rules_;
    std::mt19937_64 random_;
    History history_;
};

}  // namespace quatrain::dram::testing
