// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/standard.hpp"

#include "rtl_models/base/params.hpp"
#include "rtl_models/dram/command_names.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace quatrain::dram {
namespace {

// A row, a bank, a column are numbers of 32 bits; a channel's address has 63.
constexpr std::int64_t most_of_a_kind = std::int64_t{1} << 30;
constexpr int most_rank_bits = 48;

int bits(std::int64_t power_of_two) {
    return std::countr_zero(static_cast<std::uint64_t>(power_of_two));
}

void require_count(std::string_view field, std::int64_t count) {
    require(count >= 1 && count <= most_of_a_kind &&
                std::has_single_bit(static_cast<std::uint64_t>(count)),
            field, count, "must be a power of two from 1 to 2^30");
}

void validate(const Organisation& organisation) {
    require_count("organisation.bus_bits", organisation.bus_bits);
    require_count("organisation.bank_groups", organisation.bank_groups);
    require_count("organisation.banks", organisation.banks);
    require_count("organisation.rows", organisation.rows);
    require_count("organisation.row_bytes", organisation.row_bytes);
    require_count("organisation.burst_beats", organisation.burst_beats);
    const int burst_bits = bits(organisation.bus_bits) + bits(organisation.burst_beats);
    require(burst_bits >= 3, "organisation.burst_beats", organisation.burst_beats,
            "must make a burst of a byte or more");
    require(burst_bits <= bits(organisation.row_bytes) + 3, "organisation.row_bytes",
            organisation.row_bytes, "must hold a burst or more");
    require(bits(organisation.bank_groups) + bits(organisation.banks) + bits(organisation.rows) +
                    bits(organisation.row_bytes) <=
                most_rank_bits,
            "organisation.rows", organisation.rows,
            fmt::format("must make a rank of at most 2^{} bytes", most_rank_bits));
    require(organisation.burst_cycles >= 1, "organisation.burst_cycles", organisation.burst_cycles,
            "must be at least 1 cycle");
}

void validate_slots(const Standard& standard) {
    for (std::size_t i = 0; i < command_kind_count; ++i) {
        const CommandSlot& slot = standard.slots[i];
        const std::string field = fmt::format("slots.{}", command_names[i]);
        require(slot.bus >= 0 && slot.bus < static_cast<std::int64_t>(command_bus_count),
                field + ".bus", slot.bus, "must be 0 or 1");
        require(slot.cycles >= 1, field + ".cycles", slot.cycles, "must be at least 1 cycle");
    }
}

void validate_constraints(const Standard& standard) {
    require(!standard.constraints.empty(), "constraints", "[]", "must not be empty");
    for (const Constraint& constraint : standard.constraints) {
        const std::string which = fmt::format("{} to {}, '{}'", short_name(constraint.before),
                                              short_name(constraint.after), constraint.rule);
        require(constraint.cycles >= 1, "constraints", constraint.cycles,
                fmt::format("must be at least 1 cycle ({})", which));
        require(constraint.count >= 1, "constraints", constraint.count,
                fmt::format("must count at least 1 command ({})", which));
        const bool concerns_bank_refresh = constraint.before == CommandKind::refresh_bank ||
                                           constraint.after == CommandKind::refresh_bank;
        require(standard.has_refresh_bank || !concerns_bank_refresh, "per_bank_refresh", "false",
                fmt::format("must be true for the constraint {}", which));
    }
}

void validate(const Energies& energies) {
    const auto check = [](std::string_view field, double value) {
        require(std::isfinite(value) && value >= 0, field, value, "must not be negative [pJ]");
    };
    check("energies.activate", energies.activate);
    check("energies.read", energies.read);
    check("energies.write", energies.write);
    check("energies.refresh_all", energies.refresh_all);
    check("energies.refresh_bank", energies.refresh_bank);
    check("energies.active_standby", energies.active_standby);
    check("energies.precharged_standby", energies.precharged_standby);
}

/// Where two commands lie to each other: the scopes that relate them.
struct Relation {
    std::string_view name;
    std::vector<Scope> scopes;
};

// Of the relations that the organisation has: a second rank may always be there.
std::vector<Relation> relations(const Organisation& organisation) {
    using enum Scope;
    std::vector<Relation> all{{"the same bank", {bank, bank_group, rank, channel}},
                              {"another rank", {other_rank, channel}}};
    if (organisation.banks > 1)
        all.push_back({"another bank of its group", {bank_group, rank, channel}});
    if (organisation.bank_groups > 1) all.push_back({"another bank group", {rank, channel}});
    return all;
}

// Least cycles from a command to a later one [cycles].
std::int64_t separation(const Standard& standard, CommandKind before, CommandKind after,
                        const Relation& relation) {
    const CommandSlot& slot = standard.slot(before);
    std::int64_t least = slot.bus == standard.slot(after).bus ? slot.cycles : 0;
    for (const Constraint& constraint : standard.constraints) {
        if (constraint.before == before && constraint.after == after && constraint.count == 1 &&
            std::ranges::find(relation.scopes, constraint.scope) != relation.scopes.end()) {
            least = std::max(least, constraint.cycles);
        }
    }
    return least;
}

}  // namespace

void validate(const Standard& standard) {
    require(standard.clock_period_ps >= 1, "clock_period_ps", standard.clock_period_ps,
            "must be at least 1 ps");
    validate(standard.organisation);
    require(!standard.mapping.empty(), "mapping", "''", "must not be empty");
    require(standard.read_latency >= 1, "read_latency", standard.read_latency,
            "must be at least 1 cycle");
    require(standard.write_latency >= 1, "write_latency", standard.write_latency,
            "must be at least 1 cycle");
    require(standard.refresh_interval >= standard.organisation.rank_banks(), "refresh_interval",
            standard.refresh_interval, "must be at least a cycle for every bank of a rank");
    validate_slots(standard);
    validate_constraints(standard);
    validate(standard.energies);
}

void require_separate_bursts(const Standard& standard) {
    const auto latency = [&](CommandKind kind) {
        return is_read(kind) ? standard.read_latency : standard.write_latency;
    };
    using enum CommandKind;
    for (const Relation& relation : relations(standard.organisation)) {
        for (const CommandKind before : {read, read_precharge, write, write_precharge}) {
            for (const CommandKind after : {read, read_precharge, write, write_precharge}) {
                const std::int64_t least =
                    latency(before) + standard.organisation.burst_cycles - latency(after);
                require(separation(standard, before, after, relation) >= least, "constraints",
                        fmt::format("[{} to {} in {}]", short_name(before), short_name(after),
                                    relation.name),
                        fmt::format("must be at least {} cycles, or their bursts overlap", least));
            }
        }
    }
}

}  // namespace quatrain::dram
