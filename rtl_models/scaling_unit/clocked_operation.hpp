// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/scaling_unit/clocked_ports.hpp"
#include "rtl_models/scaling_unit/timing.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quatrain::scaling_unit {

/// What a group of elements goes through after its operands were read, in this order.
enum class Step : std::uint8_t {
    decode,    ///< operand codes to FP32; with the first group, scalars to a scale
    scale,     ///< the lane's multiplier or divider
    quantise,  ///< up to two codes side by side
    track,     ///< sums, maximum and counts
    write,     ///< results to the vector and scalar buffers
};
inline constexpr std::int64_t step_count = 5;
inline constexpr int step_bits = 3;
/// Rows, columns and elements of an instruction.
inline constexpr int counter_bits = 32;

/// The registers of one lane in one stage: what travels with an element.
struct Lane {
    std::int64_t row = 0;
    std::int64_t column = 0;
    std::array<std::uint32_t, 4> operands{};  ///< as read
    float value = 0.0F;
    float square = 0.0F;     ///< statistics only, like the next
    float magnitude = 0.0F;  ///< likewise
    std::uint32_t code = 0;
    std::uint32_t second_code = 0;  ///< gradients only
};

/// What enters the pipeline in one cycle: up to `lanes` elements. The scalar path sends one group
/// of one lane.
struct Group {
    std::vector<Lane> lanes;  ///< those in use
    bool first = false;       ///< of the instruction
    bool last = false;        ///< of the instruction
    bool copies = false;      ///< of the pass that writes the transposed copy
};

/// What the unit is set to for one instruction: which operands a group reads, what each step does
/// with it, and the registers beside the pipeline (scale, sums, counts). Knows no clock: the
/// pipeline calls it once per group and step, in the order in which hardware would.
class Operation {
public:
    virtual ~Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    /// Reads the operands of the next group: one cycle's accesses.
    virtual void read(Group& group) = 0;
    /// Cycles that a step holds its stage: 1, or more for divisions and square roots.
    virtual std::int64_t cycles(Step, const Group&) const { return 1; }
    /// A cycle of a step before its last.
    virtual void work(Step, Group&) {}
    /// The last cycle of a step.
    void perform(Step step, Group& group);

protected:
    explicit Operation(ClockedPorts& ports) : ports_(ports) {}
    virtual void decode(Group&) {}
    virtual void scale(Group&) {}
    virtual void quantise(Group&) {}
    virtual void track(Group&) {}
    virtual void write(Group&) = 0;

    ClockedPorts& ports_;
};

/// Makes the operation of an instruction. `accumulator`: the format of the accumulator buffer.
/// Throws std::invalid_argument (an operation of the vector unit, an empty shape, a missing
/// operand, a format that the operation cannot write) and std::overflow_error (more elements than
/// the element counters count), naming field, value and rule.
std::unique_ptr<Operation> make_operation(const isa::Drain& drain, const Params& params,
                                          numerics::Format accumulator, ClockedPorts& ports);
std::unique_ptr<Operation> make_operation(const isa::VectorInstruction& instruction,
                                          const Params& params, ClockedPorts& ports);

// The second by operation; operands are there and shapes are checked.
std::unique_ptr<Operation> make_weight_statistics(const isa::VectorInstruction& instruction,
                                                  const Params& params, ClockedPorts& ports);
std::unique_ptr<Operation> make_weight_scale(const isa::VectorInstruction& instruction,
                                             const Params& params, ClockedPorts& ports);
std::unique_ptr<Operation> make_quantise_weight(const isa::VectorInstruction& instruction,
                                                const Params& params, ClockedPorts& ports);
std::unique_ptr<Operation> make_quantise_gradient(const isa::VectorInstruction& instruction,
                                                  const Params& params, ClockedPorts& ports);
std::unique_ptr<Operation> make_update_gradscale(const isa::VectorInstruction& instruction,
                                                 ClockedPorts& ports);
std::unique_ptr<Operation> make_gradscale_vote(const isa::VectorInstruction& instruction,
                                               ClockedPorts& ports);
std::unique_ptr<Operation> make_add_votes(const isa::VectorInstruction& instruction,
                                          ClockedPorts& ports);
std::unique_ptr<Operation> make_apply_gradscale(const isa::VectorInstruction& instruction,
                                                ClockedPorts& ports);
std::unique_ptr<Operation> make_least_vote(const isa::VectorInstruction& instruction,
                                           ClockedPorts& ports);
std::unique_ptr<Operation> make_activation_scale(const isa::VectorInstruction& instruction,
                                                 const Params& params, ClockedPorts& ports);
std::unique_ptr<Operation> make_quantise_activation(const isa::VectorInstruction& instruction,
                                                    const Params& params, ClockedPorts& ports);

/// The counters that give lanes their elements, row after row.
class ElementCounter {
public:
    ElementCounter(std::int64_t rows, std::int64_t columns) : rows_(rows), columns_(columns) {}
    bool done() const { return row_ == rows_; }
    /// Gives the group its next elements, at most `lanes`.
    void fill(Group& group, std::int64_t lanes);

private:
    std::int64_t rows_, columns_;
    std::int64_t row_ = 0, column_ = 0;
};

/// A divider and square root that holds its result for `cycles` per operation.
class SpecialCounter {
public:
    explicit SpecialCounter(std::int64_t cycles) : cycles_(cycles) {}
    /// Counts a cycle; true in the last of an operation.
    bool tick() {
        if (++elapsed_ < cycles_) return false;
        elapsed_ = 0;
        return true;
    }

private:
    std::int64_t cycles_;
    std::int64_t elapsed_ = 0;
};

/// Operand `index` as `elements` packed elements.
PackedRun input_run(const isa::VectorInstruction& instruction, std::size_t index,
                    std::int64_t elements);
PackedRun output_run(const isa::VectorInstruction& instruction, std::size_t index,
                     std::int64_t elements);
/// Throws std::invalid_argument: the operation's name and the message.
[[noreturn]] void reject(const isa::VectorInstruction& instruction, const std::string& message);
/// Throws unless scalars[index] has an address.
void require_scalar(const isa::VectorInstruction& instruction, std::size_t index);

}  // namespace quatrain::scaling_unit
