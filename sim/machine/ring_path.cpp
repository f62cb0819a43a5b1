// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/ring_path.hpp"

#include <algorithm>

namespace quatrain::machine {
namespace {

/// The cycle of the oldest in a queue.
template <class Queue>
std::int64_t first_cycle(const Queue& queue) {
    return queue.empty() ? Earliest::never : queue.front().cycle;
}

}  // namespace

RingPath::RingPath(const ring::Params& params, std::int64_t cores)
    : memory_(cores),
      ring_(params, cores + 1),
      cores_(static_cast<std::size_t>(cores)),
      next_(3 * cores_.size() + 1) {
    const auto wires = [&](std::int64_t core, std::int64_t stop) {
        return ring::hops(core, stop, cores + 1) * params.hop_cycles;
    };
    for (std::int64_t core = 0; core < cores; ++core) {
        from(core).to_memory = wires(core, memory_);
        from(core).to_next_core = wires(core, (core + 1) % cores);
    }
}

void RingPath::load(std::uint64_t id, std::int64_t core, std::int64_t cycle) {
    FromCore& sender = from(core);
    sender.loads.push({id, cycle + sender.to_memory});
    next_.set(loads_slot(static_cast<std::size_t>(core)), sender.loads.front().cycle);
}

void RingPath::store(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle) {
    enter(id, core, bytes, cycle, false);
}

void RingPath::put(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle) {
    enter(id, core, bytes, cycle, true);
}

void RingPath::enter(std::uint64_t id, std::int64_t core, std::int64_t bytes, std::int64_t cycle,
                     bool put) {
    FromCore& sender = from(core);
    sender.entering.push({id, cycle, bytes, put});
    next_.set(entering_slot(static_cast<std::size_t>(core)), sender.entering.front().cycle);
}

void RingPath::answer_load(std::uint64_t id, std::int64_t core, std::int64_t bytes,
                           std::int64_t cycle) {
    answers_.push({cycle, core, id, bytes});
    find_next_answer();
}

std::int64_t RingPath::answer_store(std::int64_t core, std::int64_t cycle) const {
    return cycle + cores_[static_cast<std::size_t>(core)].to_memory;
}

void RingPath::find_next_answer() {
    next_.set(answer_slot(),
              answers_.empty() ? Earliest::never : std::max(answers_.top().since, memory_free_));
}

std::optional<RingPath::Step> RingPath::step() {
    const std::size_t slot = next_.slot();
    if (slot < answer_slot()) return send_data(static_cast<std::int64_t>(slot));
    if (slot == answer_slot()) return send_answer();
    return arrive_at_memory(slot);
}

/// A store or a put takes its links.
std::optional<RingPath::Step> RingPath::send_data(std::int64_t core) {
    FromCore& sender = from(core);
    const Data data = sender.entering.front();
    sender.entering.pop();
    const auto index = static_cast<std::size_t>(core);
    next_.set(entering_slot(index), first_cycle(sender.entering));
    const std::int64_t to = data.put ? (core + 1) % memory_ : memory_;
    const std::int64_t shows = ring_.send(core, to, data.bytes, data.cycle);
    if (data.put) return Step{Arrival::at_core, data.id, shows + sender.to_next_core};
    sender.stores.push({data.id, shows});
    next_.set(loads_slot(index) + 1, sender.stores.front().cycle);
    return std::nullopt;
}

/// The answer to a load takes its links.
RingPath::Step RingPath::send_answer() {
    const Answer answer = answers_.top();
    answers_.pop();
    const std::int64_t cycle = std::max(answer.since, memory_free_);
    memory_free_ = cycle + 1;
    find_next_answer();
    return {Arrival::at_core, answer.id, ring_.send(memory_, answer.core, answer.bytes, cycle)};
}

RingPath::Step RingPath::arrive_at_memory(std::size_t slot) {
    const std::size_t index = slot - loads_slot(0);
    FromCore& sender = cores_[index / 2];
    Fifo<Request>& requests = index % 2 == 0 ? sender.loads : sender.stores;
    const Request request = requests.front();
    requests.pop();
    next_.set(slot, first_cycle(requests));
    return {Arrival::at_memory, request.id, request.cycle};
}

}  // namespace quatrain::machine
