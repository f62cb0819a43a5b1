// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/operand_streamer/clocked_addresses.hpp"
#include "rtl_models/operand_streamer/clocked_step.hpp"

#include <deque>
#include <exception>
#include <variant>

namespace quatrain::operand_streamer {

/// A pass on its way from the sequencer. Two commands are the same when their ids are: every
/// command has an id of its own, from 1 on.
struct Command {
    std::variant<isa::WeightStationaryPass, isa::OutputStationaryPass> body;
    std::uint64_t id = 0;
    bool operator==(const Command& other) const { return id == other.id; }
};
std::ostream& operator<<(std::ostream& stream, const Command& command);
/// Traces the id.
void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name);

/// What the streamer knows of the array.
struct ArrayShape {
    std::int64_t rows = 1, cols = 1;
    std::int64_t lanes_4bit = 1, lanes_8bit = 0, lanes_16bit = 1, lanes_32bit = 0;

    /// Of the mode of a pair. Throws std::invalid_argument when the array has no such mode.
    std::int64_t lanes(numerics::Format moving, numerics::Format stationary) const;
    std::int64_t most_lanes() const;
};

/// The streamer, one clock edge at a time: address counters, the words that each side's present
/// step still needs, the beat registers.
///
/// Reads in cycles with preload_go (stationary rows of a weight-stationary pass) and stream_go
/// (moving vectors; of an output-stationary pass both sides). A beat is valid in the cycle in which
/// its step's last word is granted, or its first cycle if it needs none, and until it passes:
/// valid and ready both 1 (output stationary: both sides valid together, both ready). The step
/// after it is read from the next cycle on. A beat's codes have room for the mode with most lanes;
/// a mode with fewer uses the first rows * lanes (lanes * cols).
///
/// Holds three passes: streaming, preloading, just issued. Charges per pass: moving_read_bits,
/// stationary_read_bits, streamer_stall_cycles (cycles with stream_go that show no beat),
/// bank_conflict_cycles (both sides).
class ClockedStreamer : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> start{"start"};
    sc_core::sc_in<Command> pass{"pass"};
    sc_core::sc_in<bool> preload_go{"preload_go"}, stream_go{"stream_go"};
    sc_core::sc_in<bool> stationary_ready{"stationary_ready"}, moving_ready{"moving_ready"};
    sc_core::sc_out<OperandBeat> stationary{"stationary"}, moving{"moving"};
    sc_core::sc_out<WordRequests> moving_requests{"moving_requests"},
        stationary_requests{"stationary_requests"};
    sc_core::sc_in<WordGrants> moving_grants{"moving_grants"},
        stationary_grants{"stationary_grants"};

    ClockedStreamer(const sc_core::sc_module_name& name, const Params& params,
                    const ArrayShape& array);

    /// Returns and removes the counts of the oldest pass whose last beat has passed. Throws
    /// std::logic_error when there is none.
    EventCounts take_counts();
    /// What stopped the module: a value beyond its register, a fourth pass.
    std::exception_ptr failure() const { return failure_; }
    /// Shows what the passes that are held still have to do, the oldest first, and the words that
    /// the present step of each side waits for.
    void probe(Probes& probes, const std::string& block) const;

    // Codes of the beats, with room for every mode.
    std::size_t moving_codes() const { return moving_step_.codes(); }
    std::size_t stationary_codes() const { return stationary_step_.codes(); }

private:
    static constexpr std::size_t pass_registers = 3;  ///< streaming, preloading, just issued

    /// A pass that is held, with the counters of both sides.
    struct Slot {
        bool weight_stationary = false;
        int moving_bits = 0, stationary_bits = 0;  ///< per element
        std::int64_t lanes = 0, columns = 0;
        std::int64_t vectors_left = 0;  ///< that the moving side has not begun
        std::int64_t rows_left = 0;     ///< that the stationary side has not begun
        std::int64_t beats_left = 0;    ///< moving beats (steps) that have not passed
        std::int64_t preload_left = 0;  ///< stationary beats of the preload that have not passed
        MovingAddresses moving;
        StationaryAddresses stationary;
        EventCounts counts;
    };

    void edge();
    void request();
    void show();
    /// Runs the body of a process, unless the module has failed; keeps what it throws.
    template <class Body>
    void guarded(Body body);

    void take_pass();
    Slot make_slot(const isa::WeightStationaryPass& body) const;
    Slot make_slot(const isa::OutputStationaryPass& body) const;
    /// Begins the next step of each side that has none.
    void open_steps();
    void open_moving(Slot& slot);
    void open_stationary(Slot& slot);
    void preload_edge(Slot& slot);
    void stream_edge(Slot& slot);
    void accept(StepRegisters& step, const WordGrants& grants, Event bits,
                EventCounts& counts) const;

    /// The pass whose beats enter the array, once its stationary operand is there.
    Slot* streaming();
    /// The pass whose stationary operand is read ahead.
    Slot* preloading();
    bool shows(const Slot& streaming) const;
    bool shows_preload() const;
    static void fill(OperandBeat& beat, bool valid, bool last, const StepRegisters& step,
                     const WordGrants& grants);

    Params params_;
    ArrayShape array_;
    std::deque<Slot> slots_;  ///< oldest first
    StepRegisters moving_step_, stationary_step_;
    bool moving_open_ = false, stationary_open_ = false;  ///< a step has been begun
    bool stream_shown_ = false, preload_shown_ = false;   ///< valid in the cycle before, and waits
    std::deque<EventCounts> done_counts_;
    sc_core::sc_signal<std::uint64_t> state_{"state"};  ///< changes when the registers do
    std::uint64_t state_number_ = 0;
    // Of one call of a process, kept for their memory.
    OperandBeat moving_beat_, stationary_beat_;
    WordRequests moving_asked_, stationary_asked_;
    std::exception_ptr failure_;
};

}  // namespace quatrain::operand_streamer
