// SPDX-License-Identifier: Apache-2.0
// What the lanes read from the buffers and hand to the write ports.
#include "rtl_models/vector_unit/clocked_lanes.hpp"

#include "rtl_models/numerics/codec.hpp"

#include <fmt/format.h>
#include <limits>
#include <stdexcept>
#include <utility>

namespace quatrain::vector_unit {
namespace {

std::int64_t element_bit(const isa::Operand& operand, std::int64_t element) {
    return operand.address * 8 + element * numerics::bits(operand.format);
}

std::uint32_t low_bits(std::uint32_t code, int bits) {
    return bits == 32 ? code : code & ((1U << bits) - 1);
}

}  // namespace

/// The smallest access is a byte, which two codes of 4 bits share; the last of an odd number has it
/// alone.
int Lanes::touched_bits(numerics::Format format, Index index, std::int64_t element) const {
    const int bits = numerics::bits(format);
    const bool alone = bits == 4 && element % 2 == 0 && element + 1 == sequence_.elements(index);
    return alone ? 8 : bits;
}

float Lanes::read_element(std::size_t operand, Index index, std::int64_t element,
                          const Ports& ports) {
    const isa::Operand& from = input(operand);
    const int bits = numerics::bits(from.format);
    const int touched = touched_bits(from.format, index, element);
    const std::uint32_t code = ports.vector.read(element_bit(from, element), touched);
    counts_[Event::vector_read_bits] += static_cast<std::uint64_t>(touched);
    return numerics::decode(from.format, low_bits(code, bits));
}

float Lanes::read_line(std::size_t operand, std::int64_t element, const Ports& ports) {
    if (!line_.holds(element))
        line_.load(element, read_element(operand, Index::window_input, element, ports));
    return line_.value(element);
}

void Lanes::read(const MicroOperation& one, Lane& lane, const Place& place, const Ports& ports) {
    const std::int64_t element = place[one.index];
    float value = 0.0F;
    if (element < 0)
        value = -std::numeric_limits<float>::infinity();  // padding is never the largest
    else if (one.index == Index::window_input)
        value = read_line(one.operand, element, ports);
    else
        value = read_element(one.operand, one.index, element, ports);
    if (one.step != no_scalar && scalar_given(one.step)) {
        value = value * scalars_.value(one.step);
        ++counts_[Event::vector_unit_multiplies];
    }
    set(one.to, value, lane, place);
}

void Lanes::read_label(const MicroOperation& one, Lane& lane, const Place& place,
                       const Ports& ports) {
    const isa::Operand& labels = input(one.operand);
    if (labels.format != numerics::Format::int32)
        reject(
            fmt::format("in[{}] is {}: must be int32", one.operand, numerics::name(labels.format)));
    lane.label =
        static_cast<std::int32_t>(ports.vector.read(element_bit(labels, place[one.index]), 32));
    counts_[Event::vector_read_bits] += 32;
    if (lane.label < 0 || lane.label >= instruction_.columns)
        reject(fmt::format("label = {}: must be a column, 0 to {}", lane.label,
                           instruction_.columns - 1));
}

void Lanes::write_element(std::size_t operand, Index index, std::int64_t element, float value) {
    const isa::Operand& to = output(operand);
    numerics::Faults faults;
    const std::uint32_t code = numerics::encode(to.format, value, &faults);
    counts_[Event::fault_nan] += faults.nan;
    counts_[Event::fault_infinity] += faults.infinity;
    counts_[Event::fault_saturated] += faults.saturated;
    writes_.push_back({.bit_address = element_bit(to, element),
                       .bits = numerics::bits(to.format),
                       .value = code,
                       .touched = touched_bits(to.format, index, element)});
}

void Lanes::clear_element(std::size_t operand, Index index, std::int64_t element) {
    const isa::Operand& to = output(operand);
    const int touched = touched_bits(to.format, index, element);
    writes_.push_back(
        {.bit_address = element_bit(to, element), .bits = touched, .value = 0, .touched = touched});
}

void Lanes::write_vector(std::size_t operand, float value, std::int64_t column) {
    writes_.push_back({.bit_address = output(operand).address * 8 + column * 32,
                       .bits = 32,
                       .value = numerics::encode(numerics::Format::fp32, value),
                       .touched = 32});
}

void Lanes::write_scalar(std::size_t index, float value) {
    if (!scalar_given(index)) reject(fmt::format("scalars[{}] is not given", index));
    writes_.push_back({.scalar = true,
                       .bit_address = instruction_.scalars[index] * 8,
                       .bits = 32,
                       .value = numerics::encode(numerics::Format::fp32, value),
                       .touched = 32});
}

void Lanes::retire() {
    for (; retired_ < store_.size() && sequence_.store_complete(retired_); ++retired_)
        write_element(0, Index::tile, retired_, store_.value(retired_));
}

void Lanes::finish(const Ports& ports) {
    retire();
    for (const Sweep& sweep : program_.sweeps)
        for (const Step& step : sweep.steps)
            for (const MicroOperation& one : step.actions)
                if (one.action == Action::read && one.index == Index::window_input)
                    for (std::int64_t i = 0; i < line_.size(); ++i)
                        read_line(one.operand, i, ports);
}

std::vector<Write> Lanes::take_writes() {
    return std::exchange(writes_, {});
}

}  // namespace quatrain::vector_unit
