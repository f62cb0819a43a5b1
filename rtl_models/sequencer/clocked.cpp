// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/sequencer/accounting.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace quatrain::sequencer {
namespace {

using isa::Semaphore;

std::size_t index(Semaphore semaphore) {
    return static_cast<std::size_t>(semaphore);
}

void check_count(std::string_view what, Semaphore semaphore, std::int64_t count) {
    if (count >> semaphore_bits == 0) return;  // the name takes time
    in_unsigned(fmt::format("{} {}", what, isa::name(semaphore)), count, semaphore_bits);
}

void check_pins(Semaphore sum, Semaphore total, const NeighbourSignals& signals) {
    check_count("sequencer signal", sum, static_cast<std::int64_t>(signals.sum));
    check_count("sequencer signal", total, static_cast<std::int64_t>(signals.total));
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << command.id << ": " << isa::describe(command.instruction);
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

std::ostream& operator<<(std::ostream& stream, const NeighbourSignals& signals) {
    return stream << "sum " << signals.sum << ", total " << signals.total;
}

void sc_trace(sc_core::sc_trace_file* file, const NeighbourSignals& signals,
              const std::string& name) {
    sc_core::sc_trace(file, signals.sum, name + ".sum", semaphore_bits);
    sc_core::sc_trace(file, signals.total, name + ".total", semaphore_bits);
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
    sensitive << changed_ << from_previous << from_next;
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

void ClockedSequencer::release(const isa::SemaphoreUse& use, Decision& decision) {
    switch (isa::receiver(use.semaphore)) {
        case isa::Receiver::own:
            decision.counts[index(use.semaphore)] += use.count;
            return;
        case isa::Receiver::next: {
            const bool sum = use.semaphore == Semaphore::sum_full;
            (sum ? decision.to_next.sum : decision.to_next.total) += use.count;
            return;
        }
        case isa::Receiver::previous: {
            const bool sum = use.semaphore == Semaphore::sum_free;
            (sum ? decision.to_previous.sum : decision.to_previous.total) += use.count;
            return;
        }
    }
}

/// Releases first, then every engine in turn takes what it waits for.
ClockedSequencer::Decision ClockedSequencer::decide() const {
    Decision decision;
    decision.counts = semaphores_;
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        if (!done[e].read() || lanes_[e].executing.empty()) continue;
        for (const isa::SemaphoreUse& use : lanes_[e].executing.front().instruction.signals)
            if (use.semaphore != Semaphore::none) release(use, decision);
    }
    const auto arrive = [&](Semaphore semaphore, std::uint64_t count) {
        decision.counts[index(semaphore)] += static_cast<std::int64_t>(count);
    };
    arrive(Semaphore::sum_full, from_previous.read().sum);
    arrive(Semaphore::total_full, from_previous.read().total);
    arrive(Semaphore::sum_free, from_next.read().sum);
    arrive(Semaphore::total_free, from_next.read().total);
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
    to_next.write(decision.to_next);
    to_previous.write(decision.to_previous);
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        start[e].write(decision.starts[e]);
        if (decision.starts[e]) command[e].write({lanes_[e].next_id, lanes_[e].instruction});
    }
}

void ClockedSequencer::edge() {
    stopped_ = stopped_ || !observer_.goes_on();  // another core may have stopped the run
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
        check_count("sequencer semaphore", static_cast<Semaphore>(i), decision.counts[i]);
        semaphores_[i] = decision.counts[i];
    }
    check_pins(Semaphore::sum_full, Semaphore::total_full, decision.to_next);
    check_pins(Semaphore::sum_free, Semaphore::total_free, decision.to_previous);
    ++cycle_;
    // An engine that is not ready yet will be: only then is there nothing left to wait for.
    bool waits = !finished();
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        waits = waits && lanes_[e].executing.empty() && !decision.starts[e] &&
                (!lanes_[e].valid || ready[e].read());
    }
    stuck_ = waits;
    stopped_ = !observer_.goes_on();
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
