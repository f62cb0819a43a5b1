// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/controller.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::dram {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// What every two `kind` commands of a channel keep between them, wherever they go [cycles].
std::int64_t closest(const Standard& standard, std::int64_t ranks, CommandKind kind) {
    std::int64_t same_rank = 0, other_rank = 0;
    for (const Constraint& one : standard.constraints) {
        if (one.before != kind || one.after != kind || one.count > 1) continue;
        if (one.scope == Scope::rank || one.scope == Scope::channel)
            same_rank = std::max(same_rank, one.cycles);
        if (one.scope == Scope::other_rank || one.scope == Scope::channel)
            other_rank = std::max(other_rank, one.cycles);
    }
    const std::int64_t apart = ranks > 1 ? std::min(same_rank, other_rank) : same_rank;
    return std::max(apart, standard.slot(kind).cycles);
}

}  // namespace

Controller::Controller(const Standard& standard, std::int64_t ranks, const ControllerParams& params,
                       std::int32_t channel, CommandObserver& observer)
    : params_(params),
      bypass_limit_(params.scheduler == Scheduler::fcfs ? 0 : params.bypass_limit),
      channel_(channel),
      observer_(observer),
      slots_(standard.slots),
      read_edge_(standard.read_latency + standard.organisation.burst_cycles),
      rank_banks_(static_cast<std::int32_t>(standard.organisation.rank_banks())),
      banks_per_group_(static_cast<std::int32_t>(standard.organisation.banks)),
      closest_columns_(std::min(closest(standard, ranks, CommandKind::read),
                                closest(standard, ranks, CommandKind::write))),
      timer_(standard, ranks),
      refresh_(standard, ranks, params.refresh),
      open_banks_(static_cast<std::size_t>(ranks)),
      sides_{Side{RequestQueue(params.read_queue, static_cast<std::size_t>(ranks * rank_banks_),
                               false),
                  {},
                  0},
             Side{RequestQueue(params.write_queue, static_cast<std::size_t>(ranks * rank_banks_),
                               true),
                  {},
                  0}} {}

void Controller::advance(std::int64_t cycle, std::vector<Answer>& answers) {
    answers_ = &answers;
    while (now_ <= cycle && quiet_until_ <= cycle) {
        quiet_until_ = now_;
        if (streaming_ && mostly_hits() && stream(cycle)) continue;
        const std::int64_t next = next_event();
        if (next > cycle) {
            quiet_until_ = next;
            break;
        }
        enter(next);
        act(next);
    }
    now_ = std::max(now_, cycle + 1);
}

bool Controller::idle() const {
    return std::all_of(sides_.begin(), sides_.end(),
                       [](const Side& one) { return one.queue.empty() && one.arrived.empty(); });
}

/// The first cycle from now_ on in which one of the rules may do something.
std::int64_t Controller::next_event() {
    if (wants_turn()) return now_;
    if (!plan_) make_plan();
    const std::int64_t next =
        std::min({next_entry(), refresh_.next_due(), plan_->cycle, next_refresh_command()});
    return std::max(next, now_);
}

std::int64_t Controller::next_refresh_command() const {
    if (!refresh_.any_pending()) return never;
    std::int64_t next = never;
    for (std::int32_t rank = 0; rank < ranks(); ++rank)
        if (refresh_.pending(rank)) next = std::min(next, refresh_candidate(rank).cycle);
    return next;
}

/// Rule 1.
void Controller::enter(std::int64_t cycle) {
    now_ = cycle;
    read_blocked_ = false;
    if (next_entry(Direction::write) <= cycle) enter_write(cycle);
    if (next_entry(Direction::read) <= cycle) enter_read(cycle);
}

void Controller::enter_write(std::int64_t cycle) {
    const Request& request = side(Direction::write).arrived.front();
    answers_->push_back({request.id, cycle + 1});
    enter_queue(Direction::write, request, cycle);
}

