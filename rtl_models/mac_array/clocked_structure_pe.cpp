// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_structure_pe.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/numerics/accumulator.hpp"

#include <algorithm>
#include <bit>
#include <boost/container/static_vector.hpp>
#include <stdexcept>
#include <utility>

namespace quatrain::mac_array::structure {

using sc_dt::sc_int;
using sc_dt::sc_uint;

namespace {

constexpr int code_bits = 4;
constexpr int sum_bits = 32;
/// Products of 17 bits in 64 lanes.
constexpr int tree_bits = 17 + 6;

sc_uint<4> magnitude(const sc_uint<4>& code, bool negative) {
    return negative ? sc_uint<4>(~code + 1) : code;
}

/// Pins without a code carry zeros.
std::uint32_t code_at(const Codes& codes, std::size_t lane) {
    return lane < codes.size() ? codes[lane] : std::uint32_t{0};
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const ValidWord& word) {
    return word.valid ? stream << word.word : stream << "none";
}

void sc_trace(sc_core::sc_trace_file* file, const ValidWord& word, const std::string& name) {
    sc_core::sc_trace(file, word.valid, name + ".valid");
    sc_core::sc_trace(file, word.word, name + ".word");
}

// ---- multipliers

IntegerMultiplier::IntegerMultiplier(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(IntegerMultiplier);
    SC_METHOD(multiply);
    sensitive << a << b << a_signed << b_signed;
}

void IntegerMultiplier::multiply() {
    const bool a_negative = a_signed.read() && a.read()[3] == 1;
    const bool b_negative = b_signed.read() && b.read()[3] == 1;
    const sc_uint<8> multiplicand = magnitude(a.read(), a_negative);
    const sc_uint<4> multiplier = magnitude(b.read(), b_negative);
    sc_uint<8> sum = 0;
    for (int bit = 0; bit < code_bits; ++bit)
        if (multiplier[bit] == 1) sum += multiplicand << bit;
    const sc_int<17> value = static_cast<int>(sum);
    product.write(a_negative != b_negative ? sc_int<17>(-value) : value);
}

MultiplierLane::MultiplierLane(const sc_core::sc_module_name& name) : sc_module(name) {
    shifter_.operand(operand_);
    shifter_.operand_signed(operand_signed_);
    shifter_.code(code_);
    shifter_.product(shifted_);
    multiplier_.a(moving);
    multiplier_.b(stationary);
    multiplier_.a_signed(moving_signed);
    multiplier_.b_signed(stationary_signed);
    multiplier_.product(integer_);
    SC_HAS_PROCESS(MultiplierLane);
    SC_METHOD(route);
    sensitive << mode << moving << stationary << moving_signed << stationary_signed;
    SC_METHOD(select);
    sensitive << mode << shifted_ << integer_;
}

void MultiplierLane::route() {
    const bool moving_shifts = mode.read() == static_cast<unsigned>(Mode::moving_logarithmic);
    operand_.write(moving_shifts ? stationary.read() : moving.read());
    operand_signed_.write(moving_shifts ? stationary_signed.read() : moving_signed.read());
    code_.write(moving_shifts ? moving.read() : stationary.read());
}

void MultiplierLane::select() {
    const bool integer = mode.read() == static_cast<unsigned>(Mode::integer);
    product.write(integer ? integer_.read() : shifted_.read());
}

// ---- the PE's combinational logic

PeModule::PeModule(const sc_core::sc_module_name& name, const Params& params, std::int64_t row,
                   std::int64_t column, Guard guard, PassEvents& events)
    : sc_module(name),
      accumulator_(params.accumulator),
      accumulator_bits_(accumulator_bits(params.accumulator)),
      doubled_stationary_(params.double_stationary),
      doubled_result_(params.double_result),
      row_(row),
      column_(column),
      guard_(std::move(guard)),
      events_(events),
      lane_moving_("lane_moving", static_cast<std::size_t>(params.lanes_4bit)),
      lane_stationary_("lane_stationary", lane_moving_.size()),
      products_("product", lane_moving_.size()),
      lanes_("lane", lane_moving_.size()) {
    SC_HAS_PROCESS(PeModule);
    SC_METHOD(operands);
    sensitive << moving << stationary << stationary_ << shadow_;
    SC_METHOD(add);
    sensitive << moving << partial_sum << stationary << stationary_ << shadow_ << chunk_sum_
              << working_;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        lanes_[lane].mode(mode_);
        lanes_[lane].moving_signed(moving_signed_);
        lanes_[lane].stationary_signed(stationary_signed_);
        lanes_[lane].moving(lane_moving_[lane]);
        lanes_[lane].stationary(lane_stationary_[lane]);
        lanes_[lane].product(products_[lane]);
        sensitive << products_[lane];
    }
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

const StationaryStep& PeModule::operand() const {
    const StepControl& control = moving.read().control;
    if (control.dataflow == Dataflow::output_stationary) return stationary.read();
    return control.take_over && doubled_stationary_ ? shadow_.read() : stationary_.read();
}

int PeModule::active_lanes() const {
    const StepControl& control = moving.read().control;
    if (!control.valid) return 0;
    const int stored = operand().lanes;
    return control.dataflow == Dataflow::output_stationary ? std::min<int>(control.lanes, stored)
                                                           : stored;
}

void PeModule::operands() {
    const StepControl& control = moving.read().control;
    const bool four_bits = control.mode != Mode::floating;
    mode_.write(static_cast<unsigned>(control.mode));
    moving_signed_.write(control.moving_format == numerics::Format::int4);
    stationary_signed_.write(control.stationary_format == numerics::Format::int4);
    const auto code = [four_bits](const Codes& codes, std::size_t lane) {
        return four_bits ? sc_uint<4>(code_at(codes, lane)) : sc_uint<4>(0);
    };
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        lane_moving_[lane].write(code(moving.read().codes, lane));
        lane_stationary_[lane].write(code(operand().codes, lane));
    }
}

/// Neighbours in pairs; lanes without a pair of operands are gated to zero.
std::int64_t PeModule::adder_tree(int lanes) const {
    boost::container::static_vector<sc_int<tree_bits>, max_lanes> level;
    if (products_.size() == 0) return 0;
    for (int lane = 0; lane < static_cast<int>(products_.size()); ++lane)
        level.push_back(lane < lanes ? products_[static_cast<std::size_t>(lane)].read().to_int()
                                     : 0);
    while (level.size() > 1) {
        if (level.size() % 2 == 1) level.push_back(0);
        for (std::size_t pair = 0; pair < level.size() / 2; ++pair)
            level[pair] = level[2 * pair] + level[2 * pair + 1];
        level.resize(level.size() / 2);
    }
    return level.front();
}

std::vector<float> PeModule::decoded(numerics::Format format, const Codes& codes, int lanes) const {
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(lanes));
    for (int lane = 0; lane < lanes; ++lane)
        values.push_back(numerics::decode(format, code_at(codes, static_cast<std::size_t>(lane))));
    return values;
}

