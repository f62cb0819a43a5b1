// SPDX-License-Identifier: Apache-2.0
#include "sim/run/run.hpp"

#include "sim/config/presets.hpp"
#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cmath>

namespace quatrain::run {
namespace {

using energy::Component;
using testing::run_silently;
using testing::small_options;

constexpr std::array zero_macs{Event::zero_macs_uint4_int4, Event::zero_macs_int4_fp4,
                               Event::zero_macs_sixteen_bit};
constexpr std::array all_macs{Event::macs_uint4_int4, Event::macs_int4_fp4,
                              Event::macs_sixteen_bit};

void expect_same_counts(const EventCounts& a, const EventCounts& b, const std::string& where) {
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        EXPECT_EQ(a[event], b[event]) << where << " " << event_info(event).name;
    }
}

/// Everything but what the host took.
void expect_same(const RunResult& a, const RunResult& b) {
    ASSERT_EQ(a.operators.size(), b.operators.size());
    for (std::size_t i = 0; i < a.operators.size(); ++i) {
        const OperatorRow& x = a.operators[i];
        const OperatorRow& y = b.operators[i];
        EXPECT_EQ(x.start_cycle, y.start_cycle) << x.name;
        EXPECT_EQ(x.cycles, y.cycles) << x.name;
        EXPECT_EQ(x.golden.elements, y.golden.elements) << x.name;
        EXPECT_EQ(x.golden.mismatches, y.golden.mismatches) << x.name;
        EXPECT_EQ(x.sqnr_db, y.sqnr_db) << x.name;
        EXPECT_EQ(x.cosine, y.cosine) << x.name;
        EXPECT_EQ(x.energy, y.energy) << x.name;
        expect_same_counts(x.counts, y.counts, x.name);
    }
    EXPECT_EQ(a.cycles, b.cycles);
    EXPECT_EQ(a.energy, b.energy);
    EXPECT_EQ(a.loss, b.loss);
    EXPECT_EQ(a.golden.elements, b.golden.elements);
    ASSERT_EQ(a.gradscale.size(), b.gradscale.size());
    for (std::size_t i = 0; i < a.gradscale.size(); ++i) {
        EXPECT_EQ(a.gradscale[i].max_abs, b.gradscale[i].max_abs);
        EXPECT_EQ(a.gradscale[i].vote, b.gradscale[i].vote);
        EXPECT_EQ(a.gradscale[i].underflow_fraction, b.gradscale[i].underflow_fraction);
    }
}

TEST(Run, EveryBitOfEveryRecipesStepEqualsTheReference) {
    for (const std::string& recipe : config::preset_names("recipes")) {
        const RunResult result = run_silently(small_options(recipe));
        EXPECT_GT(result.golden.elements, 10'000U) << recipe;
        EXPECT_EQ(result.golden.mismatches, 0U) << recipe;
        EXPECT_TRUE(result.complete);
    }
}

TEST(Run, ThreadsChangeNoNumberOfTheResult) {
    RunOptions options = small_options();
    const RunResult one = run_silently(options);
    options.threads = 2;
    const RunResult two = run_silently(options);
    expect_same(one, two);
    EXPECT_EQ(two.simulator.threads, 2);
}

TEST(Run, WithoutTimingTheNumbersAreTheSameAndTakeNoCycles) {
    RunOptions options = small_options();
    const RunResult timed = run_silently(options);
    options.timing = false;
    const RunResult untimed = run_silently(options);
    EXPECT_EQ(untimed.cycles, 0U);
    EXPECT_EQ(untimed.loss, timed.loss);
    EXPECT_EQ(untimed.golden.elements, timed.golden.elements);
    EXPECT_EQ(untimed.golden.mismatches, 0U);
    EXPECT_EQ(untimed.macs, timed.macs);
    ASSERT_EQ(untimed.operators.size(), timed.operators.size());
    for (std::size_t i = 0; i < timed.operators.size(); ++i) {
        EXPECT_EQ(untimed.operators[i].sqnr_db, timed.operators[i].sqnr_db);
        for (const Event event : zero_macs)
            EXPECT_EQ(untimed.operators[i].counts[event], timed.operators[i].counts[event]);
    }
    EXPECT_EQ(untimed.energy.value[Component::mac_array], timed.energy.value[Component::mac_array]);
}

TEST(Run, WithoutNumericsCyclesAndCountersAreTheSameButForWhatDataDecide) {
    RunOptions options = small_options();
    const RunResult numeric = run_silently(options);
    options.numerics = false;
    const RunResult timing = run_silently(options);
    EXPECT_FALSE(timing.loss);
    EXPECT_EQ(timing.golden.elements, 0U);
    EXPECT_EQ(timing.cycles, numeric.cycles);
    ASSERT_EQ(timing.operators.size(), numeric.operators.size());
    std::uint64_t zeros = 0;
    for (std::size_t i = 0; i < timing.operators.size(); ++i) {
        EventCounts counts = numeric.operators[i].counts;
        for (const Event event : zero_macs) {
            zeros += counts[event];
            counts[event] = 0;
        }
        for (const Event event : {Event::fault_nan, Event::fault_infinity, Event::fault_saturated,
                                  Event::gradient_odd_clipped})
            counts[event] = 0;
        expect_same_counts(timing.operators[i].counts, counts, timing.operators[i].name);
        EXPECT_EQ(timing.operators[i].cycles, numeric.operators[i].cycles);
    }
    EXPECT_GT(zeros, 0U) << "half of the activations are zero";
    EXPECT_GT(timing.energy.value.total(), numeric.energy.value.total())
        << "zero gating saves energy";
}

TEST(Run, RowsPartitionTheCycles) {
    const RunResult result = run_silently(small_options());
    std::uint64_t next = 0;
    for (const OperatorRow& row : result.operators) {
        EXPECT_EQ(row.start_cycle, next) << row.name;
        next += row.cycles;
    }
    EXPECT_EQ(next, result.cycles);
    EXPECT_GT(next, 0U);
}

TEST(Run, TotalsAreTheSumsOfTheRows) {
    const RunResult result = run_silently(small_options());
    EventCounts counts;
    GoldenCount golden;
    energy::EnergyBand energy;
    std::uint64_t macs = 0;
    for (const OperatorRow& row : result.operators) {
        counts += row.counts;
        golden += row.golden;
        energy += row.energy;
        macs += row.macs;
    }
    expect_same_counts(counts, result.counts, "total");
    EXPECT_EQ(golden.elements, result.golden.elements) << "every checked tensor has a row";
    EXPECT_EQ(macs, result.macs);
    EXPECT_EQ(energy, result.energy);
    EXPECT_LT(result.energy.low.total(), result.energy.value.total());
    EXPECT_LT(result.energy.value.total(), result.energy.high.total());
    ASSERT_TRUE(result.area_mm2);
    EXPECT_GT(result.area_mm2->low, 0);
}

TEST(Run, TheArrayCountsTheMacsOfTheDefinition) {
    const RunResult result = run_silently(small_options());
    for (const OperatorRow& row : result.operators) {
        std::uint64_t counted = 0;
        for (const Event event : all_macs) counted += row.counts[event];
        EXPECT_EQ(counted, row.macs) << row.name << " " << row.kind;
        for (std::size_t i = 0; i < all_macs.size(); ++i)
            EXPECT_LE(row.counts[zero_macs[i]], row.counts[all_macs[i]]) << row.name;
    }
    // Batch 3. Forward of one image: 9 * 9 * 8 * 27 (stem); 3 * 3 * 8 * 72 and 3 * 3 * 8 * 8;
    // 3 * 3 * 12 * 72; 12 * 10. dX of the stride-2 layers on 5 x 5 pixels: along an axis, the even
    // coordinates have one of the 3 kernel positions and the odd ones two, 3 * 1 + 2 * 2 = 7 in
    // all; of kernel 1, only the even ones have it.
    const std::uint64_t stem = 17496, others = 5184 + 576 + 7776 + 120;
    const std::uint64_t backward_data = 7 * 7 * 64 + 3 * 3 * 64 + 7776 + 120;
    EXPECT_EQ(result.macs, 3 * (2 * (stem + others) + backward_data));
}

TEST(Run, EnergyIsEveryEventTimesItsCostInTheTechnologyFile) {
    const RunOptions options = small_options();
    const RunResult result = run_silently(options);
    const auto picojoules = [&](Event event) {
        for (const config::EventEnergy& entry : options.technology.events)
            if (entry.event == event && (entry.variant.empty() || entry.variant == "dlfloat16"))
                return entry.figure.band.value;
        throw std::logic_error("the technology lacks an event");
    };
    double array = 0;
    for (std::size_t i = 0; i < all_macs.size(); ++i) {
        const auto all = static_cast<double>(result.counts[all_macs[i]]);
        const auto gated = static_cast<double>(result.counts[zero_macs[i]]);
        array += (all - gated) * picojoules(all_macs[i]) + gated * picojoules(zero_macs[i]);
    }
    for (const Event event :
         {Event::accumulator_adds, Event::stationary_register_bits, Event::result_register_bits})
        array += static_cast<double>(result.counts[event]) * picojoules(event);
    // Every row is rounded to a femtojoule.
    const double femtojoule = 1e-3 * static_cast<double>(result.operators.size());
    const auto spent = [&](Component component) {
        return energy::picojoules(result.energy.value[component]);
    };
    EXPECT_NEAR(spent(Component::mac_array), array, femtojoule + 1e-9 * array);
    double dram = 0;
    ASSERT_EQ(std::ssize(result.channels), options.architecture.dram.channels);
    for (const ChannelRow& channel : result.channels) dram += channel.energy.total();
    EXPECT_GT(dram, 0);
    EXPECT_NEAR(spent(Component::dram), dram, femtojoule + 1e-9 * dram);
    EXPECT_GT(spent(Component::leakage), 0);
    EXPECT_GT(spent(Component::clock), 0);
}

TEST(Run, InferenceRunsTheForwardPassBitExactly) {
    RunOptions options = small_options();
    options.training = false;
    const RunResult result = run_silently(options);
    EXPECT_GT(result.golden.elements, 1000U);
    EXPECT_EQ(result.golden.mismatches, 0U);
    EXPECT_TRUE(result.gradscale.empty());
    for (const OperatorRow& row : result.operators) EXPECT_EQ(row.pass, "forward") << row.name;
    EXPECT_EQ(result.macs, static_cast<std::uint64_t>(3 * result.macs_forward));
}

TEST(Run, SixteenBitLayersOnIntegerAccumulatorsAreRefusedWithAndWithoutNumerics) {
    RunOptions options = small_options();
    options.architecture.array.accumulator = mac_array::Accumulator::int32;
    for (const bool numerics : {true, false}) {
        options.numerics = numerics;
        try {
            run_silently(options);
            FAIL() << "accepted";
        } catch (const compiler::CompileError& error) {
            EXPECT_STREQ(
                error.what(),
                "layer stem: multiplies fp16 x fp16, int32 accumulators serve the 4-bit mode only");
        }
    }
}

TEST(Run, TheLossOfUntrainedWeightsIsNearThatOfGuessing) {
    const RunResult result = run_silently(small_options());
    ASSERT_TRUE(result.loss);
    EXPECT_GT(*result.loss, 0.3 * std::log(10.0));
    EXPECT_LT(*result.loss, 3.0 * std::log(10.0));
}

TEST(Run, AnEpochHasTheImagesThatTheDataSetIsAskedFor) {
    RunOptions options = small_options();
    options.numerics = false;
    EXPECT_EQ(run_silently(options).dataset_images, 50'000);
    options.dataset.images = 64;
    EXPECT_EQ(run_silently(options).dataset_images, 64);
}

TEST(Run, GradScaleHasARowForEveryLayerInFourBits) {
    const RunResult result = run_silently(small_options());
    ASSERT_EQ(result.gradscale.size(), 3U);
    EXPECT_EQ(result.gradscale[0].layer, "conv");
    EXPECT_EQ(result.gradscale[1].layer, "side");
    EXPECT_EQ(result.gradscale[2].layer, "last_conv");
    for (const GradScaleRow& row : result.gradscale) {
        EXPECT_EQ(row.log2_scale, 16);
        EXPECT_EQ(row.vote, row.max_abs <= 32 ? 1 : row.max_abs <= 64 ? 0 : -1);
    }
    EXPECT_TRUE(run_silently(small_options("fp16")).gradscale.empty());
}

/// Asks to stop once some operators are done.
class Impatient final : public Progress {
public:
    void begin(std::string_view, std::uint64_t, std::string_view) override {}
    void update(std::uint64_t done) override { done_ = done; }
    void end() override {}
    bool stop_requested() const override { return done_ >= 5; }

private:
    std::uint64_t done_ = 0;
};

TEST(Run, AnInterruptedRunKeepsTheRowsThatWereComplete) {
    const RunResult whole = run_silently(small_options());
    Impatient impatient;
    const RunResult part = run(small_options(), impatient);
    EXPECT_FALSE(part.complete);
    EXPECT_FALSE(part.loss);
    ASSERT_GE(part.operators.size(), 5U);
    ASSERT_LT(part.operators.size(), whole.operators.size());
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(part.operators[i].cycles, whole.operators[i].cycles) << i;
}

}  // namespace
}  // namespace quatrain::run
