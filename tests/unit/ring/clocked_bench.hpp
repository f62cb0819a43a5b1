// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/ring/clocked.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::ring {

/// A message that shows at its stop in `cycle`. Lists of them are in the order of (cycle, from).
struct Sent {
    std::int64_t cycle = 0;
    std::int64_t from = 0, to = 1;
    std::int64_t bytes = 1, payload_bytes = 1;
};

/// A message that shows at its destination; `number` is its place in the list, which is its tag.
struct Received {
    std::int64_t cycle = 0;
    std::int64_t from = 0, to = 0;
    std::size_t number = 0;
    std::int64_t bytes = 0;
    std::vector<std::byte> payload;
    bool operator==(const Received&) const = default;
};

inline std::vector<std::byte> payload_of(std::size_t number, std::int64_t bytes) {
    std::mt19937_64 random(number);
    std::vector<std::byte> payload(static_cast<std::size_t>(bytes));
    for (std::byte& byte : payload) byte = static_cast<std::byte>(random());
    return payload;
}

/// Plays the blocks at all stops of a ring. Cycle 0 ends with the clock's first edge.
class ClockedBench final : public sc_core::sc_module {
public:
    ClockedBench(const sc_core::sc_module_name& name, ClockedRing& ring,
                 const std::vector<Sent>& messages)
        : sc_module(name),
          inject("inject", ring.inject.size()),
          deliver("deliver", ring.deliver.size()),
          messages_(messages) {
        ring.clock(clock_);
        for (std::size_t stop = 0; stop < inject.size(); ++stop) {
            ring.inject[stop](inject[stop]);
            ring.deliver[stop](deliver[stop]);
        }
        show_messages();
        SC_HAS_PROCESS(ClockedBench);
        SC_METHOD(edge);
        sensitive << clock_.posedge_event();
        dont_initialize();
    }

    sc_core::sc_vector<sc_core::sc_signal<RingMessage>> inject;
    sc_core::sc_vector<sc_core::sc_signal<RingDeliveries>> deliver;
    /// In the order of cycles, then of stops, then of the deliveries in one cycle.
    std::vector<Received> received;
    /// Deliveries whose count is not that of their messages.
    int wrong_counts = 0;

private:
    /// At the end of cycle t: hears what showed in it, sends what shows in cycle t + 1.
    void edge() {
        for (std::size_t stop = 0; stop < deliver.size(); ++stop) {
            const RingDeliveries& now = deliver[stop].read();
            if (now.count != std::ssize(now.messages)) ++wrong_counts;
            for (const RingDelivery& one : now.messages)
                received.push_back({cycle_, one.from, static_cast<std::int64_t>(stop),
                                    static_cast<std::size_t>(one.tag), one.bytes, one.payload});
        }
        ++cycle_;
        show_messages();
    }
    void show_messages() {
        std::vector<RingMessage> now(inject.size());
        for (; next_ < messages_.size() && messages_[next_].cycle == cycle_; ++next_) {
            const Sent& one = messages_[next_];
            now[static_cast<std::size_t>(one.from)] = {true, one.to, next_, one.bytes,
                                                       payload_of(next_, one.payload_bytes)};
        }
        for (std::size_t stop = 0; stop < now.size(); ++stop) inject[stop].write(now[stop]);
    }

    sc_core::sc_clock clock_{"clock", 1, sc_core::SC_NS, 0.5, 1, sc_core::SC_NS, true};
    const std::vector<Sent>& messages_;
    std::size_t next_ = 0;
    std::int64_t cycle_ = 0;
};

}  // namespace quatrain::ring
