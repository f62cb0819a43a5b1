// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/ring/timing.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

namespace quatrain::machine {

/// The way of DMA bursts between cores and memory over the ring. Core c is stop c, the memory the
/// stop behind the last core. Data takes the links; requests and acknowledgements, which are short,
/// have wires of their own beside them, and take hop_cycles for each hop. The memory's stop sends
/// one answer a cycle, in the order in which they are there, those of one cycle in the order of
/// cores. A put is data for the next core, whose stop acknowledges it when it shows.
class RingPath {
public:
    enum class Arrival : std::uint8_t {
        at_memory,  ///< the request, of a store with its data
        at_core     ///< the answer, of a load with its data
    };
    struct Step {
        Arrival arrival{};
        std::uint64_t id = 0;
        std::int64_t cycle = 0;  ///< in which it shows there
    };

    RingPath(const ring::Params& params, std::int64_t cores);

    // A core's burst shows at its stop, or the memory's answer at the memory's.
    void load(std::uint64_t id, std::int64_t core, std::int64_t cycle);
    void store(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle);
    void put(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle);
    void answer_load(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle);
    void answer_store(std::uint64_t id, std::int64_t core, std::int64_t cycle);

    /// The next cycle in which something moves on; the greatest number when nothing is on its way.
    std::int64_t next_cycle() const;
    /// Moves the first of what moves next; where it arrives, if it does. Nothing that shows in that
    /// cycle or before may be told of later.
    std::optional<Step> step();

private:
    enum class Kind : std::uint8_t {
        enter_at_core,
        enter_at_memory,
        arrive_at_memory,
        arrive_at_core,
        arrive_at_next_core
    };
    struct Event {
        std::int64_t cycle = 0;
        Kind kind{};
        std::int64_t since = 0;  ///< when it was there
        std::int64_t core = 0;
        std::uint64_t id = 0;
        std::int64_t bytes = 0;
        bool put = false;
        bool operator<(const Event& other) const {
            return std::tie(cycle, kind, since, core, id) <
                   std::tie(other.cycle, other.kind, other.since, other.core, other.id);
        }
    };

    void insert(Kind kind, std::uint64_t id, std::int64_t core, std::int64_t bytes,
                std::int64_t cycle);
    /// Of a request or an acknowledgement between a core and another stop.
    std::int64_t wire_cycles(std::int64_t core, std::int64_t stop) const;
    std::int64_t next_core(std::int64_t core) const { return (core + 1) % memory_; }
    std::optional<Step> enter_at_memory(Event event);

    std::int64_t hop_cycles_;
    std::int64_t memory_;  ///< its stop
    ring::Ring ring_;
    std::int64_t memory_free_ = 0;  ///< the memory's stop may send again
    std::set<Event> events_;
};

}  // namespace quatrain::machine
