// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/statistics.hpp"

#include <algorithm>
#include <cstddef>

namespace quatrain::dram {

ChannelStatistics& ChannelStatistics::operator+=(const ChannelStatistics& other) {
    for (std::size_t kind = 0; kind < command_kind_count; ++kind)
        commands[kind] += other.commands[kind];
    for (const auto field :
         {&ChannelStatistics::cycles, &ChannelStatistics::row_hits, &ChannelStatistics::data_cycles,
          &ChannelStatistics::stall_refresh, &ChannelStatistics::stall_row,
          &ChannelStatistics::stall_turnaround, &ChannelStatistics::stall_column,
          &ChannelStatistics::no_request, &ChannelStatistics::read_wait,
          &ChannelStatistics::write_wait, &ChannelStatistics::active_rank_cycles,
          &ChannelStatistics::precharged_rank_cycles})
        this->*field += other.*field;
    return *this;
}

std::int64_t ChannelStatistics::columns() const {
    return count(CommandKind::read) + count(CommandKind::read_precharge) +
           count(CommandKind::write) + count(CommandKind::write_precharge);
}

StatisticsObserver::StatisticsObserver(const Standard& standard, std::int64_t ranks)
    : bank_groups_(standard.organisation.bank_groups),
      banks_(standard.organisation.banks),
      burst_cycles_(standard.organisation.burst_cycles),
      all_banks_(static_cast<std::size_t>(ranks * standard.organisation.rank_banks())),
      ranks_(static_cast<std::size_t>(ranks)) {
    for (const Constraint& constraint : standard.constraints) {
        if (constraint.before != CommandKind::activate || constraint.scope != Scope::bank) continue;
        std::int64_t& cycles = row_opening_[static_cast<std::size_t>(constraint.after)];
        cycles = std::max(cycles, constraint.cycles);
    }
}

void StatisticsObserver::row_or_refresh(const Command& command) {
    Rank& rank = rank_of(command.location);
    switch (command.kind) {
        case CommandKind::activate:
            return activate(command);
        case CommandKind::precharge:
            return close(bank_of(command.location), rank, command.cycle);
        case CommandKind::precharge_all: {
            Bank* const first = &bank_of(command.location);
            for (Bank* bank = first; bank != first + bank_groups_ * banks_; ++bank)
                close(*bank, rank, command.cycle);
            return;
        }
        case CommandKind::refresh_all:
            rank.refreshed = columns_ + 1;
            return;
        case CommandKind::refresh_bank:
            bank_of(command.location).refreshed = columns_ + 1;
            return;
        default:
            return;
    }
}

void StatisticsObserver::activate(const Command& command) {
    Bank& bank = bank_of(command.location);
    Rank& rank = rank_of(command.location);
    if (rank.open_banks++ == 0) rank.active_since = command.cycle;
    bank.open = bank.activated = true;
    bank.activated_cycle = command.cycle;
}

void StatisticsObserver::close(Bank& bank, Rank& rank, std::int64_t cycle) {
    if (!bank.open) return;
    bank.open = false;
    if (--rank.open_banks == 0) total_.active_rank_cycles += cycle - rank.active_since;
}

std::int64_t& StatisticsObserver::stall_of(const Command& command, const Bank& bank,
                                           const Rank& rank) {
    if (rank.refreshed == columns_ + 1 || bank.refreshed == columns_ + 1)
        return total_.stall_refresh;
    const auto kind = static_cast<std::size_t>(command.kind);
    if (bank.activated_cycle + row_opening_[kind] > slot_end_) return total_.stall_row;
    const bool turned =
        is_read(command.kind) != is_read(last_kind_) || command.location.rank != last_rank_;
    return columns_ > 0 && turned ? total_.stall_turnaround : total_.stall_column;
}

ChannelStatistics StatisticsObserver::until(std::int64_t cycle) const {
    ChannelStatistics total = total_;
    total.cycles = cycle;
    total.no_request += std::max<std::int64_t>(cycle - slot_end_, 0);
    for (const Rank& rank : ranks_)
        if (rank.open_banks > 0) total.active_rank_cycles += cycle - rank.active_since;
    total.precharged_rank_cycles = std::ssize(ranks_) * cycle - total.active_rank_cycles;
    return total;
}

DramEnergy energy(const Energies& energies, const ChannelStatistics& statistics) {
    const auto times = [&](std::int64_t count, double each) {
        return static_cast<double>(count) * each;
    };
    using enum CommandKind;
    return {
        .activate = times(statistics.count(activate), energies.activate),
        .read = times(statistics.count(read) + statistics.count(read_precharge), energies.read),
        .write = times(statistics.count(write) + statistics.count(write_precharge), energies.write),
        .refresh = times(statistics.count(refresh_all), energies.refresh_all) +
                   times(statistics.count(refresh_bank), energies.refresh_bank),
        .background = times(statistics.active_rank_cycles, energies.active_standby) +
                      times(statistics.precharged_rank_cycles, energies.precharged_standby)};
}

}  // namespace quatrain::dram
