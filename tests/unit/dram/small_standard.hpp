// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <boost/describe/enum_to_string.hpp>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::dram::testing {

/// Collects constraints of different cycles and names them after what they hold apart:
/// "activate > read (bank)".
class Table {
public:
    using Kinds = std::vector<CommandKind>;

    /// From every one of `before` to every one of `after`: the first pair `cycles` apart, every
    /// other pair one cycle more than the pair ahead of it.
    void add(const Kinds& before, const Kinds& after, Scope scope, std::int64_t cycles,
             std::int64_t count = 1) {
        for (const CommandKind from : before)
            for (const CommandKind to : after)
                constraints_.push_back(
                    {from, to, scope, cycles++, count, name(from, to, scope, count)});
    }
    std::vector<Constraint> take() { return std::move(constraints_); }

private:
    static std::string name(CommandKind from, CommandKind to, Scope scope, std::int64_t count) {
        const auto text = [](auto value) {
            return std::string(boost::describe::enum_to_string(value, "?"));
        };
        return text(from) + " > " + text(to) + " (" + text(scope) +
               (count > 1 ? ", " + std::to_string(count) + " of them)" : ")");
    }

    std::vector<Constraint> constraints_;
};

/// A memory of 4 banks in a rank that no vendor sells: with numbers small enough for long histories
/// and different enough to tell the rules apart, each of which can be the one that holds a command
/// back. Everything that a standard can have: per-bank refresh, rules of every scope, counts above
/// 1, a slot of two cycles. With `command_buses` 2, column commands are on bus 1.
inline Standard small_standard(bool bank_groups, std::int64_t command_buses) {
    using enum CommandKind;
    Standard standard;
    standard.name = "SMALL";
    standard.description = "a memory for tests";
    standard.clock_period_ps = 1000;
    standard.organisation = {.bus_bits = 64,
                             .bank_groups = bank_groups ? 2 : 1,
                             .banks = bank_groups ? 2 : 4,
                             .rows = 8,
                             .row_bytes = 1024,
                             .burst_beats = 8,
                             .burst_cycles = 4};
    standard.mapping =
        bank_groups ? "row:rank:bank:column:channel:bank_group" : "row:rank:bank:column:channel";
    standard.read_latency = 11;
    standard.write_latency = 8;
    standard.refresh_interval = 500;
    standard.has_refresh_bank = true;
    for (std::size_t kind = 0; kind < command_kind_count; ++kind)
        standard.slots[kind].bus =
            command_buses == 2 && is_column(static_cast<CommandKind>(kind)) ? 1 : 0;
    standard.slots[static_cast<std::size_t>(activate)].cycles = 2;

    const Table::Kinds reads{read, read_precharge}, writes{write, write_precharge};
    Table table;
    // Rows.
    table.add({activate}, {activate}, Scope::bank, 47);
    table.add({activate}, {read, read_precharge, write, write_precharge}, Scope::bank, 12);
    table.add({activate}, {precharge, precharge_all}, Scope::bank, 28);
    table.add({precharge, precharge_all}, {activate}, Scope::bank, 10);
    table.add({activate}, {activate}, Scope::channel, 3);
    table.add({activate}, {activate}, Scope::rank, 4);
    if (bank_groups) table.add({activate}, {activate}, Scope::bank_group, 6);
    table.add({activate}, {activate}, Scope::rank, 65, 4);
    // Columns to rows.
    table.add({read}, {precharge, precharge_all}, Scope::bank, 17);
    table.add({write}, {precharge, precharge_all}, Scope::bank, 21);
    table.add({read_precharge, write_precharge}, {activate}, Scope::bank, 35);
    // Columns.
    table.add(reads, reads, Scope::rank, 5);
    table.add(writes, writes, Scope::rank, 6);
    table.add(reads, writes, Scope::rank, 13);
    table.add(writes, reads, Scope::rank, 18);
    if (bank_groups) {
        table.add(reads, reads, Scope::bank_group, 9);
        table.add(writes, writes, Scope::bank_group, 10);
        table.add(writes, reads, Scope::bank_group, 22);
    }
    table.add(reads, reads, Scope::other_rank, 7);
    table.add(writes, writes, Scope::other_rank, 7);
    table.add(reads, writes, Scope::other_rank, 10);
    table.add(writes, reads, Scope::other_rank, 11);
    table.add({read}, {read}, Scope::other_rank, 17, 2);
    table.add({write}, {write}, Scope::channel, 29, 3);
    // Refreshes.
    table.add({activate}, {refresh_all, refresh_bank}, Scope::bank, 46);
    table.add({precharge, precharge_all}, {refresh_all, refresh_bank}, Scope::bank, 13);
    table.add({read_precharge, write_precharge}, {refresh_all, refresh_bank}, Scope::bank, 38);
    table.add({refresh_all}, {activate, refresh_all, refresh_bank}, Scope::rank, 60);
    table.add({refresh_bank}, {activate, refresh_all, refresh_bank}, Scope::bank, 40);
    table.add({activate}, {refresh_bank}, Scope::rank, 5);
    table.add({refresh_bank}, {activate, refresh_bank}, Scope::rank, 8);
    table.add({refresh_all}, {refresh_all}, Scope::other_rank, 15);
    standard.constraints = table.take();
    return standard;
}

/// A command of channel 0.
inline Command command(CommandKind kind, std::int64_t cycle, const Location& location = {}) {
    Command made;
    made.cycle = cycle;
    made.kind = kind;
    made.location = location;
    return made;
}

}  // namespace quatrain::dram::testing
