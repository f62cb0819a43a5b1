// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/dram/clocked_history.hpp"
#include "rtl_models/dram/clocked_refresh.hpp"
#include "rtl_models/dram/clocked_request_queue.hpp"
#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/standard.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quatrain {
class Probes;
}

namespace quatrain::dram {

/// Most requests that wait in front of a controller's queue unless its owner says otherwise.
inline constexpr std::int64_t default_arrival_depth = std::int64_t{1} << 32;

/// The controller of one channel, one DRAM cycle at a time: the rules of docs/dram.md ("The
/// controller") in their order, from registers and the history of commands alone.
class ClockedController {
public:
    using Request = ClockedRequest;
    struct Answer {
        std::uint64_t id = 0;  ///< of the request
        bool is_write = false;
        bool operator==(const Answer&) const = default;
    };

    /// `observer` sees the commands of `channel` and outlives the controller. `arrival_depth`: most
    /// reads, and most writes, that have arrived and did not enter. The standard is valid.
    ClockedController(const Standard& standard, std::int64_t ranks, const ControllerParams& params,
                      std::int32_t channel, CommandObserver& observer,
                      std::int64_t arrival_depth = default_arrival_depth);

    /// A request that has arrived in the cycle that the next edge ends. Throws std::overflow_error
    /// for a place outside the channel and a request beyond arrival_depth.
    void push_read(const Request& request);
    void push_write(const Request& request);
    /// One cycle; the first is cycle 0. Returns the requests that are answered at this edge, valid
    /// until the next. Throws std::overflow_error when an entry does not fit its queue.
    const std::vector<Answer>& edge();

    std::int64_t cycle() const { return cycle_; }  ///< that the next edge ends
    /// No request waits: what is left are answers on their way.
    bool idle() const;
    /// Shows queues, direction, refresh, banks, and the command on each bus. The controller must
    /// not move.
    void probe(Probes& probes, const std::string& name) const;

private:
    struct Bank {
        bool open = false;
        std::int32_t row = 0;  ///< with `open`
    };
    struct ReadOnItsWay {
        std::int64_t cycles_left = 0;  ///< until the edge of its answer
        std::uint64_t id = 0;
    };

    // Rules 1 to 6.
    void enter();
    void turn();
    void issue_refresh();
    void issue_column();
    void issue_row();
    void answer_reads();

    std::optional<Command> refresh_command(std::int32_t rank) const;
    std::optional<Command> column_command(const ClockedRequestQueue::Entry& entry) const;
    std::optional<Command> row_command(const ClockedRequestQueue::Entry& entry) const;
    /// The command, if it can issue in this cycle.
    std::optional<Command> if_allowed(CommandKind kind, const Location& location,
                                      std::int64_t entered = 0) const;
    void issue(const Command& command);

    void probe_queues(Probes& probes, const std::string& name) const;
    void probe_bus(Probes& probes, const std::string& name, std::size_t bus) const;
    void probe_rank(Probes& probes, const std::string& name, std::int32_t rank) const;

    ClockedRequestQueue& active() { return writing_ ? writes_ : reads_; }
    const ClockedRequestQueue& active() const { return writing_ ? writes_ : reads_; }
    /// Rules 5 and 6 look at the oldest request of the active queue and at no other.
    bool oldest_alone() const;
    std::size_t requests_in_view() const;

    std::size_t bank_index(const Location& location) const;
    std::size_t first_bank(std::int32_t rank) const;
    bool all_closed(std::int32_t rank) const;
    void check(const Request& request) const;

    Standard standard_;
    std::int32_t ranks_;
    ControllerParams params_;
    std::int32_t channel_;
    CommandObserver& observer_;

    std::int64_t cycle_ = 0;
    ClockedFifo<Request> arrived_reads_, arrived_writes_;
    ClockedRequestQueue reads_, writes_;
    bool blocked_ = false;  ///< a read, in this cycle
    bool writing_ = false;
    std::int64_t since_turn_ = 0;  ///< column commands
    ClockedRefresh refresh_;
    std::vector<Bank> banks_;  ///< by rank, bank group, bank
    ClockedHistory history_;
    ClockedFifo<ReadOnItsWay> on_their_way_;  ///< the next to be answered in front
    std::array<std::optional<Command>, command_bus_count> on_bus_;  ///< issued in the last cycle
    std::vector<Answer> answers_;
};

}  // namespace quatrain::dram
