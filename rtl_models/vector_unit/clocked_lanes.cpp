// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/clocked_lanes.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/elementary.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

constexpr std::uint8_t less = 1, equal = 2, greater = 4;

std::uint8_t comparison(float left, float right) {
    return static_cast<std::uint8_t>((left < right ? less : 0) | (left == right ? equal : 0) |
                                     (left > right ? greater : 0));
}

float arithmetic(Action action, float left, float right) {
    switch (action) {
        case Action::add:
            return left + right;
        case Action::subtract:
            return left - right;
        case Action::multiply:
            return left * right;
        case Action::divide:
            return left / right;
        case Action::square_root:
            return std::sqrt(left);
        case Action::exponential:
            return numerics::exp_rounded(left);
        case Action::logarithm:
            return numerics::log_rounded(left);
        case Action::magnitude:
            return std::fabs(left);
        default:
            return left;
    }
}

Event event_of(Unit unit) {
    if (unit == Unit::adder) return Event::vector_unit_adds;
    return unit == Unit::multiplier ? Event::vector_unit_multiplies : Event::vector_unit_special;
}

}  // namespace

std::size_t SharedRegisters::at(std::int64_t index) const {
    if (index < 0 || index >= size())
        throw std::logic_error(
            fmt::format("vector_unit: shared register {} of {}: does not exist", index, size()));
    return static_cast<std::size_t>(index);
}

void SharedRegisters::resize(std::int64_t count) {
    entries_.resize(static_cast<std::size_t>(count));
}

void SharedRegisters::load(std::int64_t index, float value) {
    Entry& entry = entries_[at(index)];
    entry.value = value;
    entry.valid = true;
}

void SharedRegisters::write(std::int64_t index, float value, std::uint64_t step) {
    if (entries_[at(index)].written == step)
        throw std::logic_error(
            fmt::format("vector_unit: shared register {}: two lanes write it in one cycle", index));
    load(index, value);
    entries_[at(index)].written = step;
}

Lanes::Lanes(const MicroProgram& program, const isa::VectorInstruction& instruction,
             const Sequence& sequence, std::int64_t lanes)
    : program_(program),
      instruction_(instruction),
      sequence_(sequence),
      lanes_(static_cast<std::size_t>(lanes)) {
    const std::int64_t columns = instruction.columns;
    const std::vector<bool> vectors = registers_used(program, File::column, columns_.size());
    const std::vector<bool> sums = registers_used(program, File::sum, sums_.size());
    for (std::size_t i = 0; i < vectors.size(); ++i) columns_[i].resize(vectors[i] ? columns : 0);
    for (std::size_t i = 0; i < sums.size(); ++i) sums_[i].resize(sums[i] ? columns : 0);
    scalars_.resize(static_cast<std::int64_t>(instruction.scalars.size()));
    if (program.walk == Walk::windows) line_.resize(sequence.elements(Index::window_input));
    if (program.walk == Walk::rows)
        for (Lane& lane : lanes_) lane.row.resize(static_cast<std::size_t>(columns));
    store_.resize(sequence.store_elements());
}

void Lanes::reject(const std::string& message) const {
    throw std::invalid_argument(
        fmt::format("vector_unit {}: {}", isa::name(program_.operation), message));
}

const isa::Operand& Lanes::input(std::size_t index) const {
    if (instruction_.in[index].address == isa::no_address)
        reject(fmt::format("in[{}] is not given", index));
    return instruction_.in[index];
}

const isa::Operand& Lanes::output(std::size_t index) const {
    if (instruction_.out[index].address == isa::no_address)
        reject(fmt::format("out[{}] is not given", index));
    return instruction_.out[index];
}

bool Lanes::scalar_given(std::size_t index) const {
    return instruction_.scalars[index] != isa::no_address;
}

bool Lanes::given(const Need& need) const {
    if (need.kind == Need::Kind::scalar) return scalar_given(need.index);
    if (need.kind == Need::Kind::input)
        return instruction_.in[need.index].address != isa::no_address;
    return true;
}

void Lanes::load_scalars(const Ports& ports) {
    const std::vector<bool> used =
        registers_used(program_, File::scalar, instruction_.scalars.size());
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (!used[i] || !scalar_given(i)) continue;
        const std::uint32_t code = ports.scalar.read(instruction_.scalars[i] * 8, 32);
        counts_[Event::scalar_read_bits] += 32;
        const bool starts_from_zero =
            i == 0 && program_.accumulates_scalar && !instruction_.accumulate;
        scalars_.load(static_cast<std::int64_t>(i),
                      starts_from_zero ? 0.0F : numerics::decode(numerics::Format::fp32, code));
    }
}

void Lanes::clear() {
    for (Lane& lane : lanes_) {
        lane.r.fill(0.0F);
        lane.flags.fill(0);
        lane.position = 0;
        lane.label = 0;
    }
}