void Controller::enter_read(std::int64_t cycle) {
    const Request& request = side(Direction::read).arrived.front();
    if (side(Direction::write).queue.holds(request.location)) {
        read_blocked_ = true;
        return;
    }
    enter_queue(Direction::read, request, cycle);
}

void Controller::enter_queue(Direction direction, const Request& request, std::int64_t cycle) {
    Side& one = side(direction);
    const Place place = timer_.place(request.location);
    one.queue.enter(request, place, cycle);
    one.arrived.pop();
    if (direction == direction_) consider(place.bank);
}

/// Rules 2 to 6.
void Controller::act(std::int64_t cycle) {
    if (wants_turn()) {
        direction_ = direction_ == Direction::read ? Direction::write : Direction::read;
        since_turn_ = 0;
        row_bound_ = 0;
        plan_.reset();
    }
    if (cycle >= refresh_.next_due()) {
        refresh_.update(cycle);
        plan_.reset();
    }
    if (refresh_.any_pending()) refresh(cycle);
    issue_planned(cycle);
    now_ = cycle + 1;
}

/// A refresh is pending that the bank, or its rank, has to wait for.
bool Controller::is_held(const Place& place) const {
    if (!refresh_.any_pending() || !refresh_.pending(place.rank)) return false;
    return !refresh_.per_bank() ||
           place.bank == place.rank * rank_banks_ + refresh_.bank(place.rank);
}

Controller::Candidate Controller::refresh_candidate(std::int32_t rank) const {
    const auto make = [&](CommandKind kind, const Place& place) {
        return Candidate{earliest(kind, place), kind, -1};
    };
    if (!refresh_.per_bank()) {
        const bool open = open_banks_[static_cast<std::size_t>(rank)] > 0;
        return make(open ? CommandKind::precharge_all : CommandKind::refresh_all, {rank, 0, 0});
    }
    const Place place = timer_.place(refreshed_bank(rank));
    const bool open = sides_[0].queue.bank(place.bank).open_row >= 0;
    return make(open ? CommandKind::precharge : CommandKind::refresh_bank, place);
}

Location Controller::refreshed_bank(std::int32_t rank) const {
    if (!refresh_.per_bank()) return {.rank = rank};
    const std::int32_t bank = refresh_.bank(rank);
    return {.rank = rank, .bank_group = bank / banks_per_group_, .bank = bank % banks_per_group_};
}

/// Rule 4.
void Controller::refresh(std::int64_t cycle) {
    for (std::int32_t rank = 0; rank < ranks(); ++rank) {
        if (!refresh_.pending(rank)) continue;
        const Candidate one = refresh_candidate(rank);
        if (one.cycle > cycle) continue;
        const Location location = refreshed_bank(rank);
        issue(one.kind, location, timer_.place(location), cycle);
        if (one.kind == CommandKind::refresh_all || one.kind == CommandKind::refresh_bank)
            refresh_.issued(rank);
        return;  // one command
    }
}

/// What the active queue would do next in a bank that an entry is for: the oldest hit if there is
/// one, else the oldest entry decides which row to open.
Controller::Candidate Controller::candidate(std::int32_t bank) const {
    const RequestQueue& queue = side(direction_).queue;
    const RequestQueue::Bank& state = queue.bank(bank);
    const std::int32_t index = state.hits > 0 ? state.oldest_hit : state.oldest;
    return candidate(queue.at(index), index);
}

/// What an entry of the active queue waits for.
Controller::Candidate Controller::candidate(const QueuedRequest& entry, std::int32_t index) const {
    if (is_held(entry.place)) return {never, CommandKind::activate, -1};
    const RequestQueue::Bank& bank = side(direction_).queue.bank(entry.place.bank);
    CommandKind kind = CommandKind::activate;
    if (bank.open_row == entry.request.location.row) {
        const bool reads = direction_ == Direction::read;
        const bool last = params_.page_policy == PagePolicy::closed && bank.hits == 1;
        kind = last ? (reads ? CommandKind::read_precharge : CommandKind::write_precharge)
                    : (reads ? CommandKind::read : CommandKind::write);
    } else if (bank.open_row >= 0) {
        kind = CommandKind::precharge;
    }
    return {std::max(earliest(kind, entry.place), now_), kind, index};
}

