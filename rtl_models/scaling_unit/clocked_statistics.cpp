// SPDX-License-Identifier: Apache-2.0
// Weights: SaWB statistics and scale (docs/training-step.md, rule 2).
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/scaling_unit/clocked_operation.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cmath>

namespace quatrain::scaling_unit {
namespace {

/// What SaWB needs of the weights added so far: an adder each for the first two, a comparator.
struct Sums {
    float absolute = 0.0F;
    float squares = 0.0F;
    float maximum = 0.0F;

    void add(float magnitude, float square, float candidate) {
        absolute = absolute + magnitude;
        squares = squares + square;
        maximum = candidate > maximum ? candidate : maximum;
    }
};

/// Sums down the columns, a block of `lanes` columns after the other, so that every lane needs the
/// sums of one column only.
class WeightStatistics : public Operation {
public:
    WeightStatistics(const isa::VectorInstruction& instruction, const Params& params,
                     ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          lanes_(params.lanes),
          input_(input_run(instruction, 0, instruction.rows * instruction.columns)),
          sums_(static_cast<std::size_t>(std::min(params.lanes, instruction.columns))) {
        for (std::size_t i = 0; i < outputs_.size(); ++i)
            outputs_[i] = {instruction.out[i].address, numerics::Format::fp32, instruction.columns};
    }

    void read(Group& group) override {
        const std::int64_t in_use = std::min(lanes_, instruction_.columns - block_);
        group.lanes.resize(static_cast<std::size_t>(in_use));
        const bool continues = row_ == 0 && instruction_.accumulate;
        std::int64_t column = block_;
        for (Lane& lane : group.lanes) {
            lane.row = row_;
            lane.column = column++;
            lane.operands[0] = ports_.read(input_, lane.row * instruction_.columns + lane.column);
            for (std::size_t i = 0; i < outputs_.size(); ++i)
                lane.operands[1 + i] = continues ? ports_.read(outputs_[i], lane.column) : 0;
        }
        if (++row_ == instruction_.rows) {
            row_ = 0;
            block_ += in_use;
        }
        group.last = block_ == instruction_.columns;
    }

private:
    bool ends_block(const Group& group) const {
        return group.lanes.front().row == instruction_.rows - 1;
    }

    void decode(Group& group) override {
        for (Lane& lane : group.lanes) {
            ports_.count_element();
            lane.value = numerics::decode(input_.format, lane.operands[0]);
        }
    }
    void scale(Group& group) override {
        for (Lane& lane : group.lanes) lane.square = lane.value * lane.value;
    }
    void quantise(Group& group) override {
        for (Lane& lane : group.lanes) lane.magnitude = std::fabs(lane.value);
    }
    void track(Group& group) override {
        for (std::size_t i = 0; i < group.lanes.size(); ++i) {
            Lane& lane = group.lanes[i];
            Sums& sums = sums_[i];
            if (lane.row == 0)
                sums = {std::bit_cast<float>(lane.operands[1]),
                        std::bit_cast<float>(lane.operands[2]),
                        std::bit_cast<float>(lane.operands[3])};
            sums.add(lane.magnitude, lane.square, lane.magnitude);
            if (!ends_block(group)) continue;
            lane.value = sums.absolute;
            lane.square = sums.squares;
            lane.magnitude = sums.maximum;
        }
    }
    void write(Group& group) override {
        if (!ends_block(group)) return;
        for (const Lane& lane : group.lanes) {
            const std::array<float, 3> results{lane.value, lane.square, lane.magnitude};
            for (std::size_t i = 0; i < results.size(); ++i)
                ports_.write(outputs_[i], lane.column, std::bit_cast<std::uint32_t>(results[i]));
        }
    }

    isa::VectorInstruction instruction_;
    std::int64_t lanes_;
    PackedRun input_;
    std::array<PackedRun, 3> outputs_{};
    std::int64_t block_ = 0, row_ = 0;  ///< of the next group
    std::vector<Sums> sums_;            ///< one per lane
};

/// The scalar path: one column's three values per cycle, then the divider and square root four
/// times.
class WeightScale : public Operation {
public:
    WeightScale(const isa::VectorInstruction& instruction, const Params& params,
                ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          count_(static_cast<float>(instruction.immediate)),
          special_cycles_(4 * params.special_cycles),
          special_(params.special_cycles) {
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            inputs_[i] = {instruction.in[i].address, numerics::Format::fp32, instruction.columns};
    }

    void read(Group& group) override {
        group.lanes.resize(1);
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            group.lanes.front().operands[i] = ports_.read(inputs_[i], column_);
        group.last = ++column_ == instruction_.columns;
    }
    /// The last column is added in the first of these cycles.
    std::int64_t cycles(Step step, const Group& group) const override {
        return step == Step::track && group.last ? 1 + special_cycles_ : 1;
    }
    void work(Step, Group& group) override {
        if (state_ == State::sums) {
            add(group);
            state_ = State::mean_absolute;
        } else {
            advance();
        }
    }

private:
    enum class State : std::uint8_t { sums, mean_absolute, mean_square, root, step };

    void decode(Group& group) override {
        ports_.count_element();
        Lane& lane = group.lanes.front();
        lane.value = std::bit_cast<float>(lane.operands[0]);
        lane.square = std::bit_cast<float>(lane.operands[1]);
        lane.magnitude = std::bit_cast<float>(lane.operands[2]);
    }
    void add(const Group& group) {
        const Lane& lane = group.lanes.front();
        sums_.add(lane.value, lane.square, lane.magnitude);
    }
    void track(Group& group) override {
        if (group.last)
            advance();
        else
            add(group);
    }

    /// A cycle of the divider and square root; in the last of an operation its result goes where it
    /// is needed next.
    void advance() {
        if (!special_.tick()) return;
        switch (state_) {
            case State::sums:
                break;
            case State::mean_absolute:
                mean_absolute_ = sums_.absolute / count_;
                state_ = State::mean_square;
                break;
            case State::mean_square:
                mean_square_ = sums_.squares / count_;
                state_ = State::root;
                break;
            case State::root:
                alpha_ = alpha(std::sqrt(mean_square_));
                state_ = State::step;
                break;
            case State::step:
                step_ = alpha_ / 7.0F;
                break;
        }
    }
    float alpha(float root) const {
        const float first = 12.035F * root;
        const float second = 12.03F * mean_absolute_;
        const float difference = first - second;
        return difference > 0.0F ? difference : sums_.maximum;
    }

    void write(Group& group) override {
        if (!group.last) return;
        ports_.write_scalar(instruction_.scalars[0], std::bit_cast<std::uint32_t>(alpha_));
        ports_.write_scalar(instruction_.scalars[1], std::bit_cast<std::uint32_t>(step_));
    }

    isa::VectorInstruction instruction_;
    float count_;
    std::int64_t special_cycles_;
    SpecialCounter special_;
    std::array<PackedRun, 3> inputs_{};
    std::int64_t column_ = 0;  ///< that is read next
    Sums sums_;
    State state_ = State::sums;
    float mean_absolute_ = 0.0F, mean_square_ = 0.0F, alpha_ = 0.0F, step_ = 0.0F;
};

}  // namespace

std::unique_ptr<Operation> make_weight_statistics(const isa::VectorInstruction& instruction,
                                                  const Params& params, ClockedPorts& ports) {
    return std::make_unique<WeightStatistics>(instruction, params, ports);
}

std::unique_ptr<Operation> make_weight_scale(const isa::VectorInstruction& instruction,
                                             const Params& params, ClockedPorts& ports) {
    if (instruction.rows != 1)
        reject(instruction, fmt::format("rows = {}: must be 1", instruction.rows));
    if (instruction.immediate < 1)
        reject(instruction,
               fmt::format("immediate = {}: must be at least 1", instruction.immediate));
    return std::make_unique<WeightScale>(instruction, params, ports);
}

}  // namespace quatrain::scaling_unit
