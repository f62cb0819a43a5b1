// SPDX-License-Identifier: Apache-2.0
// Gradients: both phases of fp4_r4 with what is tracked beside them, and GradScale
// (docs/training-step.md, rule 12).
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/scaling_unit/clocked_operation.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/scaling_unit/clocked_quantise.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>

namespace quatrain::scaling_unit {
namespace {

class QuantiseGradient : public Operation {
public:
    QuantiseGradient(const isa::VectorInstruction& instruction, const Params& params,
                     ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          lanes_(params.lanes),
          input_(input_run(instruction, 0, instruction.rows * instruction.columns)),
          even_(output_run(instruction, 0, input_.elements)),
          odd_(output_run(instruction, 1, input_.elements)),
          makes_odd_(odd_.address != isa::no_address),
          counter_(instruction.rows, instruction.columns) {}

    void read(Group& group) override {
        if (group.first) {
            gradscale_ = ports_.read_scalar(instruction_.scalars[0]);
            // The running values are read in any case; `accumulate` chooses them or zero.
            for (std::size_t i = 0; i < tracked_.size(); ++i)
                if (has_tracked(i)) tracked_[i] = ports_.read_scalar(tracked_address(i));
        }
        counter_.fill(group, lanes_);
        group.last = counter_.done();
        for (Lane& lane : group.lanes) lane.operands[0] = ports_.read(input_, index(lane));
    }

private:
    bool has_tracked(std::size_t i) const { return tracked_address(i) != isa::no_address; }
    std::int64_t tracked_address(std::size_t i) const { return instruction_.scalars[2 + i]; }
    std::int64_t index(const Lane& lane) const {
        return lane.row * instruction_.columns + lane.column;
    }

    void make_scale() {
        const auto log2 = std::bit_cast<std::int32_t>(gradscale_);
        if (log2 < numerics::gradscale_minimum || log2 > numerics::gradscale_maximum)
            reject(instruction_,
                   fmt::format("gradscale = {}: must be in {} to {}", log2,
                               numerics::gradscale_minimum, numerics::gradscale_maximum));
        scale_ = std::bit_cast<float>(static_cast<std::uint32_t>(log2 + 127) << 23);
    }

    void start_tracking() {
        if (!instruction_.accumulate) return;
        maximum_ = std::bit_cast<float>(tracked_[0]);
        underflow_ = std::bit_cast<std::int32_t>(tracked_[1]);
        overflow_ = std::bit_cast<std::int32_t>(tracked_[2]);
    }

    void decode(Group& group) override {
        if (group.first) {
            make_scale();
            start_tracking();
        }
        for (Lane& lane : group.lanes) {
            ports_.count_element();
            lane.value = numerics::decode(input_.format, lane.operands[0]);
        }
    }
    void scale(Group& group) override {
        for (Lane& lane : group.lanes) lane.value = lane.value * scale_;
    }
    void quantise(Group& group) override {
        for (Lane& lane : group.lanes) {
            count_faults(lane.value, ports_.faults());
            lane.code = clocked_fp4_code(lane.value, false);
            lane.odd_code = clocked_fp4_code(lane.value, true);
        }
    }

    /// A tree of comparators and one of adders over the lanes, then one running register each.
    void track(Group& group) override {
        std::uint32_t largest = 0;
        std::int64_t underflow = 0, overflow = 0;
        for (const Lane& lane : group.lanes) {
            const Fp32Fields t(lane.value);
            if (t.nan()) continue;
            largest = std::max(largest, t.magnitude());
            underflow += !t.zero() && (lane.code & 7U) == 0 ? 1 : 0;
            overflow += t.magnitude() > magnitude_of_64 ? 1 : 0;
            ports_.faults().odd_clipped +=
                makes_odd_ && !t.infinite() && t.magnitude() > magnitude_of_32 ? 1 : 0;
        }
        const auto group_maximum = std::bit_cast<float>(largest);
        maximum_ = group_maximum > maximum_ ? group_maximum : maximum_;
        underflow_ = counted("scaling_unit underflow counter", underflow_ + underflow);
        overflow_ = counted("scaling_unit overflow counter", overflow_ + overflow);
    }
    static std::int64_t counted(std::string_view name, std::int64_t value) {
        return in_range(name, value, std::numeric_limits<std::int32_t>::min(),
                        std::numeric_limits<std::int32_t>::max());
    }

    void write(Group& group) override {
        for (const Lane& lane : group.lanes) {
            ports_.write(even_, index(lane), lane.code);
            if (makes_odd_) ports_.write(odd_, index(lane), lane.odd_code);
        }
        if (!group.last) return;
        const std::array<std::uint32_t, 3> results{std::bit_cast<std::uint32_t>(maximum_),
                                                   static_cast<std::uint32_t>(underflow_),
                                                   static_cast<std::uint32_t>(overflow_)};
        for (std::size_t i = 0; i < results.size(); ++i)
            if (has_tracked(i)) ports_.write_scalar(tracked_address(i), results[i]);
    }

    static constexpr std::uint32_t magnitude_of_32 = std::bit_cast<std::uint32_t>(32.0F);
    static constexpr std::uint32_t magnitude_of_64 = std::bit_cast<std::uint32_t>(64.0F);

    isa::VectorInstruction instruction_;
    std::int64_t lanes_;
    PackedRun input_, even_, odd_;
    bool makes_odd_;
    ElementCounter counter_;
    std::uint32_t gradscale_ = 0;
    std::array<std::uint32_t, 3> tracked_{};  ///< as read: maximum, underflow, overflow
    float scale_ = 1.0F;
    float maximum_ = 0.0F;
    std::int64_t underflow_ = 0, overflow_ = 0;  ///< 32 bits each
};

/// The scalar path around GradScale: a comparator with two thresholds makes a vote, an adder sums
/// votes, a counter goes a step with the sign of one. What an operation does not have in its
/// instruction it neither reads nor writes.
class Gradscale : public Operation {
public:
    /// Which of the instruction's scalars are what.
    struct Places {
        std::optional<std::size_t> gradscale{}, maximum{}, vote_a{}, vote_b{}, vote_out{};
    };
    Gradscale(const isa::VectorInstruction& instruction, const Places& places, ClockedPorts& ports)
        : Operation(ports), instruction_(instruction), places_(places) {}

