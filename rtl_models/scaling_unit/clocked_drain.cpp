// SPDX-License-Identifier: Apache-2.0
// The drain: accumulators times a scale, rounded (docs/training-step.md, GEMM).
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/scaling_unit/clocked_operation.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/scaling_unit/clocked_quantise.hpp"

#include <fmt/format.h>
#include <bit>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

/// 2^exponent, made by writing the exponent field.
float power_of_two(std::int64_t exponent, std::string_view what) {
    if (exponent < -126 || exponent > 127)
        throw std::invalid_argument(
            fmt::format("scaling_unit drain: {} 2^{}: must be 2^-126 to 2^127", what, exponent));
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

class DrainOperation : public Operation {
public:
    DrainOperation(const isa::Drain& drain, const Params& params, numerics::Format accumulator,
                   ClockedPorts& ports)
        : Operation(ports),
          drain_(drain),
          lanes_(params.lanes),
          accumulator_(accumulator),
          counter_(drain.rows, drain.columns) {}

    void read(Group& group) override {
        if (group.first) read_scalars();
        counter_.fill(group, lanes_);
        group.last = counter_.done();
        const int bits = numerics::bits(accumulator_);
        for (Lane& lane : group.lanes) {
            const std::int64_t row =
                drain_.accumulator_address + lane.row * drain_.accumulator_stride;
            lane.operands[0] = ports_.read_accumulator(8 * row + lane.column * bits, bits);
        }
    }

private:
    void read_scalars() {
        const auto read = [&](std::int64_t address, std::uint32_t otherwise) {
            return address == isa::no_address ? otherwise : ports_.read_scalar(address);
        };
        step_a_ = read(drain_.step_a, one);
        step_b_ = read(drain_.step_b, one);
        gradscale_ = read(drain_.gradscale, 0);
    }

    /// Multiplying by the 1 that stands for a missing factor changes no bit.
    void make_scale() {
        const std::int64_t gradscale = std::bit_cast<std::int32_t>(gradscale_);
        auto scale = std::bit_cast<float>(step_a_);
        scale = scale * std::bit_cast<float>(step_b_);
        scale = scale * power_of_two(-gradscale, "gradscale");
        scale_ = scale * power_of_two(drain_.exponent, "exponent");
    }

    void decode(Group& group) override {
        if (group.first) make_scale();
        for (Lane& lane : group.lanes) {
            ports_.count_element();
            lane.value = numerics::decode(accumulator_, lane.operands[0]);
        }
    }
    void scale(Group& group) override {
        for (Lane& lane : group.lanes) lane.value = lane.value * scale_;
    }
    void quantise(Group& group) override {
        for (Lane& lane : group.lanes)
            lane.code = clocked_code(drain_.format, lane.value, ports_.faults());
    }
    void write(Group& group) override {
        for (const Lane& lane : group.lanes) {
            const std::int64_t row = drain_.destination + lane.row * drain_.destination_stride;
            ports_.write({row, drain_.format, drain_.columns}, lane.column, lane.code);
        }
    }

    static constexpr std::uint32_t one = std::bit_cast<std::uint32_t>(1.0F);

    isa::Drain drain_;
    std::int64_t lanes_;
    numerics::Format accumulator_;
    ElementCounter counter_;
    std::uint32_t step_a_ = 0, step_b_ = 0, gradscale_ = 0;
    float scale_ = 1.0F;
};

}  // namespace

std::unique_ptr<Operation> make_operation(const isa::Drain& drain, const Params& params,
                                          numerics::Format accumulator, ClockedPorts& ports) {
    if (drain.rows < 1 || drain.columns < 1)
        throw std::invalid_argument(
            fmt::format("scaling_unit drain: rows x columns = {} x {}: must be at least 1 x 1",
                        drain.rows, drain.columns));
    constexpr std::int64_t largest = (std::int64_t{1} << counter_bits) - 1;
    in_range("scaling_unit row counter", drain.rows, 1, largest);
    in_range("scaling_unit column counter", drain.columns, 1, largest);
    return std::make_unique<DrainOperation>(drain, params, accumulator, ports);
}

}  // namespace quatrain::scaling_unit
