// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/checker.hpp"

#include "rtl_models/dram/checker_constraints.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::dram {
namespace {

using checking::fail;
using checking::index;
using checking::Issue;
using checking::issue_of;
using checking::Places;
using checking::text_of;

/// Refreshes that may be postponed, or issued in advance (JESD79-4, 4.26).
constexpr std::int64_t refresh_slack = 8;

/// Which rows are open.
class Rows {
public:
    Rows(const Organisation& organisation, std::int64_t ranks)
        : rank_banks_(static_cast<std::size_t>(organisation.rank_banks())),
          banks_(static_cast<std::size_t>(ranks) * rank_banks_),
          open_banks_(static_cast<std::size_t>(ranks)) {}

    void check(const Command& command, const Places& places) const {
        const Bank& bank = banks_[bank_of(places)];
        switch (command.kind) {
            case CommandKind::precharge:
            case CommandKind::precharge_all:
                return;
            case CommandKind::refresh_all:
                return check_all_closed(command, places);
            case CommandKind::activate:
            case CommandKind::refresh_bank:
                if (bank.open) fail(command, "bank must be closed: " + since(bank));
                return;
            default:
                break;
        }
        if (!bank.open) fail(command, "bank must be open: it is closed");
        if (command.location.row != bank.row)
            fail(command, "row must be the open one: " + since(bank));
    }

    void record(const Command& command, const Places& places) {
        switch (command.kind) {
            case CommandKind::activate:
                banks_[bank_of(places)] = {true, command.location.row, issue_of(command)};
                ++open_banks_[rank_of(places)];
                return;
            case CommandKind::precharge_all:
                for (std::size_t i = 0; i < rank_banks_; ++i)
                    banks_[rank_of(places) * rank_banks_ + i].open = false;
                open_banks_[rank_of(places)] = 0;
                return;
            case CommandKind::precharge:
            case CommandKind::read_precharge:
            case CommandKind::write_precharge:
                if (std::exchange(banks_[bank_of(places)].open, false))
                    --open_banks_[rank_of(places)];
                return;
            default:
                return;
        }
    }

private:
    struct Bank {
        bool open = false;
        std::int32_t row = 0;
        Issue activated;
    };

    static std::size_t bank_of(const Places& places) { return places[index(Scope::bank)]; }
    static std::size_t rank_of(const Places& places) { return places[index(Scope::rank)]; }
    static std::string since(const Bank& bank) {
        return fmt::format("row {} is open since {}", bank.row, text_of(bank.activated));
    }

    void check_all_closed(const Command& command, const Places& places) const {
        if (open_banks_[rank_of(places)] == 0) return;
        std::size_t bank = rank_of(places) * rank_banks_;
        while (!banks_[bank].open) ++bank;
        fail(command, "every bank of the rank must be closed: " + since(banks_[bank]));
    }

    std::size_t rank_banks_;
    std::vector<Bank> banks_;
    std::vector<std::int64_t> open_banks_;  ///< by rank
};

/// The command buses and the data bus.
class Buses {
public:
    explicit Buses(const Standard& standard)
        : slots_(standard.slots),
          read_latency_(standard.read_latency),
          write_latency_(standard.write_latency),
          burst_cycles_(standard.organisation.burst_cycles) {}

    void check(const Command& command) {
        const Held& bus = held_[bus_of(command)];
        if (command.cycle < bus.end)
            fail(command, fmt::format("command bus {}: held until cycle {} by {}, {} missing",
                                      bus_of(command), bus.end - 1, text_of(bus.by),
                                      bus.end - command.cycle));
        if (is_column(command.kind)) check_burst(command);
    }

    void record(const Command& command) {
        held_[bus_of(command)] = {command.cycle + slot_of(command).cycles, issue_of(command)};
        if (is_column(command.kind)) bursts_.push_back({end_of(command), issue_of(command)});
    }

private:
    /// A bus in use up to `end`, exclusive.
    struct Held {
        std::int64_t end = 0;
        Issue by;
    };

    const CommandSlot& slot_of(const Command& command) const { return slots_[index(command.kind)]; }
    std::size_t bus_of(const Command& command) const {
        return static_cast<std::size_t>(slot_of(command).bus);
    }
    std::int64_t end_of(const Command& command) const {
        return command.cycle + (is_read(command.kind) ? read_latency_ : write_latency_) +
               burst_cycles_;
    }