    void read(Group& group) override {
        group.last = true;
        gradscale_ = read_scalar(places_.gradscale);
        maximum_ = read_scalar(places_.maximum);
        vote_a_ = read_scalar(places_.vote_a);
        vote_b_ = read_scalar(places_.vote_b);
    }

private:
    std::uint32_t read_scalar(std::optional<std::size_t> index) {
        if (!index || instruction_.scalars[*index] == isa::no_address) return 0;
        return ports_.read_scalar(instruction_.scalars[*index]);
    }
    void decode(Group&) override { ports_.count_element(); }
    void quantise(Group&) override {
        if (!places_.maximum) {
            const std::int64_t sum = std::int64_t{std::bit_cast<std::int32_t>(vote_a_)} +
                                     std::bit_cast<std::int32_t>(vote_b_);
            using Limits = std::numeric_limits<std::int32_t>;
            vote_ = std::clamp<std::int64_t>(sum, Limits::min(), Limits::max());
            return;
        }
        const auto maximum = std::bit_cast<float>(maximum_);
        const std::int32_t up_or_stay = maximum <= 32.0F ? 1 : 0;
        vote_ = maximum <= 64.0F ? up_or_stay : -1;
    }
    void track(Group&) override {
        const std::int64_t up = vote_ > 0 ? 1 : 0;
        const std::int64_t stepped =
            std::int64_t{std::bit_cast<std::int32_t>(gradscale_)} + (vote_ < 0 ? -1 : up);
        updated_ = std::clamp<std::int64_t>(stepped, numerics::gradscale_minimum,
                                            numerics::gradscale_maximum);
    }
    void write(Group&) override {
        if (places_.gradscale)
            ports_.write_scalar(instruction_.scalars[*places_.gradscale],
                                static_cast<std::uint32_t>(updated_));
        if (places_.vote_out)
            ports_.write_scalar(instruction_.scalars[*places_.vote_out],
                                static_cast<std::uint32_t>(vote_));
    }

    isa::VectorInstruction instruction_;
    Places places_;
    std::uint32_t gradscale_ = 0, maximum_ = 0, vote_a_ = 0, vote_b_ = 0;  ///< as read
    std::int64_t vote_ = 0;                                                ///< 32 bits
    std::int64_t updated_ = 0;
};

}  // namespace

std::unique_ptr<Operation> make_quantise_gradient(const isa::VectorInstruction& instruction,
                                                  const Params& params, ClockedPorts& ports) {
    for (std::size_t i = 0; i < 2; ++i) {
        const isa::Operand& out = instruction.out[i];
        if (out.address != isa::no_address && numerics::bits(out.format) != 4)
            reject(instruction,
                   fmt::format("out[{}] is {}: must have 4 bits", i, numerics::name(out.format)));
    }
    return std::make_unique<QuantiseGradient>(instruction, params, ports);
}

std::unique_ptr<Operation> make_update_gradscale(const isa::VectorInstruction& instruction,
                                                 ClockedPorts& ports) {
    return std::make_unique<Gradscale>(
        instruction, Gradscale::Places{.gradscale = 0, .maximum = 1, .vote_out = 2}, ports);
}

std::unique_ptr<Operation> make_gradscale_vote(const isa::VectorInstruction& instruction,
                                               ClockedPorts& ports) {
    return std::make_unique<Gradscale>(instruction, Gradscale::Places{.maximum = 0, .vote_out = 1},
                                       ports);
}

std::unique_ptr<Operation> make_add_votes(const isa::VectorInstruction& instruction,
                                          ClockedPorts& ports) {
    return std::make_unique<Gradscale>(
        instruction, Gradscale::Places{.vote_a = 0, .vote_b = 1, .vote_out = 2}, ports);
}

std::unique_ptr<Operation> make_apply_gradscale(const isa::VectorInstruction& instruction,
                                                ClockedPorts& ports) {
    return std::make_unique<Gradscale>(instruction, Gradscale::Places{.gradscale = 0, .vote_a = 1},
                                       ports);
}

}  // namespace quatrain::scaling_unit
