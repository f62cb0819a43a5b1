// SPDX-License-Identifier: Apache-2.0
// Steps of several cores on the machine.
#include "tests/unit/run/several_cores.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace quatrain::run {
namespace {

using testing::options_of_cores;
using testing::run_silently;
using training::BatchNormScope;

using Setting = std::tuple<std::int64_t, BatchNormScope, const char*>;

class RunOfCores : public ::testing::TestWithParam<Setting> {
protected:
    RunOptions options() const {
        const auto& [cores, scope, recipe] = GetParam();
        return options_of_cores(cores, scope, recipe);
    }
};

TEST_P(RunOfCores, EveryBitOfEveryCoreEqualsTheReferenceTimedAndUntimed) {
    RunOptions wanted = options();
    const RunResult timed = run_silently(wanted);
    EXPECT_GT(timed.golden.elements, 20'000U);
    EXPECT_EQ(timed.golden.mismatches, 0U);
    for (const Mismatch& mismatch : timed.first_mismatches)
        ADD_FAILURE() << "core " << mismatch.core << " " << mismatch.tensor << " "
                      << mismatch.index;
    wanted.timing = false;
    wanted.sqnr = false;
    const RunResult untimed = run_silently(wanted);
    EXPECT_EQ(untimed.golden.mismatches, 0U);
    EXPECT_EQ(untimed.golden.elements, timed.golden.elements);
    EXPECT_EQ(untimed.loss, timed.loss);
    EXPECT_EQ(untimed.macs, timed.macs);
    ASSERT_EQ(untimed.operators.size(), timed.operators.size());
    for (std::size_t i = 0; i < timed.operators.size(); ++i)
        for (const Event event :
             {Event::zero_macs_uint4_int4, Event::macs_sixteen_bit, Event::dram_read_bits,
              Event::dram_write_bits, Event::vector_unit_adds, Event::ring_bit_hops})
            EXPECT_EQ(untimed.operators[i].counts[event], timed.operators[i].counts[event])
                << timed.operators[i].name << " " << event_info(event).name;
}

TEST_P(RunOfCores, RowsHaveEveryComparedElementAndEveryMac) {
    const RunResult result = run_silently(options());
    GoldenCount golden;
    std::uint64_t counted = 0;
    for (const OperatorRow& row : result.operators) {
        golden += row.golden;
        counted += row.counts[Event::macs_uint4_int4] + row.counts[Event::macs_int4_fp4] +
                   row.counts[Event::macs_sixteen_bit];
        EXPECT_LE(row.utilisation, 1) << row.name;
    }
    EXPECT_EQ(golden.elements, result.golden.elements);
    EXPECT_EQ(counted, result.macs);
    EXPECT_GT(result.energy.value[energy::Component::noc], 0);
}

TEST_P(RunOfCores, WithoutNumericsItTakesTheSameCycles) {
    RunOptions wanted = options();
    wanted.golden = Golden::off;
    const RunResult numeric = run_silently(wanted);
    wanted.numerics = false;
    EXPECT_EQ(run_silently(wanted).cycles, numeric.cycles);
}

std::string setting_name(const ::testing::TestParamInfo<Setting>& setting) {
    const auto& [cores, scope, recipe] = setting.param;
    std::string name =
        std::to_string(cores) + "_" + boost::describe::enum_to_string(scope, "?") + "_" + recipe;
    std::ranges::replace(name, '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Machines, RunOfCores,
                         ::testing::Values(Setting{2, BatchNormScope::per_core, "fp4-tpr"},
                                           Setting{2, BatchNormScope::synchronised, "fp4-tpr"},
                                           Setting{3, BatchNormScope::per_core, "fp16"},
                                           Setting{5, BatchNormScope::synchronised, "fp4-no-tpr"}),
                         setting_name);

TEST(RunOfCoresWithSynchronisedBatchNorm, GivesTheNumbersOfOneCoreAsFarAsRoundingGoes) {
    // The whole batch on one core is the same step but for the order of sums.
    RunOptions options = options_of_cores(2, BatchNormScope::synchronised, "fp16");
    const RunResult two = run_silently(options);
    options.architecture.cores = 1;
    const RunResult one = run_silently(options);
    EXPECT_EQ(one.golden.mismatches + two.golden.mismatches, 0U);
    EXPECT_EQ(one.macs, two.macs);
    EXPECT_NEAR(one.loss.value(), two.loss.value(), 1e-2 * one.loss.value());
}

TEST(RunOfCoresInference, RunsTheForwardPassBitExactly) {
    for (const auto scope : {BatchNormScope::per_core, BatchNormScope::synchronised}) {
        RunOptions options = options_of_cores(2, scope);
        options.training = false;
        const RunResult result = run_silently(options);
        EXPECT_GT(result.golden.elements, 2000U);
        EXPECT_EQ(result.golden.mismatches, 0U);
        EXPECT_FALSE(result.loss);
    }
}

RunOptions with_timeline() {
    RunOptions options = options_of_cores(3, BatchNormScope::synchronised);
    options.numerics = false;
    options.timeline = true;
    return options;
}

TEST(RunOfCoresTimeline, HasEveryInstructionOfEveryCoreOnce) {
    const RunOptions options = with_timeline();
    const RunResult result = run_silently(options);
    std::vector<std::uint64_t> instructions(3), slices(3);
    for (const compiler::OperatorCode& code : compile_step(options).code)
        for (std::size_t core = 0; core < 3; ++core)
            for (const isa::Queue& queue : code.of_core.empty() ? code.queues : code.of_core[core])
                instructions[core] += isa::executed_instructions(queue);
    ASSERT_TRUE(result.timeline);
    for (const TimelineSlice& slice : result.timeline->slices)
        ++slices.at(static_cast<std::size_t>(slice.core));
    EXPECT_EQ(slices, instructions);
}

TEST(RunOfCoresTimeline, EveryCoreHasItsBuffersAndGivesBackWhatItTakes) {
    const RunResult result = run_silently(with_timeline());
    std::map<std::tuple<std::int64_t, std::size_t, std::uint64_t>, std::int64_t> changes;
    for (const OccupancyChange& change : result.timeline->occupancy)
        changes[{change.core, change.buffer, change.cycle}] += change.bytes;
    std::map<std::pair<std::int64_t, std::size_t>, std::int64_t> taken;
    for (const auto& [key, change] : changes) {
        const auto& [core, buffer, cycle] = key;
        std::int64_t& bytes = taken[{core, buffer}];
        bytes += change;
        EXPECT_GE(bytes, 0) << "core " << core << " in cycle " << cycle;
    }
    EXPECT_EQ(taken.size(), 3U * 4) << "moving, stationary, accumulator, vector";
    for (const auto& [key, bytes] : taken) EXPECT_EQ(bytes, 0) << "core " << key.first;
    EXPECT_TRUE(std::ranges::any_of(result.timeline->slices, [](const TimelineSlice& slice) {
        return slice.space == isa::Space::next_core;
    }));
}

}  // namespace
}  // namespace quatrain::run
