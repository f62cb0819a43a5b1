// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked_controller.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <algorithm>

namespace quatrain::dram {

ClockedController::ClockedController(const Standard& standard, std::int64_t ranks,
                                     const ControllerParams& params, std::int32_t channel,
                                     CommandObserver& observer, std::int64_t arrival_depth)
    : standard_(standard),
      ranks_(static_cast<std::int32_t>(ranks)),
      params_(params),
      channel_(channel),
      observer_(observer),
      arrived_reads_("dram arrived reads", arrival_depth),
      arrived_writes_("dram arrived writes", arrival_depth),
      reads_("dram read queue", params.read_queue),
      writes_("dram write queue", params.write_queue),
      refresh_(standard, ranks, params.refresh),
      banks_(static_cast<std::size_t>(ranks * standard.organisation.rank_banks())),
      history_(standard),
      on_their_way_("dram reads on their way",
                    standard.read_latency + standard.organisation.burst_cycles) {}

void ClockedController::push_read(const Request& request) {
    check(request);
    arrived_reads_.push_back(request);
}

void ClockedController::push_write(const Request& request) {
    check(request);
    arrived_writes_.push_back(request);
}

void ClockedController::check(const Request& request) const {
    const Organisation& all = standard_.organisation;
    in_range("dram rank", request.location.rank, 0, ranks_ - 1);
    in_range("dram bank group", request.location.bank_group, 0, all.bank_groups - 1);
    in_range("dram bank", request.location.bank, 0, all.banks - 1);
    in_range("dram row", request.location.row, 0, all.rows - 1);
    in_range("dram column", request.location.column, 0, all.columns() - 1);
}

const std::vector<ClockedController::Answer>& ClockedController::edge() {
    answers_.clear();
    on_bus_.fill({});
    enter();
    turn();
    refresh_.edge();
    issue_refresh();
    issue_column();
    issue_row();
    answer_reads();
    history_.forget(++cycle_);
    return answers_;
}

bool ClockedController::idle() const {
    return arrived_reads_.empty() && arrived_writes_.empty() && reads_.empty() && writes_.empty();
}

void ClockedController::enter() {
    if (!arrived_writes_.empty() && !writes_.full()) {
        writes_.push(arrived_writes_.front(), cycle_);
        answers_.push_back({arrived_writes_.front().id, true});
        arrived_writes_.pop_front();
    }
    const bool could_enter = !arrived_reads_.empty() && !reads_.full();
    blocked_ = could_enter && writes_.has_burst(arrived_reads_.front().location);
    if (could_enter && !blocked_) {
        reads_.push(arrived_reads_.front(), cycle_);
        arrived_reads_.pop_front();
    }
}

void ClockedController::turn() {
    const bool served = since_turn_ >= params_.turn_bursts;
    bool turns = false;
    if (writing_) {
        const bool enough = served || writes_.size() <= params_.write_low;
        turns = writes_.empty() || (enough && !reads_.empty() && !blocked_);
    } else {
        const bool many = served && writes_.size() >= params_.write_high;
        turns = many || blocked_ || (reads_.empty() && !writes_.empty());
    }
    if (!turns) return;
    writing_ = !writing_;
    since_turn_ = 0;
}

void ClockedController::issue_refresh() {
    for (std::int32_t rank = 0; rank < ranks_; ++rank) {
        if (!refresh_.pending(rank)) continue;
        const std::optional<Command> command = refresh_command(rank);
        if (!command) continue;
        issue(*command);
        const bool refreshes =
            command->kind == CommandKind::refresh_all || command->kind == CommandKind::refresh_bank;
        if (refreshes) refresh_.issued(rank);
        return;
    }
}

std::optional<Command> ClockedController::refresh_command(std::int32_t rank) const {
    if (params_.refresh == Refresh::all_bank)
        return if_allowed(all_closed(rank) ? CommandKind::refresh_all : CommandKind::precharge_all,
                          {.rank = rank});
    const Location place = refresh_.bank(rank);
    return if_allowed(
        banks_[bank_index(place)].open ? CommandKind::precharge : CommandKind::refresh_bank, place);
}

void ClockedController::issue_column() {
    for (std::size_t i = 0; i < requests_in_view(); ++i) {
        const ClockedRequestQueue::Entry& entry = active()[i];
        const std::optional<Command> command = column_command(entry);
        if (!command) continue;
        if (is_read(command->kind))
            on_their_way_.push_back(
                {standard_.read_latency + standard_.organisation.burst_cycles - 1,
                 entry.request.id});
        active().remove(i);
        ++since_turn_;
        issue(*command);
        return;
    }
}

std::optional<Command> ClockedController::column_command(
    const ClockedRequestQueue::Entry& entry) const {
    const Location& wanted = entry.request.location;
    const Bank& bank = banks_[bank_index(wanted)];
    if (!bank.open || bank.row != wanted.row || refresh_.holds(wanted)) return std::nullopt;
    const bool closes =
        params_.page_policy == PagePolicy::closed && active().wanting_row(wanted, wanted.row) == 1;
    const CommandKind read = closes ? CommandKind::read_precharge : CommandKind::read;
    const CommandKind write = closes ? CommandKind::write_precharge : CommandKind::write;
    return if_allowed(writing_ ? write : read, wanted, entry.entered);
}

void ClockedController::issue_row() {
    for (std::size_t i = 0; i < requests_in_view(); ++i) {
        const std::optional<Command> command = row_command(active()[i]);
        if (!command) continue;
        issue(*command);
        return;
    }
}

std::optional<Command> ClockedController::row_command(
    const ClockedRequestQueue::Entry& entry) const {
    const Location& wanted = entry.request.location;
    const Bank& bank = banks_[bank_index(wanted)];
    if ((bank.open && bank.row == wanted.row) || refresh_.holds(wanted)) return std::nullopt;
    Location place = wanted;
    place.row = place.column = 0;
    if (!bank.open) {
        place.row = wanted.row;
        return if_allowed(CommandKind::activate, place);
    }
    if (!oldest_alone() && active().wanting_row(wanted, bank.row) > 0) return std::nullopt;
    return if_allowed(CommandKind::precharge, place);
}

bool ClockedController::oldest_alone() const {
    return params_.scheduler == Scheduler::fcfs || active().passed() >= params_.bypass_limit;
}

std::size_t ClockedController::requests_in_view() const {
    const auto all = static_cast<std::size_t>(active().size());
    return oldest_alone() ? std::min<std::size_t>(all, 1) : all;
}

std::optional<Command> ClockedController::if_allowed(CommandKind kind, const Location& location,
                                                     std::int64_t entered) const {
    const Command command{cycle_, kind, channel_, location, entered};
    return history_.allows(command) ? std::optional(command) : std::nullopt;
}

void ClockedController::issue(const Command& command) {
    history_.issued(command);
    on_bus_[static_cast<std::size_t>(standard_.slot(command.kind).bus)] = command;
    const bool closes = command.kind == CommandKind::precharge ||
                        command.kind == CommandKind::read_precharge ||
                        command.kind == CommandKind::write_precharge;
    if (command.kind == CommandKind::activate)
        banks_[bank_index(command.location)] = {true, command.location.row};
    if (closes) banks_[bank_index(command.location)] = {};
    if (command.kind == CommandKind::precharge_all)
        std::fill_n(banks_.begin() + static_cast<std::ptrdiff_t>(first_bank(command.location.rank)),
                    standard_.organisation.rank_banks(), Bank{});
    observer_.issued(command);
}

void ClockedController::answer_reads() {
    for (; !on_their_way_.empty() && on_their_way_.front().cycles_left == 0;
         on_their_way_.pop_front())
        answers_.push_back({on_their_way_.front().id, false});
    for (ReadOnItsWay& read : on_their_way_) --read.cycles_left;
}

std::size_t ClockedController::first_bank(std::int32_t rank) const {
    return static_cast<std::size_t>(rank * standard_.organisation.rank_banks());
}

std::size_t ClockedController::bank_index(const Location& location) const {
    return first_bank(location.rank) +
           static_cast<std::size_t>(location.bank_group * standard_.organisation.banks +
                                    location.bank);
}

bool ClockedController::all_closed(std::int32_t rank) const {
    const auto first = banks_.begin() + static_cast<std::ptrdiff_t>(first_bank(rank));
    return std::none_of(first, first + standard_.organisation.rank_banks(),
                        [](const Bank& bank) { return bank.open; });
}

}  // namespace quatrain::dram
