// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/command_names.hpp"
#include "sim/report/descriptions.hpp"
#include "sim/report/figures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace quatrain::report {
namespace {

using dram::CommandKind;

Cell count_cell(std::int64_t value) {
    return {grouped(static_cast<std::uint64_t>(value)), value};
}

Cell figure_cell(double value) {
    return {fmt::format("{:.4g}", value), value};
}

double cycle_ns(const dram::Standard& standard) {
    return static_cast<double>(standard.clock_period_ps) / 1000;
}

double peak_gigabytes_per_second(const dram::Standard& standard) {
    const dram::Organisation& organisation = standard.organisation;
    return static_cast<double>(organisation.burst_bytes()) /
           (static_cast<double>(organisation.burst_cycles) * cycle_ns(standard));
}

Cell rank_mebibytes(const dram::Standard& standard) {
    return count_cell(standard.organisation.rank_bytes() >> 20);
}

std::string nanoseconds(const dram::Standard& standard, std::int64_t cycles) {
    return fmt::format("{:.6g} ns", static_cast<double>(cycles) * cycle_ns(standard));
}

std::string names(const std::vector<CommandKind>& kinds) {
    std::vector<std::string_view> all;
    all.reserve(kinds.size());
    for (const CommandKind kind : kinds) all.push_back(short_name(kind));
    return fmt::format("{}", fmt::join(all, ", "));
}

void add_organisation(Table& table, const dram::Standard& standard) {
    const dram::Organisation& organisation = standard.organisation;
    const auto count = [&](const char* figure, std::int64_t value, const char* unit,
                           std::string note) {
        table.add({figure, count_cell(value), unit, std::move(note)});
    };
    table.add({"peak of a channel", figure_cell(peak_gigabytes_per_second(standard)), "GB/s", ""});
    count("clock period", standard.clock_period_ps, "ps",
          "of the commands, and of every cycle here");
    count("data bus", organisation.bus_bits, "bits", "of a channel");
    table.add({"rank", rank_mebibytes(standard), "MiB", ""});
    count("bank groups", organisation.bank_groups, "", "of a rank");
    count("banks", organisation.banks, "", "of a bank group");
    count("rows", organisation.rows, "", "of a bank");
    count("row", organisation.row_bytes, "bytes", "over all devices of the rank");
    count("burst", organisation.burst_bytes(), "bytes",
          fmt::format("{} beats, {} cycles of the data bus", organisation.burst_beats,
                      organisation.burst_cycles));
    table.add({"address bits", "", "", standard.mapping});
    for (const auto& [figure, cycles] : {std::pair{"read latency", standard.read_latency},
                                         std::pair{"write latency", standard.write_latency},
                                         std::pair{"refresh interval", standard.refresh_interval}})
        count(figure, cycles, "cycles", nanoseconds(standard, cycles));
}

// Of a rank.
void add_energies(Table& table, const config::Memory& memory) {
    const dram::Standard& standard = memory.standard;
    const dram::Energies& energies = standard.energies;
    const auto burst_bits = static_cast<double>(8 * standard.organisation.burst_bytes());
    const double refresh_ns = static_cast<double>(standard.refresh_interval) * cycle_ns(standard);
    const auto add = [&](const char* figure, double value, const char* unit, std::string note) {
        table.add({figure, figure_cell(value), unit, std::move(note)});
    };
    add("activate and precharge", energies.activate, "pJ", "a row of a rank");
    add("read", energies.read / burst_bits, "pJ/bit", "");
    add("write", energies.write / burst_bits, "pJ/bit", "");
    add("refresh of all banks", energies.refresh_all / 1000, "nJ",
        fmt::format("{:.4g} mW in the mean", energies.refresh_all / refresh_ns));
    if (standard.has_refresh_bank) add("refresh of a bank", energies.refresh_bank / 1000, "nJ", "");
    add("standby, a row open", energies.active_standby / cycle_ns(standard), "mW", "a rank");
    add("standby, all closed", energies.precharged_standby / cycle_ns(standard), "mW", "a rank");
    table.add({"source of the energies", "", "", memory.energy_source});
    add("low bound", energies.low_factor, "times", "all of these energies");
    add("high bound", energies.high_factor, "times", memory.band_source);
    if (!energies.stand_in.empty()) table.add({"stand-in", "", "", energies.stand_in});
}

void add_timings(Table& table, const config::Memory& memory) {
    for (const config::NamedTiming& timing : memory.timings) {
        std::string note = nanoseconds(memory.standard, timing.cycles);
        if (timing.source != memory.source) note += "; " + timing.source;
        table.add({timing.name, count_cell(timing.cycles), "cycles", std::move(note)});
    }
    table.add({"source of the others", "", "", memory.source});
}

// Commands that hold their bus alike share a row.
void add_slots(Table& table, const dram::Standard& standard) {
    const auto same = [](const dram::CommandSlot& a, const dram::CommandSlot& b) {
        return a.bus == b.bus && a.cycles == b.cycles;
    };
    for (std::size_t i = 0; i < dram::command_kind_count; ++i) {
        const dram::CommandSlot& slot = standard.slots[i];
        std::vector<CommandKind> kinds;
        for (std::size_t k = 0; k < dram::command_kind_count; ++k) {
            const auto kind = static_cast<CommandKind>(k);
            if (!same(standard.slots[k], slot)) continue;
            if (kind == CommandKind::refresh_bank && !standard.has_refresh_bank) continue;
            kinds.push_back(kind);
        }
        const bool is_first = std::ranges::none_of(
            std::span(standard.slots).first(i),
            [&](const dram::CommandSlot& earlier) { return same(earlier, slot); });
        if (is_first && !kinds.empty())
            table.add({names(kinds), count_cell(slot.cycles), "cycles",
                       fmt::format("of command bus {}", slot.bus)});
    }
}

std::string_view place(dram::Scope scope) {
    using enum dram::Scope;
    switch (scope) {
        case bank:
            return "in a bank";
        case bank_group:
            return "in a bank group";
        case rank:
            return "in a rank";
        case other_rank:
            return "in another rank";
        case channel:
            return "in a channel";
    }
    return "?";
}

// A rule of the file: what it has between any command before and any after.
struct Rule {
    std::vector<CommandKind> before;
    std::vector<CommandKind> after;
    const dram::Constraint* any = nullptr;  ///< of its constraints
};

bool are_alike(const dram::Constraint& a, const dram::Constraint& b) {
    return a.scope == b.scope && a.rule == b.rule && a.cycles == b.cycles && a.count == b.count;
}

// The reader has written the rules out, one pair of commands after another.
std::vector<Rule> rules(const std::vector<dram::Constraint>& constraints) {
    std::vector<Rule> of_one_before;
    for (const dram::Constraint& constraint : constraints) {
        const bool goes_on = !of_one_before.empty() &&
                             of_one_before.back().any->before == constraint.before &&
                             are_alike(*of_one_before.back().any, constraint);
        if (!goes_on) of_one_before.push_back({{constraint.before}, {}, &constraint});
        of_one_before.back().after.push_back(constraint.after);
    }
    std::vector<Rule> all;
    for (Rule& rule : of_one_before) {
        const bool goes_on =
            !all.empty() && all.back().after == rule.after && are_alike(*all.back().any, *rule.any);
        if (goes_on) {
            all.back().before.push_back(rule.before.front());
        } else {
            all.push_back(std::move(rule));
        }
    }
    return all;
}

void add_constraints(Table& table, const dram::Standard& standard) {
    for (const Rule& rule : rules(standard.constraints)) {
        std::string note = fmt::format("{}: {}", place(rule.any->scope), rule.any->rule);
        if (rule.any->count > 1) note += fmt::format(", counted over {}", rule.any->count);
        table.add({fmt::format("{} to {}", names(rule.before), names(rule.after)),
                   count_cell(rule.any->cycles), "cycles", std::move(note)});
    }
}

}  // namespace

Table memory_list() {
    Table table({{"memory", Align::left},
                 {"channel [GB/s]"},
                 {"burst [bytes]"},
                 {"rank [MiB]"},
                 {"energies", Align::left},
                 {"description", Align::left}});
    for (const std::string& name : config::preset_names("memories")) {
        const dram::Standard standard = config::load_memory(name);
        table.add({name, figure_cell(peak_gigabytes_per_second(standard)),
                   count_cell(standard.organisation.burst_bytes()), rank_mebibytes(standard),
                   standard.energies.stand_in.empty() ? "own" : "stand-in", standard.description});
    }
    return table;
}

Table memory_table(const config::Memory& memory) {
    Table table({{"figure", Align::left}, {"value"}, {"unit", Align::left}, {"note", Align::left}});
    add_organisation(table, memory.standard);
    table.rule();
    add_energies(table, memory);
    table.rule();
    add_timings(table, memory);
    table.rule();
    add_slots(table, memory.standard);
    table.rule();
    add_constraints(table, memory.standard);
    return table;
}

}  // namespace quatrain::report