/// Rules 5 and 6: what can go earlier goes; in the same cycle a column command, and then the older.
bool Controller::is_before(const Candidate& one, const Candidate& other) const {
    if (one.cycle != other.cycle || one.index < 0 || other.index < 0)
        return one.cycle < other.cycle;
    if (is_column(one.kind) != is_column(other.kind)) return is_column(one.kind);
    const RequestQueue& queue = side(direction_).queue;
    return queue.at(one.index).number < queue.at(other.index).number;
}

void Controller::make_plan() {
    plan_ = Candidate{never, CommandKind::activate, -1};
    const Side& from = side(direction_);
    if (from.queue.empty()) return;
    if (only_oldest(from)) {
        plan_ = candidate(from.queue.at(from.queue.oldest()), from.queue.oldest());
        return;
    }
    if (has_exceptions()) {
        from.queue.for_each_bank([this](std::int32_t bank) {
            const Candidate one = candidate(bank);
            if (is_before(one, *plan_)) plan_ = one;
        });
        return;
    }
    plan_ = plan_without_exceptions();
}

/// The same where no refresh holds a bank and no column command closes a row, which is nearly
/// always.
Controller::Candidate Controller::plan_without_exceptions() {
    const Candidate column = next_column();
    if (column.cycle <= row_bound_) return column;
    const Candidate row = next_row_command();
    row_bound_ = row.cycle;
    return column.cycle <= row.cycle ? column : row;
}

/// The oldest hit of those that can go first.
Controller::Candidate Controller::next_column() const {
    const RequestQueue& queue = side(direction_).queue;
    const CommandKind kind = direction_ == Direction::read ? CommandKind::read : CommandKind::write;
    Candidate best{never, kind, -1};
    if (queue.hits() == 0) return best;
    const ConstraintTimer::Kind columns = bound(kind);
    std::uint64_t best_number = 0;
    queue.for_each_hit_bank([&](std::int32_t index) {
        const std::int32_t oldest = queue.bank(index).oldest_hit;
        const QueuedRequest& wanted = queue.at(oldest);
        const std::int64_t cycle = columns.earliest(wanted.place);
        if (cycle > best.cycle || (cycle == best.cycle && wanted.number > best_number)) return;
        best = {cycle, kind, oldest};
        best_number = wanted.number;
    });
    return best;
}

/// The oldest of the row commands that can go first, each for the oldest entry of a bank.
Controller::Candidate Controller::next_row_command() const {
    const RequestQueue& queue = side(direction_).queue;
    Candidate best{never, CommandKind::activate, -1};
    if (queue.hits() == queue.size()) return best;
    const ConstraintTimer::Kind activates = bound(CommandKind::activate),
                                precharges = bound(CommandKind::precharge);
    std::uint64_t best_number = 0;
    queue.for_each_other_bank([&](std::int32_t index) {
        const RequestQueue::Bank& bank = queue.bank(index);
        const QueuedRequest& wanted = queue.at(bank.oldest);
        const bool closed = bank.open_row < 0;
        const std::int64_t cycle = (closed ? activates : precharges).earliest(wanted.place);
        if (cycle > best.cycle || (cycle == best.cycle && wanted.number > best_number)) return;
        best = {cycle, closed ? CommandKind::activate : CommandKind::precharge, bank.oldest};
        best_number = wanted.number;
    });
    return best;
}

/// When `kind` can issue, wherever it goes.
ConstraintTimer::Kind Controller::bound(CommandKind kind) const {
    const auto bus = static_cast<std::size_t>(slots_[static_cast<std::size_t>(kind)].bus);
    return {timer_, kind, std::max(now_, bus_free_[bus])};
}

