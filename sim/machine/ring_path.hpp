// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/fifo.hpp"
#include "rtl_models/ring/timing.hpp"
#include "sim/machine/earliest.hpp"

#include <cstdint>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

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
        std::int64_t cycle = 0;  ///< in which it shows there: of an answer, maybe a later one
    };

    RingPath(const ring::Params& params, std::int64_t cores);

    // A core's burst shows at its stop, in a later cycle than the one before of the same kind
    // (loads; stores and puts).
    void load(std::uint64_t id, std::int64_t core, std::int64_t cycle);
    void store(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle);
    void put(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle);
    /// The answer to a load shows at the memory.
    void answer_load(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle);
    /// The answer to a store shows at the memory in `cycle`. Returns when it shows at the core.
    std::int64_t answer_store(std::int64_t core, std::int64_t cycle) const;

    /// The next cycle in which something moves on; the greatest number when nothing is on its way.
    std::int64_t next_cycle() const { return next_.cycle(); }
    /// Moves the first of what moves next; where it arrives, if that is known then. Nothing that
    /// shows in that cycle or before may be told of later.
    std::optional<Step> step();

private:
    struct Data {
        std::uint64_t id = 0;
        std::int64_t cycle = 0;
        std::int64_t bytes = 0;
        bool put = false;
    };
    struct Request {
        std::uint64_t id = 0;
        std::int64_t cycle = 0;
    };
    struct Answer {
        std::int64_t since = 0;  ///< when it was there
        std::int64_t core = 0;
        std::uint64_t id = 0;
        std::int64_t bytes = 0;
        bool operator>(const Answer& other) const {
            return std::tie(since, core, id) > std::tie(other.since, other.core, other.id);
        }
    };
    /// What is on its way from one core.
    struct FromCore {
        Fifo<Data> entering;            ///< stores and puts until they show at the core's stop
        Fifo<Request> loads, stores;    ///< until they show at the memory's
        std::int64_t to_memory = 0;     ///< on the wires [cycles]
        std::int64_t to_next_core = 0;  ///< likewise
    };

    // Slots of next_, in the order in which one cycle's go.
    std::size_t entering_slot(std::size_t core) const { return core; }
    std::size_t answer_slot() const { return cores_.size(); }
    std::size_t loads_slot(std::size_t core) const { return cores_.size() + 1 + 2 * core; }

    FromCore& from(std::int64_t core) { return cores_[static_cast<std::size_t>(core)]; }
    void enter(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle,
               bool put);
    std::optional<Step> send_data(std::int64_t core);
    Step send_answer();
    Step arrive_at_memory(std::size_t slot);
    void find_next_answer();

    std::int64_t memory_;  ///< its stop
    ring::Ring ring_;
    std::vector<FromCore> cores_;
    /// Answers to loads at the memory's stop.
    std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
    std::int64_t memory_free_ = 0;  ///< the memory's stop may send again
    Earliest next_;
};

}  // namespace quatrain::machine
