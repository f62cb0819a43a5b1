// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_pe.hpp"

#include "rtl_models/fp4_multiplier/function.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/numerics/accumulator.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

namespace quatrain::mac_array {
namespace {

using numerics::Format;

constexpr int chunk_sum_bits = 32;
/// No codes make a product that does not fit: both are checked against 4 bits first, an operand is
/// -8 to 15 at most, and fp4_r4 shifts it by 12 places at most. The check of the product in the PE
/// stands for the width of the multiplier's wires; no pin can make it fail.
constexpr int product_bits = 17;
static_assert([] {
    constexpr std::int32_t end = 1 << (product_bits - 1);
    for (std::int32_t a = -8; a < 16; ++a)
        for (std::int32_t b = -8; b < 16; ++b) {
            const std::int32_t shifted =
                fp4_multiplier::multiply(a, static_cast<std::uint8_t>(b & 15));
            if (shifted < -end || shifted >= end || a * b < -end || a * b >= end) return false;
        }
    return true;
}());

/// A code on wires of 4 bits.
inline std::uint32_t four_bits(std::uint32_t code) {
    if (code > 15)
        throw std::overflow_error(fmt::format("code = {:#x}: does not fit 4 bits", code));
    return code;
}

inline std::int32_t integer_operand(Format format, std::uint32_t code) {
    four_bits(code);
    if (format == Format::uint4) return code;
    if (code == 8) throw std::invalid_argument("code = 0x8: int4 has no -8");
    return code < 8 ? code : code - 16;
}

[[noreturn]] void throw_overflow(const char* what, std::int64_t value, int bits) {
    throw std::overflow_error(
        fmt::format("{} = {}: does not fit a register of {} bits", what, value, bits));
}

/// value, which a register of `bits` bits with sign must hold.
inline std::int32_t checked_signed(const char* what, std::int64_t value, int bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    if (value < -limit || value >= limit) throw_overflow(what, value, bits);
    return static_cast<std::int32_t>(value);
}

/// A product of two 4-bit operands, and whether an operand is zero.
struct Product {
    std::int32_t value;
    bool gated;
};

inline Product shifted(Format format, std::uint32_t operand_code, std::uint32_t fp4_code) {
    const std::int32_t operand = integer_operand(format, operand_code);
    return {fp4_multiplier::multiply(operand, static_cast<std::uint8_t>(four_bits(fp4_code))),
            operand == 0 || (fp4_code & 7) == 0};
}

template <Mode mode>
inline Product multiply(const StepControl& control, std::uint32_t moving,
                        std::uint32_t stationary) {
    if constexpr (mode == Mode::moving_logarithmic) {
        return shifted(control.stationary_format, stationary, moving);
    } else if constexpr (mode == Mode::stationary_logarithmic) {
        return shifted(control.moving_format, moving, stationary);
    } else {
        const std::int32_t a = integer_operand(control.moving_format, moving);
        const std::int32_t b = integer_operand(control.stationary_format, stationary);
        return {a * b, a == 0 || b == 0};
    }
}

struct InnerProduct {
    std::uint32_t sum;  ///< `before` and the lanes' products
    std::uint32_t zeros;
};

template <Mode mode>
InnerProduct integer_products(const StepControl& control, const Codes& moving,
                              const Codes& stationary, int lanes, std::uint32_t before) {
    const std::uint32_t* moving_codes = moving.data();
    const std::uint32_t* stationary_codes = stationary.data();
    std::int64_t sum = std::bit_cast<std::int32_t>(before);
    std::uint32_t zeros = 0;
    for (int lane = 0; lane < lanes; ++lane) {
        const Product product = multiply<mode>(control, moving_codes[lane], stationary_codes[lane]);
        sum += checked_signed("product", product.value, product_bits);
        zeros += product.gated ? 1U : 0U;
    }
    return {static_cast<std::uint32_t>(checked_signed("chunk sum", sum, chunk_sum_bits)), zeros};
}

InnerProduct float_products(const StepControl& control, const Codes& moving,
                            const Codes& stationary, int lanes, std::uint32_t before) {
    std::array<float, max_lanes> a{}, b{};
    std::uint32_t zeros = 0;
    for (int lane = 0; lane < lanes; ++lane) {
        a[lane] = numerics::decode(control.moving_format, moving[lane]);
        b[lane] = numerics::decode(control.stationary_format, stationary[lane]);
        zeros += a[lane] == 0 || b[lane] == 0 ? 1U : 0U;
    }
    const auto count = static_cast<std::size_t>(lanes);
    const float group = numerics::group_sum(std::span(a).first(count), std::span(b).first(count));
    return {std::bit_cast<std::uint32_t>(std::bit_cast<float>(before) + group), zeros};
}

InnerProduct products(const StepControl& control, const Codes& moving, const Codes& stationary,
                      int lanes, std::uint32_t before) {
    switch (control.mode) {
        case Mode::integer:
            return integer_products<Mode::integer>(control, moving, stationary, lanes, before);
        case Mode::moving_logarithmic:
            return integer_products<Mode::moving_logarithmic>(control, moving, stationary, lanes,
                                                              before);
        case Mode::stationary_logarithmic:
            return integer_products<Mode::stationary_logarithmic>(control, moving, stationary,
                                                                  lanes, before);
        default:
            return float_products(control, moving, stationary, lanes, before);
    }
}

inline void require_codes(int lanes, const Codes& moving, const Codes& stationary) {
    const auto needed = static_cast<std::size_t>(lanes);
    if (moving.size() < needed || stationary.size() < needed) {
        throw std::out_of_range(fmt::format("{} moving and {} stationary codes: must be {}",
                                            moving.size(), stationary.size(), lanes));
    }
}

}  // namespace

std::uint32_t round_into_accumulator(Accumulator accumulator, const StepControl& control,
                                     std::uint32_t code, std::uint32_t chunk_sum) {
    const Format format = accumulator_format(accumulator);
    if (control.mode == Mode::floating) {
        return numerics::encode(format, numerics::add_chunk(format, numerics::decode(format, code),
                                                            std::bit_cast<float>(chunk_sum)));
    }
    const std::int64_t sum = std::bit_cast<std::int32_t>(chunk_sum);
    if (format == Format::int32) {
        return static_cast<std::uint32_t>(
            numerics::add_chunk_int32(std::bit_cast<std::int32_t>(code), sum));
    }
    constexpr int fp4_unit_log2 = -6;
    const int unit = control.mode == Mode::integer ? 0 : fp4_unit_log2;
    return numerics::encode(format,
                            numerics::add_chunk(format, numerics::decode(format, code), sum, unit));
}

ProcessingElement::ProcessingElement(const Params& params, std::int64_t row, std::int64_t column)
    : accumulator_(params.accumulator),
      doubled_stationary_(params.double_stationary),
      doubled_result_(params.double_result),
      row_(row),
      column_(column) {}

inline int ProcessingElement::active_lanes(const StepControl& control) const {
    if (!control.valid || column_ >= control.columns) return 0;
    if (control.dataflow == Dataflow::output_stationary)
        return row_ < control.outputs ? control.lanes : 0;
    return static_cast<int>(
        std::clamp<std::int64_t>(control.k_count - row_ * control.lanes, 0, control.lanes));
}

inline const Codes& ProcessingElement::stationary_operand(const Inputs& inputs) const {
    const StepControl& control = inputs.moving.control;
    if (control.dataflow == Dataflow::output_stationary) return inputs.stationary;
    return control.take_over && doubled_stationary_ ? shadow_ : stationary_;
}

inline ProcessingElement::Cycle ProcessingElement::cycle(const Inputs& inputs) const {
    const StepControl& control = inputs.moving.control;
    const bool output_stationary = control.dataflow == Dataflow::output_stationary;
    const bool clears = output_stationary && control.valid && control.first;
    Cycle cycle;
    cycle.outputs.sum = output_stationary ? (clears ? 0 : chunk_sum_) : inputs.partial_sum;
    cycle.outputs.accumulator = clears ? 0 : working_;
    const int lanes = active_lanes(control);
    if (lanes > 0) {
        require_codes(lanes, inputs.moving.codes, stationary_operand(inputs));
        const InnerProduct product = products(control, inputs.moving.codes,
                                              stationary_operand(inputs), lanes, cycle.outputs.sum);
        cycle.outputs.sum = product.sum;
        cycle.work.macs = static_cast<std::uint32_t>(lanes);
        cycle.work.zero_macs = product.zeros;
        if (output_stationary && control.rounds) {
            cycle.outputs.accumulator = round_into_accumulator(
                accumulator_, control, cycle.outputs.accumulator, cycle.outputs.sum);
            cycle.work.accumulator_adds = 1;
        }
    }
    return cycle;
}

ProcessingElement::Outputs ProcessingElement::evaluate(const Inputs& inputs) const {
    return cycle(inputs).outputs;
}

ProcessingElement::Work ProcessingElement::edge(const Inputs& inputs) {
    const StepControl& control = inputs.moving.control;
    auto [outputs, work] = cycle(inputs);
    if (control.valid && control.dataflow == Dataflow::weight_stationary) {
        partial_sum_ = outputs.sum;
    } else if (control.valid) {
        chunk_sum_ = control.rounds ? 0 : outputs.sum;
        working_ = outputs.accumulator;
        if (control.last) result_ = outputs.accumulator;
        stationary_down_ = inputs.stationary;
    }
    if (inputs.resumed) {
        working_ = *inputs.resumed;
        chunk_sum_ = 0;
    }
    if (control.take_over && doubled_stationary_) stationary_ = shadow_;
    const StationaryStep& load = inputs.load;
    if (load.load && load.row == row_ && column_ < load.columns) {
        (doubled_stationary_ ? shadow_ : stationary_) = load.codes;
        work.stationary_register_bits = static_cast<std::uint32_t>(load.lanes * load.element_bits);
    }
    moving_.control = control;
    if (control.valid) moving_.codes = inputs.moving.codes;
    return work;
}

}  // namespace quatrain::mac_array
