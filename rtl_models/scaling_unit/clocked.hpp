// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/scaling_unit/clocked_operation.hpp"
#include "rtl_models/scaling_unit/timing.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <systemc>
#include <variant>
#include <vector>

namespace quatrain::scaling_unit {

/// The instruction pins.
struct Command {
    std::variant<isa::Drain, isa::VectorInstruction> body;
    std::uint64_t id = 0;  ///< tells one instruction from the next
    bool operator==(const Command& other) const { return id == other.id; }
};
std::ostream& operator<<(std::ostream& stream, const Command& command);
/// Traces the id.
void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name);

// Widths of the unit's ports. Accumulator buffer: an accumulator per lane. Vector buffer: per lane
// four words of 32 bits (a weight and its column's three sums) and back three.
PortWidth accumulator_width(const Params& params, numerics::Format accumulator_format);
PortWidth vector_width(const Params& params);
/// Scalar buffer: GradScale and what is tracked beside it; back the latter.
inline constexpr PortWidth scalar_width{.read_bits = 4 * 32, .write_bits = 3 * 32};

/// The scaling units, one clock edge at a time: a pipeline of `depth` stages into which a group of
/// up to `lanes` elements enters per cycle.
///
/// An instruction whose `start` is 1 in cycle t works from cycle t + 1 on. The edge at the end of a
/// working cycle reads the next group's operands into the registers of stage 1, moves every group a
/// stage on, and writes what leaves stage `depth`; `done` is 1 in the cycle after the last write.
/// One instruction is in work at a time. `start` may be 1 again in the cycle in which `done` is.
///
/// Between the registers, a group takes the five steps of Step. With depth = 5 a stage does one.
/// Step i (from 1) ends in stage ceil(i * depth / 5): a shallower pipeline does several in one
/// stage, a deeper one spreads a step over several. A step that takes several cycles (a division, a
/// square root) holds its group in the stage where it ends, and the groups behind it wait.
///
/// A cycle in which operands_ready or results_ready is 0 changes nothing.
class ClockedScalingUnit : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock;
    sc_core::sc_in<bool> start;
    sc_core::sc_in<Command> instruction;
    sc_core::sc_in<bool> operands_ready;
    sc_core::sc_in<bool> results_ready;
    sc_core::sc_out<bool> done;
    ClockedPort accumulator;
    ClockedPort vector;
    ClockedPort scalar;

    /// `accumulator_format`: of the accumulator buffer; a 16-bit format, fp32 or int32. Throws
    /// ParamError for a parameter below 1 and std::invalid_argument for another format.
    ClockedScalingUnit(const sc_core::sc_module_name& name, const Params& params,
                       numerics::Format accumulator_format);

    /// The measured events of the oldest instruction that is done, which are then forgotten. Throws
    /// std::logic_error if there is none.
    EventCounts take_counts();

    /// What stopped the unit; null while it works. It then does nothing more. Errors of an
    /// instruction are those of make_operation() and Operation; a start while an instruction is in
    /// work is a std::logic_error.
    std::exception_ptr failure() const { return failure_; }

    /// Shows whether an instruction is in work and, of every stage, whether it holds a group, the
    /// step that the group takes next and the cycles that it has spent on it.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// The registers of one stage.
    struct Stage {
        bool valid = false;
        Group group;
        std::int64_t next_step = 0;  ///< that the group takes
        std::int64_t elapsed = 0;    ///< cycles spent on it
    };

    void at_clock_edge();
    void begin(const Command& command);
    bool advance();
    bool finish_steps(Stage& stage, std::int64_t end_step);
    void enter(Stage& stage);

    const Params params_;
    const numerics::Format accumulator_format_;
    std::vector<Stage> stages_;
    std::vector<std::int64_t> end_step_;  ///< of each stage: the first step that it does not do
    std::optional<ClockedPorts> ports_;   ///< of the instruction in work, as the next two
    std::unique_ptr<Operation> operation_;
    bool entered_first_ = false, entered_last_ = false;
    std::deque<EventCounts> counts_;  ///< of instructions that are done, oldest first
    std::exception_ptr failure_;
};

}  // namespace quatrain::scaling_unit
