// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/base/clocked_messages.hpp"
#include "rtl_models/ring/clocked_link.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace quatrain::ring {

/// Where messages of a stop wait for one direction: a FIFO, each entry with the count of cycles
/// until its first flit enters. Reservations are in order, so that the oldest enters first.
class ClockedEntry {
public:
    /// `depth`: messages, the one that enters included.
    ClockedEntry(std::int64_t stop, std::int64_t depth, std::int64_t bytes_per_cycle)
        : stop_(stop), bytes_per_cycle_(bytes_per_cycle), waiting_("ring messages", depth) {}

    /// A message whose first flit enters in `cycles`. Throws std::overflow_error when the FIFO is
    /// full.
    void push(RingMessage message, std::int64_t cycles);
    /// At an edge: the flit that enters in the cycle that ends, if any.
    std::optional<Flit> edge();

    std::size_t size() const { return waiting_.size(); }
    /// Cycles until the oldest message's first flit enters; 0 without one.
    std::int64_t enters_in() const { return waiting_.empty() ? 0 : waiting_.front().enters_in; }

private:
    struct Waiting {
        RingMessage message;
        std::int64_t enters_in = 0;  ///< reservation_bits, as its links' registers
        std::int64_t bytes_left = 0;
    };
    Flit cut(Waiting& oldest) const;

    std::int64_t stop_;
    std::int64_t bytes_per_cycle_;
    ClockedFifo<Waiting> waiting_;
};

/// Where the flits that arrive at a stop in one direction become messages again.
class ClockedExit {
public:
    /// The message that `flit` completes, if it is the last one. Throws std::logic_error for a flit
    /// that does not continue the message that is there.
    std::optional<RingDelivery> take(Flit flit);

private:
    std::optional<RingDelivery> open_;
};

}  // namespace quatrain::ring
