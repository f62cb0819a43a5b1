// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/timing.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace quatrain::machine {

/// Where the two DMA engines meet: in DRAM, burst by burst, in the order in which the bursts reach
/// it (load before store in the same cycle). A burst is a few additions in a loop, not a SystemC
/// event.
///
/// The model runs ahead of the clock to find the next notice. What it finds is final as long as
/// nothing new starts: a burst that reaches DRAM no later than the start cannot meet it. When a
/// transfer starts in between, the model returns to its last certain state and predicts again.
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
        bool operator==(const Notice&) const = default;
    };

    MemorySystem(const dma::Params& dma, const dram::Params& dram);

    /// Starts a transfer (of at least one byte) in cycle `now`: its first burst may issue in now
    /// + 1. The engine's previous transfer has had its notice last_burst_issued. `now` never
    /// decreases over start() and take().
    void start(dma::Direction direction, const isa::DmaTransfer& transfer, std::int64_t now);
    /// The cycle in which take() has to be called next, if no transfer starts before; nullopt when
    /// all is complete.
    std::optional<std::int64_t> next_cycle();
    /// Removes and returns the notices of cycle `now`, in the order of their making.
    std::vector<Notice> take(std::int64_t now);

private:
    struct Transfer {
        dma::BurstCursor bursts;
        std::int64_t earliest = 0;  ///< issue of the first burst
    };
    /// One engine's bursts on their way.
    struct Stream {
        dma::BurstTimeline timeline;
        std::vector<Transfer> transfers;  ///< with bursts that have not reached DRAM, oldest first
        bool has_burst = false;           ///< the next burst to reach DRAM is known
        dma::Burst burst{};
        std::int64_t arrival = 0;
    };
    struct State {
        std::array<Stream, 2> streams;
        dram::Channels channels;
        std::vector<Notice> notices;
        std::int64_t served_until = 0;  ///< the latest arrival that was served
    };

    Stream* next_stream();
    void prepare(std::size_t index);
    void serve(Stream& stream);
    std::int64_t next_notice() const;

    dma::Params dma_;
    bool ideal_;
    State state_;
    State certain_;  ///< state_ before it ran ahead
};

}  // namespace quatrain::machine
