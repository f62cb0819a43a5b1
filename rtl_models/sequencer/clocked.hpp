// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/program.hpp"
#include "rtl_models/sequencer/clocked_loop_stack.hpp"
#include "rtl_models/sequencer/clocked_signals.hpp"

#include <array>
#include <cstdint>
#include <exception>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::sequencer {

/// An instruction on an engine's pins. Two commands are the same when their numbers are.
struct Command {
    std::uint64_t id = 0;
    isa::Instruction instruction;
    bool operator==(const Command& other) const { return id == other.id; }
};
std::ostream& operator<<(std::ostream& stream, const Command& command);
void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name);

/// Hears what the sequencer does: the account of a run. Called at the edge that ends the cycle.
class Observer {
public:
    virtual ~Observer() = default;
    /// Instruction of queue `queue` issues in `cycle`.
    virtual void issued(isa::Engine engine, std::size_t queue, std::int64_t cycle) = 0;
    /// The engine's oldest instruction, issued in `issue`, is done in `cycle`; `counts` are the
    /// sequencer's own events: the instruction, busy and stall cycles.
    virtual void done(isa::Engine engine, std::size_t queue, const isa::Instruction& instruction,
                      std::int64_t issue, std::int64_t cycle, const EventCounts& counts) = 0;
    /// False: stop here.
    virtual bool goes_on() = 0;
};

/// The sequencer of a core, one clock edge at a time: per engine an instruction register, filled by
/// a loop stack, and the list of what executes; for all of them one file of semaphore counters.
///
/// Pins, cycle t: an engine's `done` is 1 when its oldest instruction is done in t; `ready` when it
/// can take an instruction in t. `start` with `command` are combinational in both: what is done in
/// t releases its semaphores in t, and an instruction that waited for them issues in t. What
/// another core's semaphore is released by goes to that core: `to_next` and `to_previous` are
/// combinational in `done`. What shows at `from_previous` and `from_next` in t is released in t,
/// like what is done in t; an only core's pins lead back to itself.
class ClockedSequencer final : public sc_core::sc_module {
public:
    /// Instructions of one engine that are issued and not done. DMA engines have most: 65536 open
    /// bursts (dma parameter `outstanding`) of as many transfers, and one transfer that waits. The
    /// array has at most rows + columns passes, the vector queue one instruction.
    static constexpr std::int64_t most_in_flight = 65537;

    /// `queues[e]`: the queues of engine e, in operator order. They must outlive the module. Throws
    /// std::overflow_error when a first instruction is beyond the loop stack.
    ClockedSequencer(const sc_core::sc_module_name& name,
                     std::array<std::vector<const isa::Queue*>, isa::engine_count> queues,
                     Observer& observer);

    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_vector<sc_core::sc_in<bool>> ready{"ready", isa::engine_count};
    sc_core::sc_vector<sc_core::sc_in<bool>> done{"done", isa::engine_count};
    sc_core::sc_vector<sc_core::sc_out<bool>> start{"start", isa::engine_count};
    sc_core::sc_vector<sc_core::sc_out<Command>> command{"command", isa::engine_count};

    // Signals between cores.
    sc_core::sc_out<NeighbourSignals> to_next{"to_next"}, to_previous{"to_previous"};
    sc_core::sc_in<NeighbourSignals> from_previous{"from_previous"}, from_next{"from_next"};

    /// Every queue is at its end and nothing executes.
    bool finished() const;
    /// At the latest edge nothing could go on, and nothing can before a signal of another core.
    bool stuck() const { return stuck_; }
    /// Where an engine stands, for the message about a deadlock.
    struct Standing {
        bool finished = false;
        bool waiting = false;
        std::size_t queue = 0;
        isa::Instruction instruction;
        isa::Semaphore waits_for = isa::Semaphore::none;
    };
    Standing standing(isa::Engine engine) const;
    std::exception_ptr failure() const { return failure_; }
    /// Shows the semaphores, and of every engine the operator and number of the instruction in its
    /// register, the semaphore that it waits for, and how many execute.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// Sums of a cycle, before they are checked: four uses of 32 bits from every engine.
    using Counts = std::array<std::int64_t, isa::semaphore_count>;
    struct Executing {
        isa::Instruction instruction;
        std::size_t queue = 0;
        std::int64_t issue = 0;
        EventCounts counts;
    };
    /// One engine's front end.
    struct Lane {
        std::vector<const isa::Queue*> queues;
        std::size_t queue = 0;
        LoopStack loops;
        bool began = false;  ///< `loops` is in queue `queue`
        bool valid = false;  ///< the instruction register is filled
        isa::Instruction instruction;
        bool first_of_operator = false;
        std::size_t fetched_queue = 0;
        bool fetched_any = false;
        EventCounts waiting_counts;  ///< of the instruction register: stalls so far
        ClockedFifo<Executing> executing{"sequencer instructions in flight", most_in_flight};
        // The account of the run, no hardware.
        std::int64_t busy_until = 0;
        std::uint64_t next_id = 1;
    };
    /// What the pins of a cycle lead to.
    struct Decision {
        Counts counts{};
        NeighbourSignals to_next, to_previous;
        std::array<bool, isa::engine_count> starts{};
        std::array<isa::Semaphore, isa::engine_count> missing{};
    };

    void fetch(Lane& lane);
    Decision decide() const;
    static void release(const isa::SemaphoreUse& use, Decision& decision);
    void outputs();
    void edge();
    void commit(const Decision& decision);
    void retire(std::size_t engine);
    void issue(std::size_t engine);

    std::array<Lane, isa::engine_count> lanes_;
    Counts semaphores_{};
    Observer& observer_;
    std::int64_t cycle_ = 0;  ///< of the account, no hardware
    bool stuck_ = false;
    bool stopped_ = false;
    std::exception_ptr failure_;
    sc_core::sc_signal<bool> changed_{"changed"};
};

}  // namespace quatrain::sequencer
