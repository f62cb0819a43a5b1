// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/fifo.hpp"
#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/refresh_timer.hpp"
#include "rtl_models/dram/request_queue.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace quatrain::dram {

/// A request is done: a read's data are there, a write is in the queue.
struct Answer {
    std::uint64_t id = 0;
    std::int64_t edge = 0;  ///< at the end of DRAM cycle edge - 1
    bool operator==(const Answer&) const = default;
};

/// The controller of one channel by the rules of docs/dram.md, from event to event: it looks only
/// at cycles in which something can change. A stream of hits to open rows is followed without
/// looking for anything else (`stream()`); the commands and their cycles are the same either way.
class Controller {
public:
    /// The standard is valid, and has the command that the refresh needs. `observer` outlives the
    /// controller.
    Controller(const Standard& standard, std::int64_t ranks, const ControllerParams& params,
               std::int32_t channel, CommandObserver& observer);

    /// A request arrives, not before the cycle that the controller has run to, and not before the
    /// last one of its kind.
    void read(const Request& request) { arrive(side(Direction::read), request); }
    void write(const Request& request) { arrive(side(Direction::write), request); }
    /// Runs to the end of `cycle` and adds the answers of that time to `answers`, in no order.
    void advance(std::int64_t cycle, std::vector<Answer>& answers);

    /// Cycles that have been run: 0 .. now() - 1.
    std::int64_t now() const { return now_; }
    /// No answer that advance() has not given yet has an earlier edge, unless more requests arrive;
    /// the greatest number when none is to come.
    std::int64_t next_answer() const {
        const Side& reads = side(Direction::read);
        const Side& writes = side(Direction::write);
        const std::int64_t from = std::max(now_, quiet_until_);
        std::int64_t edge = std::numeric_limits<std::int64_t>::max();
        if (!reads.queue.empty()) {
            edge = from + read_edge_;
        } else if (!reads.arrived.empty()) {
            edge = std::max(from, reads.arrived.front().arrival) + read_edge_;
        }
        if (!writes.arrived.empty())
            edge = std::min(edge, std::max(from, writes.arrived.front().arrival) + 1);
        return edge;
    }
    /// No request is on its way, and none in a queue.
    bool idle() const;

    /// For the proof: without it every burst of a stream is looked for like any other.
    void set_streaming(bool on) { streaming_ = on; }

private:
    enum class Direction : std::uint8_t { read, write };
    /// One direction: what has arrived, and the queue.
    struct Side {
        RequestQueue queue;
        Fifo<Request> arrived;
        std::int64_t bypassed = 0;  ///< column commands that passed the oldest in the queue
    };
    /// What could be done, for which request, and when at the earliest.
    struct Candidate {
        std::int64_t cycle = 0;
        CommandKind kind{};
        std::int32_t index = -1;  ///< of the entry; -1: none
    };