std::uint32_t PeModule::inner_product(int lanes, std::uint32_t before) const {
    const StepControl& control = moving.read().control;
    if (control.mode == Mode::floating) {
        const float group =
            numerics::group_sum(decoded(control.moving_format, moving.read().codes, lanes),
                                decoded(control.stationary_format, operand().codes, lanes));
        return std::bit_cast<std::uint32_t>(std::bit_cast<float>(before) + group);
    }
    const sc_int<sum_bits + 1> total = adder_tree(lanes) + std::bit_cast<std::int32_t>(before);
    return static_cast<std::uint32_t>(in_signed("sum", total, sum_bits));
}

PeModule::Sums PeModule::sums() const {
    const StepControl& control = moving.read().control;
    const int lanes = active_lanes();
    Sums sums;
    if (control.dataflow == Dataflow::weight_stationary) {
        sums.sum = partial_sum.read();
        if (lanes > 0) sums.sum = {true, inner_product(lanes, partial_sum.read().word)};
        return sums;
    }
    const bool clears = control.valid && control.first;
    sums.sum = {lanes > 0, clears ? 0 : chunk_sum_.read()};
    sums.accumulator = {lanes > 0, clears ? 0 : working_.read()};
    if (lanes > 0) {
        sums.sum.word = inner_product(lanes, sums.sum.word);
        if (control.rounds)
            sums.accumulator.word =
                round_into_accumulator(accumulator_, control, sums.accumulator.word, sums.sum.word);
    }
    return sums;
}

