// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/value_change_dump.hpp"
#include "tests/unit/scaling_unit/clocked_bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorInstruction;
using isa::VectorOperation;
using testing::HasSubstr;

constexpr std::byte untouched{0xA5};

template <class T>
void put(std::vector<std::byte>& memory, std::size_t address, T value) {
    std::memcpy(memory.data() + address, &value, sizeof(value));
}

/// Sixteen-bit copies of `columns` FP32 accumulators.
Problem drain_problem(const Params& params, std::int64_t columns) {
    Problem problem;
    problem.params = params;
    problem.accumulator.resize(static_cast<std::size_t>(4 * columns));
    problem.vector.assign(static_cast<std::size_t>(2 * columns), untouched);
    for (std::int64_t i = 0; i < columns; ++i)
        put(problem.accumulator, static_cast<std::size_t>(4 * i), 1.0F);
    isa::Drain drain;
    drain.rows = 1;
    drain.columns = columns;
    drain.format = numerics::Format::fp16;
    problem.command = {drain, 1};
    return problem;
}

/// Elements of the drain's result that are written.
std::int64_t written(const Problem& problem) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < problem.vector.size(); i += 2)
        count += problem.vector[i] != untouched ? 1 : 0;
    return count;
}

TEST(ClockedScalingUnit, WritesAGroupPerCycleOnceThePipelineIsFull) {
    for (const std::int64_t depth : {1, 2, 5, 8}) {
        Problem problem = drain_problem({.lanes = 3, .depth = depth, .special_cycles = 1}, 8);
        const KernelContext kernel;
        ClockedBench bench(problem);
        bench.cycle_with_start(problem.command, true, true);
        for (std::int64_t cycle = 1; cycle <= depth + 3; ++cycle) {
            bench.cycle(true, true);
            const std::int64_t groups = std::max<std::int64_t>(cycle - depth, 0);
            EXPECT_EQ(written(problem), std::min<std::int64_t>(3 * groups, 8)) << depth;
            EXPECT_EQ(bench.done(), cycle == depth + 3) << depth;
        }
    }
}

TEST(ClockedScalingUnit, StartsTheNextInstructionInTheCycleOfDoneAndKeepsCountsInOrder) {
    Problem problem = drain_problem({.lanes = 2, .depth = 3, .special_cycles = 1}, 8);
    const KernelContext kernel;
    ClockedBench bench(problem);
    Command command = problem.command;
    for (std::int64_t columns = 1; columns <= 8; ++columns) {
        std::get<isa::Drain>(command.body).columns = columns;
        ++command.id;
        bench.cycle_with_start(command, true, true);
        std::int64_t cycles = 0;
        while (!bench.done()) {
            ASSERT_FALSE(bench.unit().failure());
            bench.cycle(true, true);
            ++cycles;
        }
        EXPECT_EQ(cycles, (columns + 1) / 2 + 3);
    }
    for (std::uint64_t columns = 1; columns <= 8; ++columns)
        EXPECT_EQ(bench.unit().take_counts()[Event::scaling_unit_elements], columns);
    EXPECT_THROW(bench.unit().take_counts(), std::logic_error);
}

/// What stops the unit after a start with the problem's command; empty if nothing does.
std::string failure(Problem& problem) {
    const KernelContext kernel;
    ClockedBench bench(problem);
    bench.cycle_with_start(problem.command, true, true);
    for (int i = 0; i < 30; ++i) {
        bench.cycle(true, true);
        if (!bench.unit().failure()) continue;
        EXPECT_FALSE(bench.done());
        try {
            std::rethrow_exception(bench.unit().failure());
        } catch (const std::overflow_error& error) {
            return std::string("overflow_error: ") + error.what();
        } catch (const std::out_of_range& error) {
            return std::string("out_of_range: ") + error.what();
        } catch (const std::invalid_argument& error) {
            return std::string("invalid_argument: ") + error.what();
        }
    }
    return "";
}

/// One gradient, scaled by 1, that overflows; `counted` overflows before it.
Problem gradient_problem(std::int32_t counted) {
    Problem problem;
    problem.vector.resize(8);
    problem.scalar.resize(12);
    put(problem.vector, 0, 100.0F);
    put(problem.scalar, 8, counted);
    VectorInstruction op;
    op.operation = VectorOperation::quantise_gradient;
    op.rows = op.columns = 1;
    op.in[0] = {0, numerics::Format::fp32};
    op.out[0] = {4, numerics::Format::fp4_r4};
    op.scalars[0] = 0;
    op.scalars[4] = 8;
    op.accumulate = true;
    problem.command = {op, 1};
    return problem;
}

TEST(ClockedScalingUnit, CatchesACounterThatOverflows) {
    Problem last = gradient_problem(std::numeric_limits<std::int32_t>::max() - 1);
    EXPECT_EQ(failure(last), "");
    Problem beyond = gradient_problem(std::numeric_limits<std::int32_t>::max());
    EXPECT_THAT(failure(beyond),
                HasSubstr("overflow_error: register scaling_unit overflow counter = 2147483648"));
}

