// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/core_state.hpp"
#include "sim/machine/pass_cost.hpp"

#include <deque>
#include <optional>

namespace quatrain::machine {

/// One engine of the core: fetches its queue in order, waits for semaphores, issues (one cycle),
/// executes.
///
/// What is common is here: fetch, acquire, stalls, hazards, charging, and the end of an instruction
/// in order. A derived engine says how long execution takes and when the next instruction can
/// issue.
class Engine : public sc_core::sc_module {
public:
    /// Where the engine stands: for the message about a deadlock.
    std::string where() const;
    bool finished() const { return stage_ == Stage::finished; }

protected:
    Engine(const sc_core::sc_module_name& name, isa::Engine id, CoreState& core,
           std::span<const OperatorQueues> operators);

    struct Issued {
        isa::Instruction instruction{};
        std::size_t operator_index = 0;
        std::int64_t issue = 0;  ///< [cycles]
        std::int64_t done =
            0;            ///< set by the derived engine, unless it calls retire_oldest() itself
        PassCost cost{};  ///< of a pass
        BufferHazards::Id hazard = 0;
        std::optional<BufferHazards::Id> hazard_of_next{};  ///< a put: in the next core
    };

    /// Starts the instruction, which issues in this cycle. Must see to it that issue_next() comes
    /// in the cycle in which the next instruction can issue.
    virtual void execute(Issued& issued) = 0;
    /// Lets the engine fetch on, `cycles` from now.
    void issue_next(std::int64_t cycles) { step_event_.notify(machine_.cycles(cycles)); }
    /// The oldest executing instruction is done in this cycle.
    void retire_oldest();
    /// Retires every executing instruction at its `done`, which never decreases from one to the
    /// next.
    void schedule_retirement();

    CoreState& core_;
    MachineState& machine_;
    const isa::Engine id_;
    std::deque<Issued> executing_;

private:
    enum class Stage : std::uint8_t { fetch, acquire, executing, finished };

    void step();
    void advance();
    void retire();
    void count_stall(isa::Semaphore waited_for);
    void count_busy(const Issued& issued);
    void issue_current();
    void begin_hazards(Issued& issued, Footprint touched);

    sequencer::Fetcher fetcher_;
    Stage stage_ = Stage::fetch;
    isa::Instruction current_;
    isa::Semaphore waits_for_ = isa::Semaphore::none;
    std::int64_t waits_since_ = 0;
    std::optional<std::size_t> fetched_operator_;  ///< whose queue the last instruction came from
    bool first_of_operator_ = false;               ///< current_ is the first of its operator here
    std::int64_t busy_until_ = 0;
    sc_core::sc_event step_event_{"step_event"};
    sc_core::sc_event retire_event_{"retire_event"};
};

}  // namespace quatrain::machine
