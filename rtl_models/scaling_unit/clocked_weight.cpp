// SPDX-License-Identifier: Apache-2.0
// Weights: codes, and the transposed copy (docs/training-step.md, rule 2).
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/scaling_unit/clocked_operation.hpp"
#include "rtl_models/scaling_unit/clocked_quantise.hpp"

#include <fmt/format.h>
#include <bit>

namespace quatrain::scaling_unit {
namespace {

/// Codes of a tile, written as they come and, if a transposed copy is wanted, held in the unit: a
/// second pass takes them column by column, without the vector buffer.
class QuantiseWeight : public Operation {
public:
    QuantiseWeight(const isa::VectorInstruction& instruction, const Params& params,
                   ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          lanes_(params.lanes),
          division_cycles_(params.special_cycles),
          divides_(instruction.scalars[0] != isa::no_address),
          copies_(instruction.out[1].address != isa::no_address),
          input_(input_run(instruction, 0, instruction.rows * instruction.columns)),
          output_(output_run(instruction, 0, input_.elements)),
          copy_(output_run(instruction, 1, input_.elements)),
          counter_(instruction.rows, instruction.columns),
          copy_counter_(instruction.columns, instruction.rows) {
        if (copies_) held_.resize(static_cast<std::size_t>(input_.elements));
    }

    void read(Group& group) override {
        if (counter_.done()) return read_copy(group);
        if (group.first && divides_)
            step_ = std::bit_cast<float>(ports_.read_scalar(instruction_.scalars[0]));
        counter_.fill(group, lanes_);
        group.last = counter_.done() && !copies_;
        for (Lane& lane : group.lanes) lane.operands[0] = ports_.read(input_, index(lane));
    }
    std::int64_t cycles(Step step, const Group& group) const override {
        return step == Step::scale && divides_ && !group.copies ? division_cycles_ : 1;
    }

private:
    std::int64_t index(const Lane& lane) const {
        return lane.row * instruction_.columns + lane.column;
    }
    /// Nothing to read from the buffers: the group only says which held codes are written.
    void read_copy(Group& group) {
        copy_counter_.fill(group, lanes_);
        group.copies = true;
        group.last = copy_counter_.done();
        for (Lane& lane : group.lanes) std::swap(lane.row, lane.column);
    }

    void decode(Group& group) override {
        if (group.copies) return;
        for (Lane& lane : group.lanes) {
            ports_.count_element();
            lane.value = numerics::decode(input_.format, lane.operands[0]);
        }
    }
    void scale(Group& group) override {
        if (group.copies || !divides_) return;
        for (Lane& lane : group.lanes) lane.value = lane.value / step_;
    }
    void quantise(Group& group) override {
        if (group.copies) return;
        const bool all_zero = divides_ && step_ == 0.0F;
        for (Lane& lane : group.lanes)
            lane.code = all_zero ? 0 : clocked_code(output_.format, lane.value, ports_.faults());
    }
    void write(Group& group) override {
        for (const Lane& lane : group.lanes) {
            if (group.copies) {
                ports_.write(copy_, lane.column * instruction_.rows + lane.row,
                             held_[static_cast<std::size_t>(index(lane))]);
            } else {
                ports_.write(output_, index(lane), lane.code);
                if (copies_) held_[static_cast<std::size_t>(index(lane))] = lane.code;
            }
        }
    }

    isa::VectorInstruction instruction_;
    std::int64_t lanes_;
    std::int64_t division_cycles_;
    bool divides_, copies_;
    PackedRun input_, output_, copy_;
    ElementCounter counter_, copy_counter_;
    float step_ = 0.0F;
    std::vector<std::uint32_t> held_;  ///< the codes of the tile
};

}  // namespace

std::unique_ptr<Operation> make_quantise_weight(const isa::VectorInstruction& instruction,
                                                const Params& params, ClockedPorts& ports) {
    const numerics::Format format = instruction.out[0].format;
    const isa::Operand& copy = instruction.out[1];
    if (instruction.scalars[0] != isa::no_address && format != numerics::Format::int4)
        reject(instruction,
               fmt::format("out[0] is {}: with a step it must be int4", numerics::name(format)));
    if (copy.address != isa::no_address && copy.format != format)
        reject(instruction, fmt::format("out[1] is {}: must be {} as out[0]",
                                        numerics::name(copy.format), numerics::name(format)));
    return std::make_unique<QuantiseWeight>(instruction, params, ports);
}

}  // namespace quatrain::scaling_unit
