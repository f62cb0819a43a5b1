// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"
#include "rtl_models/dram/timing.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>

namespace quatrain::dram::tiny {

/// Every command of `before` to every command of `after`.
inline void constrain(Standard& standard, const std::string& rule,
                      std::initializer_list<CommandKind> before,
                      std::initializer_list<CommandKind> after, Scope scope, std::int64_t cycles,
                      std::int64_t count = 1) {
    for (const CommandKind first : before)
        for (const CommandKind second : after)
            standard.constraints.push_back({first, second, scope, cycles, count, rule});
}

/// A memory with timings that are easy to add up, most of them different. Two bank groups of four
/// banks, 16 rows of 8 bursts of 64 bytes; one command bus.
inline Standard tiny_standard() {
    using enum CommandKind;
    Standard standard;
    standard.name = "tiny";
    standard.clock_period_ps = 1000;
    standard.organisation = {.bus_bits = 64,
                             .bank_groups = 2,
                             .banks = 4,
                             .rows = 16,
                             .row_bytes = 512,
                             .burst_beats = 8,
                             .burst_cycles = 4};
    standard.mapping = "row:rank:bank:column:channel:bank_group";
    standard.read_latency = 5;
    standard.write_latency = 3;
    standard.refresh_interval = 400;
    standard.has_refresh_bank = true;

    const auto reads = {read, read_precharge};
    const auto writes = {write, write_precharge};
    const auto columns = {read, read_precharge, write, write_precharge};
    const auto bank_opens = {activate, refresh_bank};
    constrain(standard, "tRCD", {activate}, columns, Scope::bank, 4);
    constrain(standard, "tRAS", {activate}, {precharge, precharge_all}, Scope::bank, 9);
    constrain(standard, "tRC", {activate}, bank_opens, Scope::bank, 13);
    constrain(standard, "tRC", {activate}, {refresh_all}, Scope::rank, 13);
    constrain(standard, "tRP", {precharge, precharge_all}, bank_opens, Scope::bank, 3);
    constrain(standard, "tRP", {precharge, precharge_all}, {refresh_all}, Scope::rank, 3);
    constrain(standard, "tRRD_S", {activate}, bank_opens, Scope::rank, 2);
    constrain(standard, "tRRD_L", {activate}, {activate}, Scope::bank_group, 3);
    constrain(standard, "tFAW", {activate}, {activate}, Scope::rank, 15, 4);
    constrain(standard, "tCCD_S", reads, reads, Scope::rank, 4);
    constrain(standard, "tCCD_S", writes, writes, Scope::rank, 4);
    constrain(standard, "tCCD_L", reads, reads, Scope::bank_group, 6);
    constrain(standard, "tCCD_L", writes, writes, Scope::bank_group, 6);
    constrain(standard, "BL + 1", reads, reads, Scope::other_rank, 5);
    constrain(standard, "BL + 1", writes, writes, Scope::other_rank, 5);
    constrain(standard, "RL + BL + 2 - WL", reads, writes, Scope::channel, 8);
    constrain(standard, "WL + BL + tWTR", writes, reads, Scope::rank, 10);
    constrain(standard, "WL + BL + 2 - RL", writes, reads, Scope::other_rank, 4);
    constrain(standard, "tRTP", {read}, {precharge, precharge_all}, Scope::bank, 4);
    constrain(standard, "WL + BL + tWR", {write}, {precharge, precharge_all}, Scope::bank, 11);
    constrain(standard, "tRTP + tRP", {read_precharge}, bank_opens, Scope::bank, 7);
    constrain(standard, "tRTP + tRP", {read_precharge}, {refresh_all}, Scope::rank, 7);
    constrain(standard, "WL + BL + tWR + tRP", {write_precharge}, bank_opens, Scope::bank, 14);
    constrain(standard, "WL + BL + tWR + tRP", {write_precharge}, {refresh_all}, Scope::rank, 14);
    constrain(standard, "tRFC", {refresh_all}, {activate, refresh_all}, Scope::rank, 20);
    constrain(standard, "tRFCpb", {refresh_bank}, bank_opens, Scope::bank, 11);
    constrain(standard, "tREFpb2pb", {refresh_bank}, {refresh_bank}, Scope::rank, 6);
    return standard;
}

/// The same with a bus for row commands and one for column commands.
inline Standard tiny_standard_with_two_buses() {
    Standard standard = tiny_standard();
    for (std::size_t kind = 0; kind < command_kind_count; ++kind)
        standard.slots[kind].bus = is_column(static_cast<CommandKind>(kind)) ? 1 : 0;
    return standard;
}

/// One channel of one rank, and two flip-flops either way.
inline Params tiny_memory() {
    Params params;
    params.channels = 1;
    params.ranks = 1;
    params.bank_hash = true;
    params.request_stages = 2;
    params.response_stages = 2;
    return params;
}

}  // namespace quatrain::dram::tiny