void Lanes::execute(const Step& step, const Ports& ports) {
    ++step_;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        const std::optional<Place> place = sequence_.place(static_cast<std::int64_t>(i));
        if (!place) continue;
        for (const MicroOperation& one : step.actions)
            if (happens(one, *place)) execute(one, lanes_[i], *place, ports);
    }
}

bool Lanes::happens(const MicroOperation& one, const Place& place) const {
    if (!given(one.need)) return false;
    switch (one.when) {
        case When::first_step:
            return place.first_step;
        case When::last_step:
            return place.last_step;
        case When::last_row:
            return place.last_row;
        default:
            return true;
    }
}

bool Lanes::holds(const MicroOperation& one, const Lane& lane, const Place& place) const {
    const unsigned flags = lane.flags.at(one.flags);
    switch (one.condition) {
        case Condition::less:
            return (flags & less) != 0;
        case Condition::less_equal:
            return (flags & (less | equal)) != 0;
        case Condition::greater:
            return (flags & greater) != 0;
        case Condition::greater_equal:
            return (flags & (greater | equal)) != 0;
        case Condition::first:
            return place.first;
        case Condition::at_position:
            return place.step == lane.position;
        case Condition::at_label:
            return place.column == lane.label;
    }
    throw std::logic_error("vector_unit: no such condition");
}

void Lanes::execute(const MicroOperation& one, Lane& lane, const Place& place, const Ports& ports) {
    switch (one.action) {
        case Action::read:
            return read(one, lane, place, ports);
        case Action::read_label:
            return read_label(one, lane, place, ports);
        case Action::write:
            return write_element(one.operand, one.index, place[one.index],
                                 value(one.left, lane, place, ports));
        case Action::clear:
            return clear_element(one.operand, one.index, place[one.index]);
        case Action::write_vector:
            return write_vector(one.operand, value(one.left, lane, place, ports), place.column);
        case Action::write_scalar:
            return write_scalar(one.operand, value(one.left, lane, place, ports));
        case Action::select:
            return set(one.to,
                       value(holds(one, lane, place) ? one.left : one.right, lane, place, ports),
                       lane, place);
        case Action::keep_position:
            if (holds(one, lane, place)) lane.position = place.step;
            return;
        default:
            return execute_unit(one, lane, place, ports);
    }
}

void Lanes::execute_unit(const MicroOperation& one, Lane& lane, const Place& place,
                         const Ports& ports) {
    const float left = value(one.left, lane, place, ports);
    const float right = value(one.right, lane, place, ports);
    if (unit(one.action) != Unit::none) ++counts_[event_of(unit(one.action))];
    if (one.action == Action::compare)
        lane.flags.at(one.flags) = comparison(left, right);
    else
        set(one.to, arithmetic(one.action, left, right), lane, place);
}

SharedRegisters& Lanes::shared(File file, std::size_t index) {
    switch (file) {
        case File::column:
            return columns_.at(index);
        case File::sum:
            return sums_.at(index);
        case File::scalar:
            return scalars_;
        default:
            return store_;
    }
}

float Lanes::value(Register from, const Lane& lane, const Place& place, const Ports& ports) {
    switch (from.file) {
        case File::lane:
            return lane.r.at(from.index);
        case File::row:
            return lane.row.at(static_cast<std::size_t>(place.column));
        case File::column:
        case File::sum:
            return read_column(from.file, from.index, place.column, ports);
        case File::store:
            return place.store < 0 ? 0.0F : store_.value(place.store);
        case File::scalar:
            if (!scalars_.holds(from.index))
                reject(fmt::format("scalars[{}] is not given", from.index));
            return scalars_.value(from.index);
        case File::immediate:
            return static_cast<float>(instruction_.immediate);
        case File::constant:
            return from.index == 0 ? 0.0F : 1.0F;
    }
    throw std::logic_error("vector_unit: no such register file");
}

void Lanes::set(Register to, float value, Lane& lane, const Place& place) {
    switch (to.file) {
        case File::lane:
            lane.r.at(to.index) = value;
            return;
        case File::row:
            lane.row.at(static_cast<std::size_t>(place.column)) = value;
            return;
        case File::store:
            if (place.store >= 0) store_.write(place.store, value, step_);
            return;
        case File::scalar:
            return scalars_.write(to.index, value, step_);
        case File::column:
        case File::sum:
            return shared(to.file, to.index).write(place.column, value, step_);
        default:
            throw std::logic_error("vector_unit: a constant is no place for a result");
    }
}

float Lanes::read_column(File file, std::size_t index, std::int64_t column, const Ports& ports) {
    SharedRegisters& registers_of_vector = shared(file, index);
    if (registers_of_vector.holds(column)) return registers_of_vector.value(column);
    float value = 0.0F;
    if (file == File::column || instruction_.accumulate) {
        const isa::Operand& operand = file == File::column ? input(index) : output(index);
        value = numerics::decode(numerics::Format::fp32,
                                 ports.vector.read(operand.address * 8 + column * 32, 32));
        counts_[Event::vector_read_bits] += 32;
    }
    registers_of_vector.load(column, value);
    return value;
}

}  // namespace quatrain::vector_unit
