// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/ring_path.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::machine {

RingPath::RingPath(const ring::Params& params, std::int64_t cores)
    : hop_cycles_(params.hop_cycles), memory_(cores), ring_(params, cores + 1) {}

std::int64_t RingPath::wire_cycles(std::int64_t core, std::int64_t stop) const {
    return ring::hops(core, stop, memory_ + 1) * hop_cycles_;
}

void RingPath::insert(Kind kind, std::uint64_t id, std::int64_t core, std::int64_t bytes,
                      std::int64_t cycle) {
    events_.insert({cycle, kind, cycle, core, id, bytes});
}

void RingPath::load(std::uint64_t id, std::int64_t core, std::int64_t cycle) {
    insert(Kind::arrive_at_memory, id, core, 0, cycle + wire_cycles(core, memory_));
}

void RingPath::store(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle) {
    insert(Kind::enter_at_core, id, core, bytes, cycle);
}

void RingPath::put(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle) {
    events_.insert({cycle, Kind::enter_at_core, cycle, core, id, bytes, true});
}

void RingPath::answer_load(std::uint64_t id, std::int64_t core, std::int64_t bytes,
                           std::int64_t cycle) {
    insert(Kind::enter_at_memory, id, core, bytes, cycle);
}

void RingPath::answer_store(std::uint64_t id, std::int64_t core, std::int64_t cycle) {
    insert(Kind::arrive_at_core, id, core, 0, cycle + wire_cycles(core, memory_));
}

std::int64_t RingPath::next_cycle() const {
    return events_.empty() ? std::numeric_limits<std::int64_t>::max() : events_.begin()->cycle;
}

/// One message a cycle: the others go behind those that were there before.
std::optional<RingPath::Step> RingPath::enter_at_memory(Event event) {
    if (event.cycle < memory_free_) {
        event.cycle = memory_free_;
        events_.insert(event);
        return std::nullopt;
    }
    memory_free_ = event.cycle + 1;
    insert(Kind::arrive_at_core, event.id, event.core, event.bytes,
           ring_.send(memory_, event.core, event.bytes, event.cycle));
    return std::nullopt;
}

std::optional<RingPath::Step> RingPath::step() {
    const Event event = *events_.begin();
    events_.erase(events_.begin());
    switch (event.kind) {
        case Kind::enter_at_core: {
            const std::int64_t to = event.put ? next_core(event.core) : memory_;
            insert(event.put ? Kind::arrive_at_next_core : Kind::arrive_at_memory, event.id,
                   event.core, event.bytes, ring_.send(event.core, to, event.bytes, event.cycle));
            return std::nullopt;
        }
        case Kind::enter_at_memory:
            return enter_at_memory(event);
        case Kind::arrive_at_next_core:
            insert(Kind::arrive_at_core, event.id, event.core, 0,
                   event.cycle + wire_cycles(event.core, next_core(event.core)));
            return std::nullopt;
        case Kind::arrive_at_memory:
            return Step{Arrival::at_memory, event.id, event.cycle};
        case Kind::arrive_at_core:
            return Step{Arrival::at_core, event.id, event.cycle};
    }
    return std::nullopt;
}

}  // namespace quatrain::machine
