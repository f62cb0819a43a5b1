// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/address_mapping.hpp"
#include "rtl_models/dram/controller.hpp"
#include "rtl_models/scratchpad/timing.hpp"
#include "sim/machine/earliest.hpp"
#include "sim/machine/memory_monitor.hpp"
#include "sim/machine/ring_path.hpp"

#include <cstdint>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

namespace quatrain::machine {

/// Where the DMA engines meet: in the DRAM channels and at the scratchpad's port, burst by burst. A
/// burst is a few additions in a loop, not a SystemC event.
///
/// Time goes on in steps as long as nobody can interfere: an engine's next request is at the
/// earliest so many cycles away, and has the way to the controllers before it, so each controller
/// can run that far by itself. It does so when an answer of its own could be next, and lags behind
/// until then.
///
/// With dram.ideal a transfer has both its notices in the cycle in which it starts.
class MemorySystem {
public:
    /// `last_burst_issued`: the engine may start its next transfer. `complete`: the transfer's last
    /// burst is complete.
    struct Notice {
        enum class Kind : std::uint8_t { last_burst_issued, complete };
        std::int64_t cycle = 0;
        dma::Direction direction = dma::Direction::load;
        Kind kind = Kind::complete;
        std::int64_t core = 0;
        bool operator==(const Notice&) const = default;
    };

    /// The cores, with two engines each, meet the memory over a ring, but for a single one.
    MemorySystem(const MachineParams& params, const Settings& settings);

    /// Starts a transfer (of at least one byte) in cycle `now`: its first burst may issue in now
    /// + 1. The engine's previous transfer has had its notice last_burst_issued. `now` never
    /// decreases over start() and take(), and is not before a cycle that advance() was told of.
    void start(dma::Direction direction, const isa::DmaTransfer& transfer, std::int64_t now,
               std::int64_t core = 0);
    /// Runs to the first notice, or to the end of cycle `limit` if that is earlier; until then no
    /// transfer may start. Returns the notice's cycle, if there is one by then.
    std::optional<std::int64_t> advance(std::int64_t limit);
    /// No notice is to come, unless another transfer starts.
    bool quiet() const;
    /// Removes and returns the notices of cycle `now`, by core, then direction, then kind.
    std::vector<Notice> take(std::int64_t now);
    /// The machine stops in cycle `cycle`: all controllers run until a request of that cycle would
    /// reach them, and on until none of them holds a request. Returns what every channel did.
    /// Throws dram::ConstraintError when a refresh is missing.
    std::vector<dram::ChannelStatistics> finish(std::int64_t cycle);

private:
    struct Transfer {
        dma::BurstCursor bursts;
        std::int64_t earliest = 0;  ///< issue of the first burst
    };
    /// A DMA burst between its issue and its completion.
    struct OpenBurst {
        dma::Burst burst;
        bool last = false;          ///< of its transfer
        bool answered = false;      ///< `response` is known
        std::int32_t parts = 0;     ///< DRAM bursts without an answer
        std::int64_t edge = 0;      ///< of the latest answer so far [DRAM cycles]
        std::int64_t response = 0;  ///< shows at the engine [cycles]
    };
    /// One engine's bursts on their way.
    struct Stream {
        dma::BurstTimeline timeline;
        Fifo<Transfer> transfers;     ///< with bursts that have not issued, oldest first
        Fifo<OpenBurst> open;         ///< oldest first
        std::uint64_t completed = 0;  ///< bursts so far: the number of open.front()
    };

    /// A request that shows at the scratchpad.
    struct ScratchpadRequest {
        std::int64_t cycle = 0;
        std::size_t stream = 0;
        std::uint64_t id = 0;
        /// The port takes `other` before this one.
        bool operator<(const ScratchpadRequest& other) const {
            return std::tie(other.cycle, other.stream, other.id) < std::tie(cycle, stream, id);
        }
    };

    /// When the scratchpad's port takes a request: nobody shows one in an earlier cycle then.
    std::int64_t next_at_scratchpad() const {
        return at_scratchpad_.empty() ? never : at_scratchpad_.top().cycle;
    }
    void find_next_issue(std::size_t index);
    void notify(const Notice& notice);
    void issue(std::size_t index, std::int64_t cycle);
    void request(std::size_t index, OpenBurst& burst, std::uint64_t id, std::int64_t cycle);
    void request_dram(std::size_t index, OpenBurst& burst, std::uint64_t id, std::int64_t cycle);
    void move_on_ring();
    void respond(std::size_t index, OpenBurst& burst, std::int64_t cycle);
    OpenBurst& open_burst(std::uint64_t id);
    std::int64_t next_response() const;
    std::int64_t horizon(std::int64_t cycle) const;
    void run_channels(std::int64_t cycle);
    void run_channel(std::size_t channel, std::int64_t end);
    void take_answers();
    void answer(const dram::Answer& answer);
    void serve_scratchpad();
    void answered(std::size_t index, OpenBurst& burst, std::uint64_t id, std::int64_t cycle);
    void complete_oldest(std::size_t index);

    static constexpr std::int64_t never = Earliest::never;

    dma::Params dma_;
    std::int64_t dram_share_;  ///< of each core [bytes]
    bool ideal_;
    std::int64_t core_period_ps_, dram_period_ps_;
    std::int64_t request_stages_, response_stages_;
    dram::AddressMapping mapping_;
    MemoryMonitor monitor_;
    std::vector<dram::Controller> channels_;
    scratchpad::Port scratchpad_;
    std::priority_queue<ScratchpadRequest> at_scratchpad_;
    std::optional<RingPath> path_;
    std::vector<Stream> streams_;  ///< of each core, load and store
    /// When each stream's next burst issues; `never` when it has none, or when that hangs on an
    /// answer.
    Earliest issues_;
    /// No answer of a channel that is not known yet has an earlier edge [DRAM cycles].
    Earliest answer_edges_;
    std::vector<Notice> notices_;
    std::int64_t next_notice_ = never;
    std::vector<dram::Answer> answers_;  ///< of one step
};

}  // namespace quatrain::machine
