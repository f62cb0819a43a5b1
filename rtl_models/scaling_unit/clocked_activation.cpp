// SPDX-License-Identifier: Apache-2.0
// Activations: PACT (docs/training-step.md, rule 5).
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/scaling_unit/clocked_operation.hpp"
#include "rtl_models/scaling_unit/clocked_quantise.hpp"

#include <fmt/format.h>
#include <bit>

namespace quatrain::scaling_unit {
namespace {

/// alpha / 15, then 15 / alpha, on the scalar path's one divider.
class ActivationScale : public Operation {
public:
    ActivationScale(const isa::VectorInstruction& instruction, const Params& params,
                    ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          cycles_(2 * params.special_cycles),
          divider_(params.special_cycles) {}

    void read(Group& group) override {
        group.last = true;
        alpha_ = std::bit_cast<float>(ports_.read_scalar(instruction_.scalars[0]));
    }
    std::int64_t cycles(Step step, const Group&) const override {
        return step == Step::scale ? cycles_ : 1;
    }
    void work(Step, Group&) override { divide(); }

private:
    enum class State : std::uint8_t { step, reciprocal };

    void decode(Group&) override { ports_.count_element(); }
    void scale(Group&) override { divide(); }
    void divide() {
        if (!divider_.tick()) return;
        if (state_ == State::step) {
            step_ = alpha_ / 15.0F;
            state_ = State::reciprocal;
        } else {
            reciprocal_ = 15.0F / alpha_;
        }
    }
    void write(Group&) override {
        ports_.write_scalar(instruction_.scalars[1], std::bit_cast<std::uint32_t>(step_));
        ports_.write_scalar(instruction_.scalars[2], std::bit_cast<std::uint32_t>(reciprocal_));
    }

    isa::VectorInstruction instruction_;
    std::int64_t cycles_;
    SpecialCounter divider_;
    State state_ = State::step;
    float alpha_ = 0.0F, step_ = 0.0F, reciprocal_ = 0.0F;
};

class QuantiseActivation : public Operation {
public:
    QuantiseActivation(const isa::VectorInstruction& instruction, const Params& params,
                       ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          lanes_(params.lanes),
          input_(input_run(instruction, 0, instruction.rows * instruction.columns)),
          output_(output_run(instruction, 0, input_.elements)),
          counter_(instruction.rows, instruction.columns) {}

    void read(Group& group) override {
        if (group.first) {
            alpha_ = std::bit_cast<float>(ports_.read_scalar(instruction_.scalars[0]));
            reciprocal_ = std::bit_cast<float>(ports_.read_scalar(instruction_.scalars[1]));
        }
        counter_.fill(group, lanes_);
        group.last = counter_.done();
        for (Lane& lane : group.lanes) lane.operands[0] = ports_.read(input_, index(lane));
    }

private:
    std::int64_t index(const Lane& lane) const {
        return lane.row * instruction_.columns + lane.column;
    }
    void decode(Group& group) override {
        for (Lane& lane : group.lanes) {
            ports_.count_element();
            lane.value = numerics::decode(input_.format, lane.operands[0]);
            count_faults(lane.value, ports_.faults());
        }
    }
    void scale(Group& group) override {
        for (Lane& lane : group.lanes) {
            const bool positive = lane.value > 0.0F && alpha_ > 0.0F;
            const float clipped = alpha_ < lane.value ? alpha_ : lane.value;
            lane.value = positive ? clipped * reciprocal_ : 0.0F;
        }
    }
    void quantise(Group& group) override {
        for (Lane& lane : group.lanes) lane.code = clocked_uint4_code(lane.value);
    }
    void write(Group& group) override {
        for (const Lane& lane : group.lanes) ports_.write(output_, index(lane), lane.code);
    }

    isa::VectorInstruction instruction_;
    std::int64_t lanes_;
    PackedRun input_, output_;
    ElementCounter counter_;
    float alpha_ = 0.0F, reciprocal_ = 0.0F;
};

}  // namespace

std::unique_ptr<Operation> make_activation_scale(const isa::VectorInstruction& instruction,
                                                 const Params& params, ClockedPorts& ports) {
    return std::make_unique<ActivationScale>(instruction, params, ports);
}

std::unique_ptr<Operation> make_quantise_activation(const isa::VectorInstruction& instruction,
                                                    const Params& params, ClockedPorts& ports) {
    if (numerics::bits(instruction.out[0].format) != 4)
        reject(instruction, fmt::format("out[0] is {}: must have 4 bits",
                                        numerics::name(instruction.out[0].format)));
    return std::make_unique<QuantiseActivation>(instruction, params, ports);
}

}  // namespace quatrain::scaling_unit