    /// Forgets the bursts that have ended before a command of now can reach the data bus.
    void check_burst(const Command& command) {
        const std::int64_t first = command.cycle + std::min(read_latency_, write_latency_);
        std::erase_if(bursts_, [&](const Held& burst) { return burst.end <= first; });
        const std::int64_t end = end_of(command);
        for (const Held& burst : bursts_) {
            if (end <= burst.end - burst_cycles_ || burst.end <= end - burst_cycles_) continue;
            fail(command,
                 fmt::format("data bus: cycles {}..{} overlap with {}..{} of {}, {} missing",
                             end - burst_cycles_, end - 1, burst.end - burst_cycles_, burst.end - 1,
                             text_of(burst.by), burst.end - (end - burst_cycles_)));
        }
    }

    std::array<CommandSlot, command_kind_count> slots_;
    std::int64_t read_latency_, write_latency_, burst_cycles_;
    std::array<Held, command_bus_count> held_{};
    std::vector<Held> bursts_;  ///< in the order of their commands
};

/// Counts the refreshes of every rank or bank against those that are due: one whenever an interval
/// has passed, from cycle 0 on.
class Refreshes {
public:
    Refreshes(const Standard& standard, std::int64_t ranks, Refresh refresh)
        : interval_(standard.refresh_interval), refresh_(refresh) {
        if (refresh == Refresh::per_bank)
            units_of_rank_ = static_cast<std::size_t>(standard.organisation.rank_banks());
        if (refresh != Refresh::none)
            units_.resize(static_cast<std::size_t>(ranks) * units_of_rank_);
        find_next_overdue();
    }

    /// When a refresh is too late after this cycle.
    std::int64_t last_cycle() const { return last_cycle_; }

    void record(const Command& command, const Places& places) {
        const bool all = command.kind == CommandKind::refresh_all;
        if (!all && command.kind != CommandKind::refresh_bank) return;
        if (refresh_ == Refresh::none || (refresh_ == Refresh::all_bank && !all)) return;
        const std::size_t first =
            all ? places[index(Scope::rank)] * units_of_rank_ : places[index(Scope::bank)];
        const std::int64_t most = command.cycle / interval_ + refresh_slack;
        for (std::size_t i = first; i < first + (all ? units_of_rank_ : 1); ++i)
            units_[i] = {std::min(units_[i].count + 1, most), command.cycle};
        find_next_overdue();
    }

    /// What is missing after last_cycle().
    std::string text() const {
        const Unit& unit = units_[next_overdue_];
        std::string name = fmt::format("rank {}", next_overdue_ / units_of_rank_);
        if (refresh_ == Refresh::per_bank)
            name += fmt::format(", bank {} of it", next_overdue_ % units_of_rank_);
        const std::string last =
            unit.last == Issue::never ? "none" : fmt::format("one in cycle {}", unit.last);
        return fmt::format(
            "refresh of {}: {} behind after cycle {} (one every {} cycles is due, the last was "
            "{}), "
            "must be {} at most",
            name, refresh_slack + 1, last_cycle_, interval_, last, refresh_slack);
    }

private:
    /// What is refreshed as a whole: a rank or a bank.
    struct Unit {
        /// Refreshes; those that are more than `refresh_slack` in advance do not count.
        std::int64_t count = 0;
        std::int64_t last = Issue::never;
    };

    void find_next_overdue() {
        if (units_.empty()) return;
        const auto least = std::min_element(
            units_.begin(), units_.end(),
            [](const Unit& left, const Unit& right) { return left.count < right.count; });
        next_overdue_ = static_cast<std::size_t>(least - units_.begin());
        last_cycle_ = (least->count + refresh_slack + 1) * interval_;
    }

