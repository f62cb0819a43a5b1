// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// What one channel did. Cycles are those of the DRAM.
struct ChannelStatistics {
    std::int64_t cycles = 0;                                  ///< that the channel ran
    std::array<std::int64_t, command_kind_count> commands{};  ///< by kind
    std::int64_t row_hits = 0;     ///< column commands without an activate of their bank since the
                                   ///< bank's last column command
    std::int64_t data_cycles = 0;  ///< the data bus moves a burst: burst_cycles for each of them
    /// Cycles between the end of a burst's slot (its column command + burst_cycles; before the
    /// first, cycle 0) and the next column command in which the latter's request waited in the
    /// queue, by the first of these causes that holds: its rank, or its bank, was refreshed since
    /// the last column command; its row was open for it (its activate + the constraint from there)
    /// only after the slot's end; the direction or the rank changed; the bank group did not (or
    /// another constraint on columns).
    std::int64_t stall_refresh = 0, stall_row = 0, stall_turnaround = 0, stall_column = 0;
    /// The rest of those gaps, before the request entered the queue, and what follows the last
    /// slot: nothing to do (or not in view). data_cycles, stalls and this add up to `cycles` where
    /// column commands are burst_cycles apart at least and the last slot has ended.
    std::int64_t no_request = 0;
    /// Sums over column commands of the cycles from the request's entry to the command: divided by
    /// `cycles` the mean number of requests in the queue (Little's law), divided by the commands
    /// the mean wait.
    std::int64_t read_wait = 0, write_wait = 0;
    std::int64_t active_rank_cycles = 0;      ///< sum over ranks: a row is open in some bank
    std::int64_t precharged_rank_cycles = 0;  ///< sum over ranks: no row is open

    bool operator==(const ChannelStatistics&) const = default;
    ChannelStatistics& operator+=(const ChannelStatistics& other);
    std::int64_t count(CommandKind kind) const { return commands[static_cast<std::size_t>(kind)]; }
    std::int64_t columns() const;  ///< column commands
};

/// Counts one channel's commands. A row is open from its activate's cycle to the cycle of the
/// command that closes it.
class StatisticsObserver final : public CommandObserver {
public:
    StatisticsObserver(const Standard& standard, std::int64_t ranks);
    void issued(const Command& command) override {
        ++total_.commands[static_cast<std::size_t>(command.kind)];
        is_column(command.kind) ? column(command) : row_or_refresh(command);
    }
    /// What happened up to (not including) `cycle`, at least that of the last command plus one.
    ChannelStatistics until(std::int64_t cycle) const;

private:
    struct Bank {
        bool open = false;
        bool activated = false;            ///< since its last column command
        std::int64_t activated_cycle = 0;  ///< of the last activate
        std::int64_t refreshed = 0;        ///< `columns_` at the last refresh_bank, plus one
    };
    struct Rank {
        std::int64_t open_banks = 0;
        std::int64_t active_since = 0;  ///< with open_banks > 0
        std::int64_t refreshed = 0;     ///< `columns_` at the last refresh_all, plus one
    };

    void row_or_refresh(const Command& command);
    void activate(const Command& command);
    void column(const Command& command) {
        Bank& bank = bank_of(command.location);
        Rank& rank = rank_of(command.location);
        const std::int64_t wait = command.cycle - command.entered;
        const std::int64_t gap = std::max<std::int64_t>(command.cycle - slot_end_, 0);
        const std::int64_t stall = std::min(gap, wait);
        if (stall > 0) stall_of(command, bank, rank) += stall;
        total_.no_request += gap - stall;
        (is_read(command.kind) ? total_.read_wait : total_.write_wait) += wait;
        total_.data_cycles += burst_cycles_;
        if (!bank.activated) ++total_.row_hits;
        bank.activated = false;
        slot_end_ = command.cycle + burst_cycles_;
        ++columns_;
        last_kind_ = command.kind;
        last_rank_ = command.location.rank;
        if (command.kind == CommandKind::read_precharge ||
            command.kind == CommandKind::write_precharge)
            close(bank, rank, command.cycle);
    }
    void close(Bank& bank, Rank& rank, std::int64_t cycle);
    /// The counter of the cause for which `command` waited since the last slot.
    std::int64_t& stall_of(const Command& command, const Bank& bank, const Rank& rank);
    Bank& bank_of(const Location& location) {
        return all_banks_[static_cast<std::size_t>(
            (location.rank * bank_groups_ + location.bank_group) * banks_ + location.bank)];
    }
    Rank& rank_of(const Location& location) {
        return ranks_[static_cast<std::size_t>(location.rank)];
    }

    std::int64_t bank_groups_;  ///< of a rank
    std::int64_t banks_;        ///< of a bank group
    std::int64_t burst_cycles_;
    /// From an activate to a column command of this kind [DRAM cycles].
    std::array<std::int64_t, command_kind_count> row_opening_{};
    std::vector<Bank> all_banks_;
    std::vector<Rank> ranks_;
    std::int64_t columns_ = 0;   ///< column commands
    std::int64_t slot_end_ = 0;  ///< of the last column command
    CommandKind last_kind_{};    ///< with columns_ > 0, that of the last column command
    std::int32_t last_rank_ = 0;
    ChannelStatistics total_;
};

/// Energy of what a channel did [pJ].
struct DramEnergy {
    double activate = 0, read = 0, write = 0, refresh = 0, background = 0;
    double total() const { return activate + read + write + refresh + background; }
};
DramEnergy energy(const Energies& energies, const ChannelStatistics& statistics);

}  // namespace quatrain::dram