    Side& side(Direction direction) { return sides_[static_cast<std::size_t>(direction)]; }
    const Side& side(Direction direction) const {
        return sides_[static_cast<std::size_t>(direction)];
    }
    std::int32_t ranks() const { return static_cast<std::int32_t>(open_banks_.size()); }
    void arrive(Side& side, const Request& request) {
        if (side.arrived.empty()) quiet_until_ = std::min(quiet_until_, request.arrival);
        side.arrived.push(request);
    }
    std::int64_t next_event();
    /// When a request may enter, from now_ on.
    std::int64_t next_entry() const {
        return std::max(now_, std::min(next_entry(Direction::read), next_entry(Direction::write)));
    }
    /// When the oldest that has arrived, or will, may enter its queue.
    std::int64_t next_entry(Direction direction) const {
        const Side& one = side(direction);
        const bool waits = one.arrived.empty() || one.queue.full() ||
                           (direction == Direction::read && read_blocked_);
        return waits ? std::numeric_limits<std::int64_t>::max() : one.arrived.front().arrival;
    }
    std::int64_t next_refresh_command() const;
    void enter(std::int64_t cycle);
    void enter_write(std::int64_t cycle);
    void enter_read(std::int64_t cycle);
    void enter_queue(Direction direction, const Request& request, std::int64_t cycle);
    void act(std::int64_t cycle);
    /// Rule 2.
    bool wants_turn() const {
        const RequestQueue& reads = side(Direction::read).queue;
        const RequestQueue& writes = side(Direction::write).queue;
        const bool served = since_turn_ >= params_.turn_bursts;
        if (direction_ == Direction::read) {
            return read_blocked_ || (reads.empty() && !writes.empty()) ||
                   (served && writes.size() >= params_.write_high);
        }
        return writes.empty() ||
               (!reads.empty() && !read_blocked_ && (served || writes.size() <= params_.write_low));
    }
    bool is_held(const Place& place) const;
    void refresh(std::int64_t cycle);
    Candidate refresh_candidate(std::int32_t rank) const;
    Location refreshed_bank(std::int32_t rank) const;
    bool only_oldest(const Side& from) const { return from.bypassed >= bypass_limit_; }
    Candidate candidate(std::int32_t bank) const;
    Candidate candidate(const QueuedRequest& entry, std::int32_t index) const;
    bool is_before(const Candidate& one, const Candidate& other) const;
    void make_plan();
    bool has_exceptions() const {
        return refresh_.any_pending() || params_.page_policy == PagePolicy::closed;
    }
    Candidate plan_without_exceptions();
    Candidate next_column() const;
    Candidate next_row_command() const;
    void consider(std::int32_t bank);
    void issue_planned(std::int64_t cycle);
    void issue_column(std::int32_t index, CommandKind kind, std::int64_t cycle);
    ConstraintTimer::Kind bound(CommandKind kind) const;
    void bound_row_command(std::int32_t bank);
    bool mostly_hits() const;
    bool stream(std::int64_t until);

    std::int64_t earliest(CommandKind kind, const Place& place) const {
        const CommandSlot& slot = slots_[static_cast<std::size_t>(kind)];
        return std::max(timer_.earliest(kind, place),
                        bus_free_[static_cast<std::size_t>(slot.bus)]);
    }
    void issue(CommandKind kind, const Location& location, const Place& place, std::int64_t cycle,
               std::int64_t entered = 0);
    void set_row(const Place& place, std::int32_t row);

    ControllerParams params_;
    std::int64_t bypass_limit_;
    std::int32_t channel_;
    CommandObserver& observer_;
    std::array<CommandSlot, command_kind_count> slots_;
    std::int64_t read_edge_;  ///< from a read's cycle to its answer's edge
    std::int32_t rank_banks_;
    std::int32_t banks_per_group_;
    std::int64_t closest_columns_;  ///< no two column commands of one direction are closer [cycles]
    std::int64_t last_column_ = 0;

    ConstraintTimer timer_;
    RefreshTimer refresh_;
    std::array<std::int64_t, command_bus_count> bus_free_{};
    std::vector<std::int32_t> open_banks_;  ///< by rank
    std::array<Side, 2> sides_;
    Direction direction_ = Direction::read;
    bool read_blocked_ = false;
    std::int64_t since_turn_ = 0;  ///< column commands
    std::int64_t now_ = 0;
    std::int64_t quiet_until_ = 0;  ///< nothing happens before, unless a request arrives
    /// Rules 5 and 6: what the active queue issues next, if nothing enters, turns or is refreshed
    /// before.
    std::optional<Candidate> plan_;
    /// The active queue issues no row command before, unless something enters: without exceptions
    /// only. What was planned holds on, as every command only makes others wait.
    std::int64_t row_bound_ = 0;
    std::vector<Answer>* answers_ = nullptr;  ///< during advance()
    bool streaming_ = true;
};

}  // namespace quatrain::dram
