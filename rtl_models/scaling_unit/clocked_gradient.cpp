// SPDX-License-Identifier: Apache-2.0
// Gradients: both phases of fp4_r4, fp8_152, what is tracked beside them, and GradScale
// (docs/training-step.md, rule 12).
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
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
    QuantiseGradient(const isa::VectorInstruction& instruction, std::uint32_t threshold,
                     const Params& params, ClockedPorts& ports)
        : Operation(ports),
          instruction_(instruction),
          threshold_(threshold),
          lanes_(params.lanes),
          input_(input_run(instruction, 0, instruction.rows * instruction.columns)),
          first_(output_run(instruction, 0, input_.elements)),
          second_(output_run(instruction, 1, input_.elements)),
          makes_second_(second_.address != isa::no_address),
          makes_odd_(makes_second_ && second_.format == numerics::Format::fp4_r4),
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
    std::uint32_t code(numerics::Format format, float t, bool odd_phase) const {
        return format == numerics::Format::fp4_r4 ? clocked_fp4_code(t, odd_phase, threshold_)
                                                  : clocked_fp8_152_code(t);
    }
    /// The code without its sign is zero.
    static bool zero(numerics::Format format, std::uint32_t code) {
        return (code & (format == numerics::Format::fp4_r4 ? 7U : 0x7FU)) == 0;
    }
    void quantise(Group& group) override {
        for (Lane& lane : group.lanes) {
            count_faults(lane.value, ports_.faults());
            lane.code = code(first_.format, lane.value, false);
            if (makes_second_) lane.second_code = code(second_.format, lane.value, true);
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
            underflow += !t.zero() && zero(first_.format, lane.code) ? 1 : 0;
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
            ports_.write(first_, index(lane), lane.code);
            if (makes_second_) ports_.write(second_, index(lane), lane.second_code);
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
    std::uint32_t threshold_;  ///< as clocked_fp4_code() takes it
    std::int64_t lanes_;
    PackedRun input_, first_, second_;
    bool makes_second_, makes_odd_;
    ElementCounter counter_;
    std::uint32_t gradscale_ = 0;
    std::array<std::uint32_t, 3> tracked_{};  ///< as read: maximum, underflow, overflow
    float scale_ = 1.0F;
    float maximum_ = 0.0F;
    std::int64_t underflow_ = 0, overflow_ = 0;  ///< 32 bits each
};

/// The scalar path around GradScale: a comparator with two thresholds makes a vote, an adder sums
/// votes, a comparator takes the lesser of two, a counter goes a step with the sign of one. What an
/// operation does not have in its instruction it neither reads nor writes.
class Gradscale : public Operation {
public:
    /// Which of the instruction's scalars are what.
    struct Places {
        std::optional<std::size_t> gradscale{}, maximum{}, vote_a{}, vote_b{}, vote_out{};
        bool least = false;  ///< of the votes, instead of their sum
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
            vote_ = places_.least ? least() : sum();
            return;
        }
        const auto maximum = std::bit_cast<float>(maximum_);
        const std::int32_t up_or_stay = maximum <= 32.0F ? 1 : 0;
        vote_ = maximum <= 64.0F ? up_or_stay : -1;
    }
    std::int64_t sum() const {
        using Limits = std::numeric_limits<std::int32_t>;
        return std::clamp<std::int64_t>(std::int64_t{std::bit_cast<std::int32_t>(vote_a_)} +
                                            std::bit_cast<std::int32_t>(vote_b_),
                                        Limits::min(), Limits::max());
    }
    std::int64_t least() const {
        const auto a = std::bit_cast<std::int32_t>(vote_a_);
        const bool alone = instruction_.scalars[*places_.vote_b] == isa::no_address;
        return alone ? a : std::min(a, std::bit_cast<std::int32_t>(vote_b_));
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
    using numerics::Format;
    for (std::size_t i = 0; i < 2; ++i) {
        const isa::Operand& out = instruction.out[i];
        const bool fits = out.format == Format::fp4_r4 || out.format == Format::fp8_152;
        if (out.address != isa::no_address && !fits)
            reject(instruction, fmt::format("out[{}] is {}: must be fp4_r4 or fp8_152", i,
                                            numerics::name(out.format)));
    }
    if (instruction.out[0].format != Format::fp4_r4 &&
        instruction.out[1].address != isa::no_address)
        reject(instruction, "out[1] is given: must have no address behind fp8_152 codes");
    const auto threshold = numerics::fp4_threshold_of_pattern(instruction.immediate);
    if (!threshold)
        reject(instruction, fmt::format("immediate = {}: must be 0 or the FP32 pattern of 1 to 4",
                                        instruction.immediate));
    return std::make_unique<QuantiseGradient>(instruction, numerics::fp4_threshold_key(*threshold),
                                              params, ports);
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

std::unique_ptr<Operation> make_least_vote(const isa::VectorInstruction& instruction,
                                           ClockedPorts& ports) {
    return std::make_unique<Gradscale>(
        instruction, Gradscale::Places{.vote_a = 0, .vote_b = 1, .vote_out = 2, .least = true},
        ports);
}

std::unique_ptr<Operation> make_apply_gradscale(const isa::VectorInstruction& instruction,
                                                ClockedPorts& ports) {
    return std::make_unique<Gradscale>(instruction, Gradscale::Places{.gradscale = 0, .vote_a = 1},
                                       ports);
}

}  // namespace quatrain::scaling_unit
