// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/sequencer/accounting.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::sequencer {
namespace {

using isa::Semaphore;

std::size_t index(Semaphore semaphore) {
    return static_cast<std::size_t>(semaphore);
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << command.id << ": " << isa::describe(command.instruction);
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

ClockedSequencer::ClockedSequencer(
    const sc_core::sc_module_name& name,
    std::array<std::vector<const isa::Queue*>, isa::engine_count> queues, Observer& observer)
    : sc_module(name), observer_(observer) {
    std::ranges::copy(isa::initial_semaphores(), semaphores_.begin());
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        lanes_[e].queues = std::move(queues[e]);
        fetch(lanes_[e]);
    }
    SC_HAS_PROCESS(ClockedSequencer);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
    SC_METHOD(outputs);
    sensitive << changed_;
    for (std::size_t e = 0; e < isa::engine_count; ++e) sensitive << ready[e] << done[e];
}

bool ClockedSequencer::finished() const {
    return std::ranges::all_of(
        lanes_, [](const Lane& lane) { return !lane.valid && lane.executing.empty(); });
}

ClockedSequencer::Standing ClockedSequencer::standing(isa::Engine engine) const {
    const Lane& lane = lanes_[static_cast<std::size_t>(engine)];
    Standing standing;
    standing.finished = lane.executing.empty() && !lane.valid;
    standing.waiting = lane.executing.empty() && lane.valid;
    standing.queue = standing.waiting ? lane.queue : 0;
    standing.instruction = lane.instruction;
    if (!lane.executing.empty()) {
        standing.queue = lane.executing.front().queue;
        standing.instruction = lane.executing.front().instruction;
    }
    if (standing.waiting) standing.waits_for = decide().missing[static_cast<std::size_t>(engine)];
    return standing;
}

/// Fills the instruction register from the loop stack, or from the next queue that has something.
void ClockedSequencer::fetch(Lane& lane) {
    lane.valid = false;
    lane.waiting_counts = {};
    for (; lane.queue < lane.queues.size(); ++lane.queue) {
        if (!lane.began) lane.loops = LoopStack(*lane.queues[lane.queue]);
        lane.valid = lane.began = lane.loops.next(lane.instruction);
        if (lane.valid) break;
    }
    lane.first_of_operator = !lane.fetched_any || lane.fetched_queue != lane.queue;
    lane.fetched_any = true;
    lane.fetched_queue = lane.queue;
}

/// Releases first, then every engine in turn takes what it waits for.
ClockedSequencer::Decision ClockedSequencer::decide() const {
    Decision decision;
    decision.counts = semaphores_;
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        if (!done[e].read() || lanes_[e].executing.empty()) continue;
        for (const isa::SemaphoreUse& use : lanes_[e].executing.front().instruction.signals)
            if (use.semaphore != Semaphore::none)
                decision.counts[index(use.semaphore)] += use.count;
    }
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        if (!ready[e].read() || !lanes_[e].valid) continue;
        Counts left = decision.counts;
        for (const isa::SemaphoreUse& use : lanes_[e].instruction.waits) {
            if (use.semaphore == Semaphore::none) continue;
            if (left[index(use.semaphore)] < use.count) {
                decision.missing[e] = use.semaphore;
                break;
            }
            left[index(use.semaphore)] -= use.count;
        }
        if (decision.missing[e] != Semaphore::none) continue;
        decision.starts[e] = true;
        decision.counts = left;
    }
    return decision;
}

void ClockedSequencer::outputs() {
    if (failure_ || stopped_) return;
    const Decision decision = decide();
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        start[e].write(decision.starts[e]);
        if (decision.starts[e]) command[e].write({lanes_[e].next_id, lanes_[e].instruction});
    }
}

void ClockedSequencer::edge() {
    if (failure_ || stopped_) return;
    try {
        commit(decide());
    } catch (...) {
        failure_ = std::current_exception();
        sc_core::sc_pause();
    }
    changed_.write(!changed_.read());
}

void ClockedSequencer::commit(const Decision& decision) {
    for (std::size_t e = 0; e < isa::engine_count; ++e)
        if (done[e].read()) retire(e);
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        if (decision.starts[e]) {
            issue(e);
        } else if (ready[e].read() && lanes_[e].valid) {
            const auto event = stall_event(static_cast<isa::Engine>(e), decision.missing[e],
                                           lanes_[e].first_of_operator);
            if (event) ++lanes_[e].waiting_counts[*event];
        }
    }
    for (std::size_t i = 0; i < isa::semaphore_count; ++i) {
        const std::int64_t count = decision.counts[i];
        if (count >> semaphore_bits != 0) {  // the name takes time
            in_unsigned(fmt::format("sequencer semaphore {}", isa::name(static_cast<Semaphore>(i))),
                        count, semaphore_bits);
        }
        semaphores_[i] = count;
    }
    ++cycle_;
    // An engine that is not ready yet will be: only then is there nothing left to wait for.
    bool waits = !finished();
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        waits = waits && lanes_[e].executing.empty() && !decision.starts[e] &&
                (!lanes_[e].valid || ready[e].read());
    }
    stuck_ = waits;
    stopped_ = stuck_ || finished() || !observer_.goes_on();
    if (stopped_) sc_core::sc_pause();
}

void ClockedSequencer::retire(std::size_t engine) {
    Lane& lane = lanes_[engine];
    if (lane.executing.empty())
        throw std::logic_error(fmt::format("{} is done in cycle {} without an instruction",
                                           isa::name(static_cast<isa::Engine>(engine)), cycle_));
    Executing one = lane.executing.front();
    lane.executing.pop_front();
    const std::int64_t from = std::max(one.issue + 1, lane.busy_until);
    lane.busy_until = cycle_;
    one.counts[busy_event(static_cast<isa::Engine>(engine))] +=
        static_cast<std::uint64_t>(cycle_ - from);
    observer_.done(static_cast<isa::Engine>(engine), one.queue, one.instruction, one.issue, cycle_,
                   one.counts);
}

void ClockedSequencer::issue(std::size_t engine) {
    Lane& lane = lanes_[engine];
    observer_.issued(static_cast<isa::Engine>(engine), lane.queue, cycle_);
    ++lane.waiting_counts[Event::instructions];
    lane.executing.push_back({lane.instruction, lane.queue, cycle_, lane.waiting_counts});
    ++lane.next_id;
    fetch(lane);
}

}  // namespace quatrain::sequencer
