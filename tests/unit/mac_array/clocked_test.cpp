// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked.hpp"

#include "rtl_models/mac_array/clocked_structure.hpp"
#include "tests/unit/mac_array/clocked_bench.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace quatrain::mac_array {
namespace {

using namespace test_bench;

/// What the function view leaves behind, and the events that the passes are charged.
struct Expected {
    std::vector<std::byte> accumulators;
    std::vector<EventCounts> counts;
};

void count_macs(EventCounts& counts, const Pair& formats, const PassCounts& pass) {
    using enum Event;
    const bool fp4 = formats.moving == Format::fp4_r4 || formats.stationary == Format::fp4_r4;
    constexpr std::array<std::pair<Event, Event>, 3> wider{
        {{macs_eight_bit, zero_macs_eight_bit},
         {macs_sixteen_bit, zero_macs_sixteen_bit},
         {macs_thirty_two_bit, zero_macs_thirty_two_bit}}};
    const int widest = std::max(bits(formats.moving), bits(formats.stationary));
    const auto [macs, zero_macs] = fp4            ? std::pair{macs_int4_fp4, zero_macs_int4_fp4}
                                   : widest == 4  ? std::pair{macs_uint4_int4, zero_macs_uint4_int4}
                                   : widest == 8  ? wider[0]
                                   : widest == 16 ? wider[1]
                                                  : wider[2];
    counts[macs] = static_cast<std::uint64_t>(pass.macs);
    counts[zero_macs] = static_cast<std::uint64_t>(pass.zero_macs);
    counts[Event::accumulator_adds] = static_cast<std::uint64_t>(pass.accumulator_adds);
}

Expected expected_of(const Scenario& scenario) {
    Expected expected{scenario.accumulators, {}};
    const auto bits = static_cast<std::uint64_t>(accumulator_bits(scenario.params.accumulator));
    Scratch scratch;
    for (const PassData& pass : scenario.passes) {
        EventCounts counts;
        if (pass.weight_stationary) {
            count_macs(
                counts, pass.formats,
                weight_stationary_pass(scenario.params, pass.ws, vectors_of(pass),
                                       pass.stationary_bytes, expected.accumulators, scratch, 1));
            const auto results = static_cast<std::uint64_t>(pass.ws.vectors * pass.ws.columns);
            counts[Event::accumulator_write_bits] = results * bits;
            counts[Event::accumulator_read_bits] = pass.ws.accumulate ? results * bits : 0;
            counts[Event::stationary_register_bits] = static_cast<std::uint64_t>(
                pass.ws.k_count * pass.ws.columns * numerics::bits(pass.formats.stationary));
        } else {
            count_macs(
                counts, pass.formats,
                output_stationary_pass(scenario.params, pass.os, vectors_of(pass),
                                       pass.stationary_bytes, expected.accumulators, scratch, 1));
            const auto results = static_cast<std::uint64_t>(pass.os.outputs * pass.os.columns);
            counts[Event::accumulator_write_bits] = results * bits;
            counts[Event::accumulator_read_bits] = pass.os.resume ? results * bits : 0;
            counts[Event::result_register_bits] = results * bits * (pass.os.resume ? 2 : 1);
        }
        expected.counts.push_back(counts);
    }
    return expected;
}

std::string difference(std::string_view what, std::size_t pass, std::int64_t seen,
                       std::int64_t expected) {
    if (seen == expected) return "";
    return fmt::format("pass {}: {} = {}, must be {}\n", pass, what, seen, expected);
}

/// The closed form of every pass, given how long the operands really took.
std::vector<PassTimes> times_of(const Scenario& scenario, const std::vector<Observed>& observed) {
    Timeline timeline(scenario.params);
    std::vector<PassTimes> all;
    for (std::size_t i = 0; i < observed.size(); ++i) {
        const PassData& data = scenario.passes[i];
        const Observed& seen = observed[i];
        const std::int64_t stream_cycles = seen.last_valid - seen.stream_first + 1;
        all.push_back(
            data.weight_stationary
                ? timeline.weight_stationary(
                      seen.issue + 1, seen.preload_last - seen.preload_first + 1, stream_cycles)
                : timeline.output_stationary(seen.issue + 1, data.os.resume, stream_cycles));
    }
    return all;
}

std::string compare_times(const Scenario& scenario, const std::vector<Observed>& observed) {
    const std::vector<PassTimes> all = times_of(scenario, observed);
    std::string found;
    for (std::size_t i = 0; i < observed.size(); ++i) {
        const Observed& seen = observed[i];
        const PassTimes& times = all[i];
        if (scenario.passes[i].weight_stationary)
            found += difference("preload_start", i, seen.preload_first, times.preload_start);
        found += difference("stream_start", i, seen.stream_first, times.stream_start);
        found += difference("stream_end", i, seen.stream_last + 1, times.stream_end);
        found += difference("done", i, seen.done, times.done);
        found += difference("ready", i, seen.ready, std::max(times.next_issue - 1, seen.issue + 1));
    }
    return found;
}

/// Every access of a pass to the accumulators by the closed form of the skew: a vector's sum leaves
/// the bottom of column c R - 1 + c cycles after the vector entered; row r drains r + C - 1 cycles
/// after the last step; a resuming pass loads one row per cycle.
template <class Add>
void for_each_access(const Params& params, const PassData& data, const PassTimes& times,
                     const Observed& seen, Add add) {
    const int bits = accumulator_bits(params.accumulator);
    const auto address = [&](const auto& pass, std::int64_t row, std::int64_t column) {
        return 8 * (pass.accumulator_address + row * pass.accumulator_stride) + column * bits;
    };
    if (data.weight_stationary) {
        for (std::size_t t = 0; t < seen.steps.size(); ++t)
            for (std::int64_t c = 0; c < data.ws.columns; ++c) {
                const std::int64_t cycle = seen.steps[t] + params.rows - 1 + c;
                const std::int64_t place = address(data.ws, static_cast<std::int64_t>(t), c);
                if (data.ws.accumulate) add(cycle, place, false);
                add(cycle, place, true);
            }
        return;
    }
    for (std::int64_t r = 0; r < data.os.outputs; ++r)
        for (std::int64_t c = 0; c < data.os.columns; ++c) {
            if (data.os.resume) add(times.preload_start + r, address(data.os, r, c), false);
            add(seen.steps.back() + r + params.cols - 1, address(data.os, r, c), true);
        }
}

/// Where and when the accumulators were read and written, without the values.
std::string compare_accesses(const Scenario& scenario, const std::vector<Observed>& observed,
                             std::vector<Access> log) {
    const std::vector<PassTimes> all = times_of(scenario, observed);
    std::vector<Access> expected;
    for (std::size_t i = 0; i < observed.size(); ++i)
        for_each_access(scenario.params, scenario.passes[i], all[i], observed[i],
                        [&](std::int64_t cycle, std::int64_t address, bool writes) {
                            expected.push_back({cycle, address, writes, 0});
                        });
    for (Access& access : log) access.value = 0;
    std::sort(log.begin(), log.end());
    std::sort(expected.begin(), expected.end());
    if (log == expected) return "";
    return fmt::format("the {} accesses to the accumulators differ from the closed form's {}\n",
                       log.size(), expected.size());
}

std::string compare_counts(const std::vector<Observed>& observed,
                           const std::vector<EventCounts>& expected) {
    std::string found;
    for (std::size_t i = 0; i < observed.size(); ++i)
        for (std::size_t e = 0; e < event_count; ++e) {
            const auto event = static_cast<Event>(e);
            found += difference(event_info(event).name, i,
                                static_cast<std::int64_t>(observed[i].counts[event]),
                                static_cast<std::int64_t>(expected[i][event]));
        }
    return found;
}

/// What an array did, cycle by cycle.
struct Trace {
    std::vector<std::uint8_t> pins;
    std::vector<Access> accesses;
};

template <class Array>
std::string differences(const Plan& plan, Trace* trace = nullptr) {
    const Scenario scenario = scenario_of(plan);
    const Expected expected = expected_of(scenario);
    const KernelContext kernel;
    Bench<Array> bench(scenario, plan.seed);
    std::string found = bench.run();
    if (!found.empty()) return found;
    if (trace != nullptr) *trace = {bench.pins(), bench.memory.log()};
    found += compare_times(scenario, bench.observed);
    found += compare_accesses(scenario, bench.observed, bench.memory.log());
    found += compare_counts(bench.observed, expected.counts);
    if (bench.memory.bytes() != expected.accumulators) found += "the accumulators differ\n";
    return found;
}

/// A failing plan, made as small as it goes.
template <class Fails>
Plan shrunk(Plan plan, Fails fails) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for_each_simpler(plan, [&](const Plan& simpler) {
            if (!smaller && !fails(simpler).empty()) {
                plan = simpler;
                smaller = true;
            }
        });
    }
    return plan;
}