void PeModule::add() {
    // Pins that have not settled may carry a pair of control and codes that never is. What is still
    // wrong at the clock edge is thrown there.
    try {
        const Sums settling = sums();
        sum.write(settling.sum);
        next_result.write(settling.accumulator);
    } catch (const std::logic_error&) {
    } catch (const std::runtime_error&) {
    }
}

// ---- the PE's clock edge

void PeModule::edge() {
    guard_([this] {
        count(active_lanes());
        edge_of_sums(sums());
        edge_of_operands();
        resume_row();
    });
}

void PeModule::edge_of_sums(const Sums& sums) {
    const StepControl& control = moving.read().control;
    partial_sum_out.write(control.dataflow == Dataflow::weight_stationary ? sums.sum : ValidWord{});
    if (control.dataflow != Dataflow::output_stationary || !control.valid) return;
    chunk_sum_.write(control.rounds ? 0 : sums.sum.word);
    working_.write(sums.accumulator.word);
    if (control.last || !doubled_result_) result.write(sums.accumulator);
}

void PeModule::edge_of_operands() {
    moving_out.write(moving.read());
    stationary_out.write(stationary.read());
    StationaryStep front = stationary_.read(), shadow = shadow_.read();
    if (moving.read().control.take_over && doubled_stationary_) {
        front = shadow;
        shadow.lanes = 0;
    }
    const StationaryStep& bus = load.read();
    StationaryStep& target = doubled_stationary_ ? shadow : front;
    // A single register still has the pass before; the rows that the new one leaves out are not
    // loaded again.
    if (bus.load && bus.row == 0) target.lanes = doubled_stationary_ ? target.lanes : 0;
    if (bus.load && bus.row == row_) target = bus;
    stationary_.write(front);
    shadow_.write(shadow);
}

void PeModule::resume_row() {
    const ResumeRow& row = resume.read();
    if (!row.valid || row.row != row_ || column_ >= row.columns) return;
    EventCounts& counts = events_.of(row.pass);
    counts[Event::accumulator_read_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    counts[Event::result_register_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    working_.write(accumulators->read(port_address(row.accumulators + column_ * accumulator_bits_),
                                      accumulator_bits_));
    chunk_sum_.write(0);
}

void PeModule::count(int lanes) {
    const MovingStep& step = moving.read();
    ProcessingElement::Work work;
    work.macs = static_cast<std::uint32_t>(lanes);
    if (step.control.mode == Mode::floating) {
        const auto a = decoded(step.control.moving_format, step.codes, lanes);
        const auto b = decoded(step.control.stationary_format, operand().codes, lanes);
        for (std::size_t lane = 0; lane < a.size(); ++lane)
            work.zero_macs += a[lane] == 0 || b[lane] == 0 ? 1U : 0U;
    } else {
        for (std::size_t lane = 0; lane < static_cast<std::size_t>(lanes); ++lane) {
            in_unsigned("moving code", code_at(step.codes, lane), code_bits);
            in_unsigned("stationary code", code_at(operand().codes, lane), code_bits);
            work.zero_macs += products_.at(lane).read() == 0 ? 1U : 0U;
        }
    }
    if (step.control.dataflow == Dataflow::output_stationary && step.control.rounds && lanes > 0)
        work.accumulator_adds = 1;
    const StationaryStep& bus = load.read();
    if (bus.load && bus.row == row_)
        work.stationary_register_bits = static_cast<std::uint32_t>(bus.lanes * bus.element_bits);
    events_.charge(work, step.control.pass, bus.pass);
}

}  // namespace quatrain::mac_array::structure
