// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/vector_unit/clocked_lanes.hpp"
#include "rtl_models/vector_unit/clocked_microcode.hpp"
#include "rtl_models/vector_unit/clocked_sequence.hpp"
#include "rtl_models/vector_unit/timing.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::vector_unit {

/// What the sequencer hands over.
struct Command {
    isa::VectorInstruction body;
    std::uint64_t id = 0;  ///< tells one command from the next
    bool operator==(const Command& other) const { return id == other.id; }
};
std::ostream& operator<<(std::ostream& stream, const Command& command);
/// Traces the id.
void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name);

/// Width of the unit's port to the vector buffer: per lane four words of 32 bits each way. While a
/// pooling with windows is in execution, a whole tile more each way: pixels of the tile that no
/// window needs pass in the cycle of the last step, as do the gradients that the last windows
/// complete. vector_unit/timing.hpp gives them no cycles.
PortWidth vector_width(const Params& params, std::int64_t window_elements,
                       std::int64_t store_elements);
/// Scalar buffer: all scalars of an instruction at once; back two.
inline constexpr PortWidth scalar_width{.read_bits = 6 * 32, .write_bits = 2 * 32};

/// The vector unit, one clock edge at a time: a micro-programmed SIMD unit. Every cycle its lanes
/// do one step of the operation's micro-program (one cycle of it, where the special unit works);
/// what a step hands to the write port reaches the buffer `depth` cycles after the step's last
/// cycle.
///
/// Modelled: the lanes' registers and units, the shared registers of vectors, sums and scalars, the
/// store of window elements that have been read, address generators, the write pipeline. An operand
/// is read once. The ports have the widths below. Not modelled: the stages of a unit: sums and
/// chains forward within a cycle.
class ClockedVectorUnit final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    /// An instruction issues in a cycle in which this is 1; the first working cycle is the next.
    sc_core::sc_in<bool> start{"start"};
    sc_core::sc_in<Command> instruction{"instruction"};
    /// Clock enables: a working cycle in which one of them is 0 does nothing.
    sc_core::sc_in<bool> operands_ready{"operands_ready"};
    sc_core::sc_in<bool> results_ready{"results_ready"};
    /// 1 in the one cycle after the last result was written; the next instruction may issue in it.
    sc_core::sc_out<bool> done{"done"};
    ClockedPort vector;
    ClockedPort scalar;

    /// Throws std::logic_error when a micro-program asks for more than a lane has.
    ClockedVectorUnit(const sc_core::sc_module_name& name, const Params& params);

    /// The counters of the oldest done instruction that has not been asked for. Throws
    /// std::logic_error when there is none.
    EventCounts take_counts();
    /// What stopped the unit: an empty tile or what function.hpp rejects too
    /// (std::invalid_argument, std::out_of_range), a value that its register does not hold
    /// (std::overflow_error), or a start while it works (std::logic_error). Null while all is well.
    std::exception_ptr failure() const { return failure_; }
    /// Shows where the micro-program is: group of results, sweep and its repetition, step, cycles
    /// that the step has taken; and the writes that enter and leave the pipeline behind the lanes.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// One instruction in execution.
    struct Job {
        Job(const isa::VectorInstruction& body, const MicroProgram& code, std::int64_t lane_count)
            : instruction(body),
              program(code),
              sequence(program, instruction, lane_count),
              lanes(program, instruction, sequence, lane_count) {}
        Job(const Job&) = delete;
        Job& operator=(const Job&) = delete;

        isa::VectorInstruction instruction;
        const MicroProgram& program;
        Sequence sequence;
        Lanes lanes;
        std::size_t step = 0;      ///< of the sweep
        std::int64_t held = 0;     ///< cycles that the step has taken
        std::int64_t cycles = 0;   ///< worked, stalls not counted
        std::int64_t drained = 0;  ///< cycles since the last step
        EventCounts written;       ///< what the write port counts
    };

    void edge();
    void accept();
    /// One cycle. True when the instruction is done.
    bool work();
    void execute_step(const Ports& ports);
    void end_of_sweep(const Ports& ports);
    void write(const std::vector<Write>& writes);
    const MicroProgram& program(isa::VectorOperation operation) const;

    Params params_;
    std::vector<MicroProgram> programs_;  ///< the microcode memory
    std::unique_ptr<Job> job_;
    std::deque<std::vector<Write>> pipeline_;  ///< one entry per stage, oldest first
    std::deque<EventCounts> counts_;           ///< of done instructions
    std::exception_ptr failure_;
};

}  // namespace quatrain::vector_unit