template <class Fails>
void prove(std::uint64_t first_seed, std::uint64_t cases, std::int64_t largest, Fails fails) {
    for (std::uint64_t seed = first_seed; seed < first_seed + cases; ++seed) {
        const Plan plan = random_plan(seed, largest);
        const std::string found = fails(plan);
        if (found.empty()) continue;
        const Plan small = shrunk(plan, fails);
        FAIL() << describe(plan) << "\n"
               << found << "shrunk to " << describe(small) << "\n"
               << fails(small);
    }
}

TEST(ClockedArray, EqualsFunctionTimingAndChargesOverRandomSequencesOfPasses) {
    prove(1, 2000, 6, [](const Plan& plan) { return differences<ClockedArray>(plan); });
}

TEST(ClockedArray, EqualsTheStructureOfPesCycleByCycle) {
    prove(10'001, 600, 6, [](const Plan& plan) -> std::string {
        Trace loop, structure;
        std::string found = differences<ClockedArray>(plan, &loop);
        found += differences<StructuralArray>(plan, &structure);
        if (loop.pins != structure.pins) found += "the pins differ\n";
        if (loop.accesses != structure.accesses) found += "the accesses differ\n";
        return found;
    });
}

/// A pass of 4-bit ones whose accumulators start at the largest int32.
TEST(ClockedArray, AnInt32AccumulatorThatOverflowsIsCaught) {
    for (const bool weight_stationary : {true, false}) {
        Plan plan = random_plan(1);
        plan.rows = plan.cols = plan.lanes_4bit = 1;
        plan.accumulator = static_cast<std::int64_t>(Accumulator::int32);
        plan.passes = {PassPlan{.weight_stationary = weight_stationary ? 1 : 0, .accumulate = 1}};
        Scenario scenario = scenario_of(plan);
        PassData& pass = scenario.passes.front();
        pass.moving.codes = {1};
        pass.stationary.codes = {1};
        for (std::int64_t i = 0; i < 4; ++i)
            numerics::store_code(scenario.accumulators.data() + 4, Format::int32, i, 0x7FFF'FFFFU);
        const KernelContext kernel;
        Bench<ClockedArray> bench(scenario, 1);
        EXPECT_NE(bench.run().find("int32 accumulator = 2147483647"), std::string::npos);
        EXPECT_THROW(std::rethrow_exception(bench.array.failure()), std::overflow_error);
    }
}

TEST(ClockedArray, APassThatDoesNotFitIsRefused) {
    Plan plan = random_plan(1);
    plan.passes.resize(1);
    Scenario scenario = scenario_of(plan);
    scenario.passes.front().ws.columns = scenario.passes.front().os.columns = plan.cols + 1;
    const KernelContext kernel;
    Bench<ClockedArray> bench(scenario, 1);
    EXPECT_NE(bench.run().find(
                  fmt::format("columns = {}: the array takes 1..{}", plan.cols + 1, plan.cols)),
              std::string::npos);
}

MovingStep one_step(Dataflow dataflow, std::uint32_t code) {
    MovingStep step;
    step.control.valid = step.control.first = true;
    step.control.dataflow = dataflow;
    step.control.mode = Mode::integer;
    step.control.lanes = step.control.outputs = step.control.columns = 1;
    step.control.k_count = 1;
    step.codes = {code};
    return step;
}

TEST(ProcessingElement, APartialSumThatLeaves32BitsIsCaughtAndNamed) {
    ProcessingElement pe(Params{}, 0, 0);
    StationaryStep load;
    load.load = true;
    load.lanes = load.columns = 1;
    load.codes = {1};
    MovingStep idle;
    pe.edge({.moving = idle,
             .partial_sum = 0,
             .stationary = load.codes,
             .load = load,
             .resumed = std::nullopt});
    MovingStep step = one_step(Dataflow::weight_stationary, 1);
    step.control.take_over = true;
    const StationaryStep no_load;
    const auto edge = [&](std::uint32_t partial_sum) {
        pe.edge({.moving = step,
                 .partial_sum = partial_sum,
                 .stationary = load.codes,
                 .load = no_load,
                 .resumed = std::nullopt});
    };
    edge(0x7FFF'FFFEU);
    EXPECT_EQ(pe.partial_sum(), 0x7FFF'FFFFU);
    try {
        edge(0x7FFF'FFFFU);
        FAIL() << "2^31 - 1 + 1 fits no register of 32 bits";
    } catch (const std::overflow_error& error) {
        EXPECT_STREQ(error.what(), "chunk sum = 2147483648: does not fit a register of 32 bits");
    }
}

TEST(ProcessingElement, AChunkSumThatLeaves32BitsIsCaught) {
    ProcessingElement pe(Params{}, 0, 0);
    MovingStep step = one_step(Dataflow::output_stationary, 15);
    step.control.mode = Mode::stationary_logarithmic;
    const Codes largest{7};  // 64: the product is 61440
    const StationaryStep no_load;
    const auto edge = [&] {
        pe.edge({.moving = step,
                 .partial_sum = 0,
                 .stationary = largest,
                 .load = no_load,
                 .resumed = std::nullopt});
        step.control.first = false;
    };
    constexpr int fit = std::numeric_limits<std::int32_t>::max() / 61440;
    for (int i = 0; i < fit; ++i) edge();
    EXPECT_THROW(edge(), std::overflow_error);
}

/// The edge of a first output-stationary step with these codes.
void one_edge(std::uint32_t moving, std::uint32_t stationary) {
    ProcessingElement pe(Params{}, 0, 0);
    const MovingStep step = one_step(Dataflow::output_stationary, moving);
    const Codes codes{stationary};
    const StationaryStep no_load;
    pe.edge({.moving = step,
             .partial_sum = 0,
             .stationary = codes,
             .load = no_load,
             .resumed = std::nullopt});
}

TEST(ProcessingElement, ACodeThatLeaves4BitsIsCaught) {
    EXPECT_NO_THROW(one_edge(15, 1));
    EXPECT_THROW(one_edge(16, 1), std::overflow_error);
}

TEST(ProcessingElement, TheInt4CodeThatNothingProducesIsRefused) {
    EXPECT_THROW(one_edge(1, 8), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::mac_array