TEST(ClockedScalingUnit, CatchesShapesThatItsCountersDoNotHold) {
    Problem problem = gradient_problem(0);
    auto& op = std::get<VectorInstruction>(problem.command.body);
    op.rows = 1 << 16;
    op.columns = 1 << 16;
    EXPECT_THAT(failure(problem),
                HasSubstr("overflow_error: register scaling_unit element counter = 4294967296"));
}

TEST(ClockedScalingUnit, SaysWhatIsWrongWithAnInstruction) {
    Problem scale = gradient_problem(0);
    put(scale.scalar, 0, std::int32_t{41});
    EXPECT_THAT(failure(scale), HasSubstr("gradscale = 41: must be in -24 to 40"));

    Problem empty = gradient_problem(0);
    std::get<VectorInstruction>(empty.command.body).rows = 0;
    EXPECT_THAT(failure(empty), HasSubstr("rows x columns = 0 x 1: must be at least 1 x 1"));

    Problem foreign = gradient_problem(0);
    std::get<VectorInstruction>(foreign.command.body).operation = VectorOperation::relu;
    EXPECT_THAT(failure(foreign), HasSubstr("belongs to the vector unit"));

    Problem missing = gradient_problem(0);
    std::get<VectorInstruction>(missing.command.body).scalars[0] = isa::no_address;
    EXPECT_THAT(failure(missing), HasSubstr("scalars[0] is not given"));

    Problem wide = gradient_problem(0);
    std::get<VectorInstruction>(wide.command.body).out[0].format = numerics::Format::fp16;
    EXPECT_THAT(failure(wide), HasSubstr("out[0] is fp16: must be fp4_r4 or fp8_152"));

    Problem second = gradient_problem(0);
    std::get<VectorInstruction>(second.command.body).out = {
        isa::Operand{4, numerics::Format::fp8_152}, isa::Operand{5, numerics::Format::fp8_152}};
    EXPECT_THAT(failure(second),
                HasSubstr("out[1] is given: must have no address behind fp8_152 codes"));

    Problem drain = drain_problem({}, 1);
    std::get<isa::Drain>(drain.command.body).exponent = 128;
    EXPECT_THAT(failure(drain), HasSubstr("exponent 2^128: must be 2^-126 to 2^127"));

    Problem outside = drain_problem({}, 2);
    outside.vector.resize(2);
    EXPECT_THAT(failure(outside), HasSubstr("out_of_range"));
}

TEST(ClockedScalingUnit, RefusesAStartWhileAnInstructionIsInWork) {
    Problem problem = drain_problem({.lanes = 1, .depth = 2, .special_cycles = 1}, 4);
    const KernelContext kernel;
    ClockedBench bench(problem);
    bench.cycle_with_start(problem.command, true, true);
    bench.cycle_with_start(problem.command, true, true);
    ASSERT_TRUE(bench.unit().failure());
    EXPECT_THROW(std::rethrow_exception(bench.unit().failure()), std::logic_error);
    for (int i = 0; i < 10; ++i) {
        bench.cycle(true, true);
        EXPECT_FALSE(bench.done());
    }
    EXPECT_EQ(written(problem), 0) << "it stopped";
}

TEST(ClockedScalingUnit, RefusesParametersAndAccumulatorsThatNoHardwareHas) {
    const KernelContext kernel;
    const auto make = [](const Params& params, numerics::Format format) {
        const ClockedScalingUnit unit(sc_core::sc_gen_unique_name("unit"), params, format);
    };
    EXPECT_THROW(make({.lanes = 0}, numerics::Format::fp32), ParamError);
    EXPECT_THROW(make({.depth = 0}, numerics::Format::fp32), ParamError);
    EXPECT_THROW(make({.special_cycles = 0}, numerics::Format::fp32), ParamError);
    EXPECT_THROW(make({}, numerics::Format::int4), std::invalid_argument);
}

TEST(ClockedScalingUnit, ShowsItsStages) {
    const std::string path = testing::TempDir() + "quatrain_scaling_unit_trace";
    Problem problem = drain_problem({.lanes = 1, .depth = 2, .special_cycles = 1}, 1);
    {
        const KernelContext kernel;
        ClockedBench bench(problem);
        sc_core::sc_trace_file* file = sc_core::sc_create_vcd_trace_file(path.c_str());
        Probes probes(file);
        bench.unit().probe(probes, "unit");
        bench.cycle_with_start(problem.command, true, true);
        for (int i = 0; i < 4; ++i) {
            probes.sample();
            bench.cycle(true, true);
        }
        sc_core::sc_close_vcd_trace_file(file);
    }
    const std::string written_path = path + ".vcd";
    const test::ValueChangeDump dump(written_path);
    std::filesystem::remove(written_path);
    // The group decodes and scales in stage 1, and quantises, tracks and writes in stage 2.
    EXPECT_EQ(dump.numbers("unit.stage_1.next_step"), (std::set<std::uint64_t>{0}));
    for (const char* flag : {"unit.busy", "unit.stage_1.valid", "unit.stage_2.valid"})
        EXPECT_EQ(dump.numbers(flag), (std::set<std::uint64_t>{0, 1})) << flag;
    EXPECT_EQ(dump.width("unit.stage_1.elapsed"), 13);
}

}  // namespace
}  // namespace quatrain::scaling_unit