    std::int64_t interval_;
    Refresh refresh_;
    std::size_t units_of_rank_ = 1;
    std::vector<Unit> units_;
    std::size_t next_overdue_ = 0;
    std::int64_t last_cycle_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace

class Checker::State {
public:
    State(const Standard& standard, std::int64_t ranks, Refresh refresh)
        : organisation_(standard.organisation),
          columns_(standard.organisation.columns()),
          ranks_(ranks),
          has_refresh_bank_(standard.has_refresh_bank),
          constraints_(standard, ranks),
          rows_(standard.organisation, ranks),
          buses_(standard),
          refreshes_(standard, ranks, refresh) {}

    void issued(const Command& command) {
        check_form(command);
        check_order(command);
        const Places places = places_of(command.location);
        if (command.cycle > refreshes_.last_cycle()) fail(command, refreshes_.text());
        rows_.check(command, places);
        constraints_.check(command, places);
        buses_.check(command);
        constraints_.record(command, places);
        rows_.record(command, places);
        buses_.record(command);
        refreshes_.record(command, places);
        last_ = command;
        ++commands_;
    }

    void finish(std::int64_t cycle) const {
        if (cycle > refreshes_.last_cycle())
            throw ConstraintError(
                fmt::format("dram channel {}: end in cycle {}: {}",
                            commands_ > 0 ? std::to_string(last_.channel) : "without a command",
                            cycle, refreshes_.text()));
    }

    std::int64_t commands() const { return commands_; }

private:
    /// A field that the command does not name has one value, 0.
    static void check_field(const Command& command, const char* field, std::int64_t value,
                            bool named, std::int64_t values) {
        if (0 <= value && value < (named ? values : 1)) return;
        fail(command,
             named ? fmt::format("{} = {}: must be in 0..{}", field, value, values - 1)
                   : fmt::format("{} = {}: must be 0, the command names none", field, value));
    }

    void check_form(const Command& command) const {
        const CommandKind kind = command.kind;
        if (static_cast<std::size_t>(kind) >= command_kind_count) fail(command, "is not a command");
        if (command.cycle < 0) fail(command, "cycle must be at least 0");
        if (kind == CommandKind::refresh_bank && !has_refresh_bank_)
            fail(command, "the standard has no such command");
        const Location& at = command.location;
        const bool column = is_column(kind);
        check_field(command, "rank", at.rank, true, ranks_);
        check_field(command, "bank_group", at.bank_group, !is_rank_wide(kind),
                    organisation_.bank_groups);
        check_field(command, "bank", at.bank, !is_rank_wide(kind), organisation_.banks);
        check_field(command, "row", at.row, column || kind == CommandKind::activate,
                    organisation_.rows);
        check_field(command, "column", at.column, column, columns_);
        check_field(command, "entered", command.entered, column, command.cycle + 1);
    }

    void check_order(const Command& command) const {
        if (command.cycle < last_.cycle)
            fail(command,
                 fmt::format("cycles must not decrease: {} was issued before it, {} missing",
                             text_of(issue_of(last_)), last_.cycle - command.cycle));
        if (commands_ == 0 ? command.channel < 0 : command.channel != last_.channel)
            fail(command, commands_ == 0 ? "channel must be at least 0"
                                         : fmt::format("channel must be that of the others, {}",
                                                       last_.channel));
    }

    Places places_of(const Location& at) const {
        const std::int64_t group = at.rank * organisation_.bank_groups + at.bank_group;
        const std::int64_t bank = group * organisation_.banks + at.bank;
        const auto rank = static_cast<std::size_t>(at.rank);
        return {static_cast<std::size_t>(bank), static_cast<std::size_t>(group), rank, rank, 0};
    }

    Organisation organisation_;
    std::int64_t columns_;  ///< of a row
    std::int64_t ranks_;
    bool has_refresh_bank_;
    checking::Constraints constraints_;
    Rows rows_;
    Buses buses_;
    Refreshes refreshes_;
    Command last_;  ///< in cycle 0 as long as there is none
    std::int64_t commands_ = 0;
};

Checker::Checker(const Standard& standard, std::int64_t ranks, Refresh refresh)
    : state_(std::make_unique<State>(standard, ranks, refresh)) {}

Checker::~Checker() = default;

void Checker::issued(const Command& command) {
    state_->issued(command);
}

void Checker::finish(std::int64_t cycle) const {
    state_->finish(cycle);
}

std::int64_t Checker::commands() const {
    return state_->commands();
}

}  // namespace quatrain::dram