/// The queue may issue a row command in `bank` now.
void Controller::bound_row_command(std::int32_t bank) {
    const RequestQueue::Bank& state = side(direction_).queue.bank(bank);
    if (state.oldest < 0 || state.hits > 0) return;
    row_bound_ = std::min(row_bound_, candidate(bank).cycle);
}

/// An entry for `bank` has come: it may go before what is planned, or change what is planned for
/// its bank.
void Controller::consider(std::int32_t bank) {
    bound_row_command(bank);
    if (!plan_) return;
    const Side& from = side(direction_);
    if (plan_->index < 0) {
        plan_.reset();
        return;
    }
    if (only_oldest(from)) {
        plan_ = candidate(from.queue.at(plan_->index), plan_->index);
        return;
    }
    const Candidate one = candidate(bank);
    if (from.queue.at(plan_->index).place.bank == bank) {
        if (one.index != plan_->index || one.kind != plan_->kind) plan_.reset();
    } else if (is_before(one, *plan_)) {
        plan_ = one;
    }
}

/// Rules 5 and 6. Where column commands have a bus of their own, a row command may follow one.
void Controller::issue_planned(std::int64_t cycle) {
    for (bool more = true; more;) {
        if (!plan_) make_plan();
        const Candidate one = *plan_;
        if (one.cycle > cycle) return;
        more = is_column(one.kind);
        if (more) {
            issue_column(one.index, one.kind, cycle);
            continue;
        }
        const QueuedRequest& entry = side(direction_).queue.at(one.index);
        Location location = entry.request.location;
        location.column = 0;
        if (one.kind == CommandKind::precharge) location.row = 0;
        issue(one.kind, location, entry.place, cycle);
    }
}

void Controller::issue_column(std::int32_t index, CommandKind kind, std::int64_t cycle) {
    Side& from = side(direction_);
    const QueuedRequest& entry = from.queue.at(index);
    const Request& request = entry.request;
    if (is_read(kind)) answers_->push_back({request.id, cycle + read_edge_});
    from.bypassed = index == from.queue.oldest() ? 0 : from.bypassed + 1;
    const Place place = entry.place;
    const Location location = request.location;
    const std::int64_t entered = entry.entered;
    from.queue.leave(index);
    if (is_write(kind)) read_blocked_ = false;  // rule 1 looks again
    last_column_ = cycle;
    ++since_turn_;
    issue(kind, location, place, cycle, entered);
    bound_row_command(place.bank);
}

void Controller::issue(CommandKind kind, const Location& location, const Place& place,
                       std::int64_t cycle, std::int64_t entered) {
    const CommandSlot& slot = slots_[static_cast<std::size_t>(kind)];
    bus_free_[static_cast<std::size_t>(slot.bus)] = cycle + slot.cycles;
    timer_.issued(kind, place, cycle);
    plan_.reset();
    observer_.issued({cycle, kind, channel_, location, entered});
    if (kind == CommandKind::read || kind == CommandKind::write) return;
    row_bound_ = 0;
    if (kind == CommandKind::activate) {
        set_row(place, location.row);
    } else if (kind == CommandKind::precharge_all) {
        const std::int32_t first = place.rank * rank_banks_;
        for (std::int32_t bank = first; bank < first + rank_banks_; ++bank)
            set_row({place.rank, 0, bank}, -1);
    } else if (kind == CommandKind::precharge || kind == CommandKind::read_precharge ||
               kind == CommandKind::write_precharge) {
        set_row(place, -1);
    }
}

void Controller::set_row(const Place& place, std::int32_t row) {
    const std::int32_t open = sides_[0].queue.bank(place.bank).open_row;
    open_banks_[static_cast<std::size_t>(place.rank)] += (row >= 0 ? 1 : 0) - (open >= 0 ? 1 : 0);
    for (Side& one : sides_) one.queue.set_row(place.bank, row);
}

}  // namespace quatrain::dram
