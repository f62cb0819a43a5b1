// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/mac_array/clocked.hpp"
#include "rtl_models/mac_array/clocked_structure.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"

#include <gtest/gtest.h>

namespace quatrain::mac_array {
namespace {

constexpr std::int64_t buffer_end = std::int64_t{1} << buffer_address_bits;
constexpr std::int64_t most_steps = (std::int64_t{1} << step_count_bits) - 1;

/// An accumulator buffer with a zero at every address.
struct EndlessMemory : MemoryPort {
    std::uint32_t read(std::int64_t, int) const override { return 0; }
    void write(std::int64_t, int, std::uint32_t) override {}
    void read_bytes(std::int64_t, std::span<std::byte>) const override {}
    void write_bytes(std::int64_t, std::span<const std::byte>) override {}
};

Params two_by_two() {
    return {.rows = 2,
            .cols = 2,
            .lanes_4bit = 1,
            .lanes_8bit = 1,
            .lanes_16bit = 1,
            .accumulator = Accumulator::dlfloat16,
            .chunk = 1};
}

/// An array that is given one pass, and operands whenever it takes them.
template <class Array>
struct Pins {
    Pins() : array("array", two_by_two()) {
        array.clock(clock.signal());
        array.start(start);
        array.pass(pass);
        array.ready(ready);
        array.stationary(stationary);
        array.moving(moving);
        array.stationary_ready(stationary_ready);
        array.moving_ready(moving_ready);
        array.preload_go(preload_go);
        array.stream_go(stream_go);
        array.done(done);
        array.accumulators(memory);
        stationary.write({.valid = true, .codes = {1, 1}});
        moving.write({.valid = true, .codes = {1, 1}});
        sc_core::sc_start(0.5, sc_core::SC_NS);
    }
    std::string failure_after(const Command& command) {
        start.write(true);
        pass.write(command);
        clock.cycle();
        start.write(false);
        for (int i = 0; i < 20; ++i) clock.cycle();
        return test::failure_text(array.failure());
    }

    test::HandClock clock;
    EndlessMemory memory;
    sc_core::sc_signal<bool> start{"start"}, ready{"ready"}, done{"done"};
    sc_core::sc_signal<Command> pass{"pass"};
    sc_core::sc_signal<OperandBeat> stationary{"stationary"}, moving{"moving"};
    sc_core::sc_signal<bool> stationary_ready{"stationary_ready"}, moving_ready{"moving_ready"};
    sc_core::sc_signal<bool> preload_go{"preload_go"}, stream_go{"stream_go"};
    Array array;
};

/// What both arrays must say of a pass.
template <class Pass>
void expect_message(const Pass& pass, const std::string& message) {
    {
        const KernelContext kernel;
        EXPECT_EQ(Pins<ClockedArray>().failure_after({pass, 1}), message);
    }
    const KernelContext kernel;
    EXPECT_EQ(Pins<StructuralArray>().failure_after({pass, 1}), message);
}

isa::WeightStationaryPass weight_stationary() {
    isa::WeightStationaryPass pass;
    pass.k_count = 2;
    pass.vectors = 2;
    pass.columns = 2;
    pass.accumulator_stride = 4;
    return pass;
}

isa::OutputStationaryPass output_stationary() {
    isa::OutputStationaryPass pass;
    pass.stationary_format = numerics::Format::int4;
    pass.outputs = 2;
    pass.pixels = 2;
    pass.columns = 2;
    pass.accumulator_stride = 4;
    return pass;
}

template <class Pass>
void expect_named(Pass pass, std::int64_t Pass::*steps, const std::string& name) {
    expect_message(pass, "no failure");
    Pass many = pass;
    many.*steps = most_steps;
    expect_message(many, "no failure");
    many.*steps = most_steps + 1;
    expect_message(many, "register array " + name + " = 2147483648: holds 0 to 2147483647");
    many.*steps = 0;
    expect_message(many, "no overflow: " + name + " = 0: must be at least 1");
    Pass address = pass;
    address.accumulator_address = buffer_end - 8;
    expect_message(address, "no failure");
    address.accumulator_address = buffer_end;
    expect_message(address,
                   "register array accumulator_address = 1073741824: holds 0 to 1073741823");
    Pass stride = pass;
    stride.accumulator_stride = -4;
    expect_message(stride, "register array accumulator_stride = -4: holds 0 to 1073741823");
    stride.accumulator_stride = buffer_end;
    expect_message(stride, "register array accumulator_stride = 1073741824: holds 0 to 1073741823");
}

TEST(ClockedArrayControl, AValueBeyondItsRegisterIsNamed) {
    expect_named(weight_stationary(), &isa::WeightStationaryPass::vectors, "vectors");
    expect_named(output_stationary(), &isa::OutputStationaryPass::pixels, "pixels");
}

TEST(ClockedArrayControl, AnAccumulatorAddressThatRunsBeyondItsRegisterIsNamed) {
    const std::string counter =
        "register array accumulator address = 8589934592: holds 0 to 8589934591";
    const std::string port =
        "register array accumulator port address = 8589934592: holds 0 to 8589934591";
    // The second vector; the second row that is resumed.
    isa::WeightStationaryPass vectors = weight_stationary();
    vectors.accumulator_address = buffer_end - 4;
    expect_message(vectors, counter);
    isa::OutputStationaryPass rows = output_stationary();
    rows.accumulator_address = buffer_end - 4;
    rows.resume = true;
    expect_message(rows, counter);
    // The second row that is drained.
    rows.resume = false;
    expect_message(rows, port);
    // The second column, behind the rounder, of a drain and of a row that is resumed.
    vectors.accumulator_address = buffer_end - 2;
    vectors.vectors = 1;
    expect_message(vectors, port);
    rows.accumulator_address = buffer_end - 2;
    rows.outputs = 1;
    expect_message(rows, port);
    rows.resume = true;
    expect_message(rows, port);
}

TEST(ClockedArrayControl, AnArrayBeyondItsCountersIsRefused) {
    const auto make = [](Params params) { return Control(params); };
    std::int64_t rows = 0, cols = 0, lanes = 0;
    for (const ParameterInfo& one : parameter_info(Params{})) {
        const auto largest = static_cast<std::int64_t>(one.maximum);
        if (one.name == "rows") rows = largest;
        if (one.name == "cols") cols = largest;
        if (one.name == "lanes_4bit") lanes = largest;
    }
    EXPECT_NO_THROW(make({.rows = rows, .cols = cols, .lanes_4bit = lanes, .lanes_16bit = lanes}));
    EXPECT_THROW(make({.rows = 1 << position_bits}), std::overflow_error);
    EXPECT_THROW(make({.cols = 1 << position_bits}), std::overflow_error);
    EXPECT_THROW(make({.lanes_4bit = lanes + 1}), std::overflow_error);
    EXPECT_THROW(make({.lanes_8bit = lanes + 1}), std::overflow_error);
    EXPECT_THROW(make({.lanes_16bit = lanes + 1}), std::overflow_error);
    EXPECT_THROW(make({.lanes_32bit = lanes + 1}), std::overflow_error);
}

}  // namespace
}  // namespace quatrain::mac_array
