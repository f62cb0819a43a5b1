// SPDX-License-Identifier: Apache-2.0
#include "sim/run/compare.hpp"

#include "sim/config/reader.hpp"
#include "sim/run/measured_step.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/network/reader.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <numeric>

namespace quatrain::run {
namespace {

using testing::small_options;

PrecisionMix mix_of(const std::string& network, const std::string& recipe) {
    return precision_mix(network::load(network), config::load_recipe(recipe), true);
}

std::uint64_t sum(const PerPrecision<std::uint64_t>& macs) {
    return std::accumulate(macs.begin(), macs.end(), std::uint64_t{0});
}

TEST(PrecisionMix, TheRecipeMovesMacsBetweenTheModesAndLosesNone) {
    const PrecisionMix sixteen = mix_of("resnet50", "fp16");
    EXPECT_EQ(sum(sixteen.inner), sixteen.inner[2]);
    for (const char* recipe : {"hfp8", "int4-fp16", "int4-fp8", "fp4-tpr", "fp4-dx-fp8-dw",
                               "fp4-1x1-fp8", "fp4-bottom-1x1-fp8", "fp4-no-tpr", "fp4-apex"}) {
        const PrecisionMix mix = mix_of("resnet50", recipe);
        EXPECT_EQ(sum(mix.inner), sum(sixteen.inner)) << recipe;
        EXPECT_EQ(mix.ends, sixteen.ends) << recipe;  // first and last layer in 16 bits
    }
    EXPECT_EQ(mix_of("resnet50", "fp32").inner[3], sixteen.inner[2]);
    // Without the first layer, whose input learns nothing, the three GEMMs are equal in MACs.
    EXPECT_EQ(mix_of("resnet50", "int4-fp8").inner[1], 2 * (sum(sixteen.inner) / 3));
    EXPECT_EQ(mix_of("resnet50", "fp4-dx-fp8-dw").inner[1], sum(sixteen.inner) / 3);
}

TEST(PrecisionMix, SharesOfTheOneByOneConvolutionsAreThoseOfResNet50) {
    // four-bit-training's arithmetic on torchvision's ResNet-50: 51.8 % of the backward MACs are in
    // 1 x 1 convolutions with downsampling, 20.1 % in the last of each bottleneck; there over all
    // 4.09 GMACs, here without the first and last layer (118 M and 2 M).
    const auto share = [](const char* recipe) {
        const PrecisionMix mix = mix_of("resnet50", recipe);
        return static_cast<double>(mix.inner[1]) / static_cast<double>(sum(mix.inner)) * 3 / 2;
    };
    const double all_layers = 4089.0 / (4089 - 118 - 2);
    EXPECT_NEAR(share("fp4-1x1-fp8"), 0.518 * all_layers, 0.002);
    EXPECT_NEAR(share("fp4-bottom-1x1-fp8"), 0.201 * all_layers, 0.002);
}

TEST(Densities, ReproduceThePapersFigure6c) {
    // Sun et al., NeurIPS 2020, Fig. 6(c), estimated for ResNet-50 without its first and last
    // layer. The paper's two rows with 1 x 1 convolutions imply shares of 48 and 24 %, ResNet-50
    // has 53 and 21 %: hence the wider margins.
    const config::Technology technology = config::load_technology("7nm");
    const PerPrecision<double> rates = densities(technology, mac_array::Params{});
    const double base = time_at(mix_of("resnet50", "fp16").inner, rates);
    struct Row {
        const char* recipe;
        double published, margin;
    };
    for (const Row& row :
         {Row{"fp16", 1.0, 0.001}, Row{"hfp8", 2.0, 0.05}, Row{"int4-fp16", 1.4, 0.05},
          Row{"int4-fp8", 2.7, 0.05}, Row{"fp4-tpr", 7.3, 0.05}, Row{"fp4-dx-fp8-dw", 3.9, 0.05},
          Row{"fp4-1x1-fp8", 4.0, 0.25}, Row{"fp4-bottom-1x1-fp8", 5.2, 0.25}}) {
        const double speed_up = base / time_at(mix_of("resnet50", row.recipe).inner, rates);
        EXPECT_NEAR(speed_up, row.published, row.margin) << row.recipe;
        EXPECT_EQ(config::load_recipe(row.recipe).published_speed_up, row.published);
    }
}

TEST(EqualMachines, OneMoreColumnWouldExceedTheArea) {
    const config::Technology technology = config::load_technology("7nm");
    config::Architecture machine = config::load_architecture("edge-4bit");
    const energy::Modes sixteen{.sixteen_bit = true};
    const energy::Modes four{.four_bit = true};
    const double area = array_area(technology, machine, sixteen);
    config::Architecture fitted = fit_to_area(technology, machine, four, area);
    EXPECT_EQ(fitted.array.rows, machine.array.rows);
    EXPECT_GT(fitted.array.cols, machine.array.cols);
    EXPECT_EQ(fitted.array.lanes_16bit, 0);
    EXPECT_LE(array_area(technology, fitted, four), area);
    ++fitted.array.cols;
    EXPECT_GT(array_area(technology, fitted, four), area);
    EXPECT_EQ(fit_to_area(technology, machine, sixteen, area).array.cols, machine.array.cols);
    EXPECT_THROW(fit_to_area(technology, machine, sixteen, area / 100), std::invalid_argument);
}

TEST(EqualMachines, TheBaselinesFillTheAreaOfEdge4bit) {
    const config::Architecture edge = config::load_architecture("edge-4bit");
    const config::Technology technology = config::load_technology("7nm");
    const double area = array_area(technology, edge, energy::built_modes(edge.array));
    for (const char* name : {"fp16-baseline", "hfp8-baseline"}) {
        const config::Architecture machine = config::load_architecture(name);
        const energy::Modes modes = energy::built_modes(machine.array);
        EXPECT_EQ(fit_to_area(technology, machine, modes, area).array.cols, machine.array.cols)
            << name;
    }
}

TEST(EqualMachines, EqualPesLeaveTheLanesOfEachMachine) {
    const config::Architecture base = config::load_architecture("edge-4bit");
    const config::Architecture own = config::load_architecture("rapid-4bit");
    const config::Architecture equal = with_pes_of(own, base);
    EXPECT_EQ(equal.cores, base.cores);
    EXPECT_EQ(equal.array.rows, base.array.rows);
    EXPECT_EQ(equal.array.cols, base.array.cols);
    EXPECT_EQ(equal.array.lanes_4bit, own.array.lanes_4bit);
    EXPECT_EQ(equal.clock_period_ps, own.clock_period_ps);
}

TEST(StepTime, TheClassesAddUpToTheStep) {
    for (const char* recipe : {"fp16", "fp4-tpr"}) {
        RunOptions options = small_options(recipe);
        options.numerics = false;
        Silent silent;
        const RunResult result = run(options, silent);
        const StepTime time = step_time(options.architecture, result);
        EXPECT_NEAR(time.total(), static_cast<double>(result.cycles), 1e-6) << recipe;
        for (const double cycles : time.cycles) EXPECT_GE(cycles, 0) << recipe;
        EXPECT_GT(time[TimeClass::batch_norm], 0);
        EXPECT_GT(time[TimeClass::optimiser], 0);
        // No part of the array's time is free: the MACs at the peak of their modes.
        double least = 0;
        for (const OperatorRow& row : result.operators)
            least += row.utilisation * static_cast<double>(row.cycles);
        EXPECT_NEAR(time[TimeClass::array], least, 1e-6 * least);
    }
}

std::vector<ComparePoint> points_of(const std::vector<std::string>& recipes) {
    std::vector<ComparePoint> points;
    for (const std::string& recipe : recipes)
        points.push_back({recipe, small_options(recipe), 50'000});
    return points;
}

TEST(Compare, TheFirstPointIsTheBaseAndHasNoGain) {
    Silent silent;
    const auto steps = compare(points_of({"fp16", "fp4-tpr"}), {}, silent);
    ASSERT_EQ(steps.size(), 2U);
    const SpeedUps none = speed_ups(steps[0], steps[0]);
    for (const double one : {none.densities, none.all_layers, none.array, none.mapping, none.memory,
                             none.batch_norm, none.other, none.measured})
        EXPECT_EQ(one, 1);
    const SpeedUps gain = speed_ups(steps[1], steps[0]);
    EXPECT_EQ(steps[1].base, 0U);
    EXPECT_DOUBLE_EQ(gain.measured,
                     static_cast<double>(steps[0].cycles) / static_cast<double>(steps[1].cycles));
    EXPECT_GT(gain.densities, gain.all_layers);
    EXPECT_GT(gain.array, gain.measured);
}

TEST(Compare, GatedMacsAndEnergyAreThoseOfARunWithNumbers) {
    // The activity's step is the very step that is timed: as if its numbers had been on.
    Silent silent;
    const auto points = points_of({"fp4-tpr"});
    const auto steps =
        compare(points, {.activity_batch = points[0].options.batch, .seed = 1}, silent);
    RunOptions options = small_options("fp4-tpr");
    options.seed = 1;
    options.golden = Golden::off;
    const RunResult result = run(options, silent);
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].cycles, result.cycles);
    for (const Event event : {Event::zero_macs_uint4_int4, Event::zero_macs_int4_fp4,
                              Event::zero_macs_sixteen_bit, Event::macs_int4_fp4})
        EXPECT_EQ(steps[0].counts[event], result.counts[event]) << event_info(event).name;
    EXPECT_GT(steps[0].gated, 0.1);
    // Rounded once for the step here, once for every operator there.
    EXPECT_NEAR(static_cast<double>(steps[0].energy.value.total()),
                static_cast<double>(result.energy.value.total()),
                static_cast<double>(result.operators.size()) * energy::component_count);
}

TEST(Compare, AnEpochIsStepsOfTheBatch) {
    Silent silent;
    auto points = points_of({"fp16"});
    points[0].dataset_images = 1000;
    const auto steps = compare(points, {.activity_batch = 0}, silent);
    ASSERT_EQ(steps.size(), 1U);
    const double count = 1000.0 / static_cast<double>(points[0].options.batch);
    EXPECT_DOUBLE_EQ(steps[0].epoch_seconds(), steps[0].seconds * count);
    EXPECT_EQ(steps[0].gated, 0);
}

TEST(OnLine, CountsAndTimesGoOnAsTheyBegan) {
    MeasuredStep a, b;
    a.cycles = 100, b.cycles = 160;
    a.macs = 8, b.macs = 16;
    a.counts[Event::dma_bits] = 70, b.counts[Event::dma_bits] = 90;
    a.counts[Event::instructions] = 9, b.counts[Event::instructions] = 5;
    a.time[TimeClass::array] = 10, b.time[TimeClass::array] = 20;
    a.energy.value[energy::Component::dram] = 1000, b.energy.value[energy::Component::dram] = 1500;
    a.sensitivity = {{"x", 10, 20}, {"y", 10, 11}};
    b.sensitivity = {{"x", 20, 30}, {"y", 20, 29}};
    const MeasuredStep c = on_line(a, b, 2);
    EXPECT_EQ(c.cycles, 280U);
    EXPECT_EQ(c.macs, 32U);
    EXPECT_EQ(c.counts[Event::dma_bits], 130U);
    EXPECT_EQ(c.counts[Event::instructions], 0U);  // never below zero
    EXPECT_EQ(c.time[TimeClass::array], 40);
    EXPECT_EQ(c.energy.value.total(), 2500);
    ASSERT_EQ(c.sensitivity.size(), 2U);
    EXPECT_EQ(c.sensitivity[0].figure, "y");  // 40 .. 65, and x 40 .. 50
    EXPECT_EQ(c.sensitivity[0].high, 65);
}

TEST(OnLine, IsCloseToTheStepItself) {
    Silent silent;
    auto points = points_of({"fp4-tpr"});
    points[0].options.batch = 64;
    const auto whole = compare(points, {.activity_batch = 0}, silent);
    const auto line = compare(points, {.scale_from = 32, .activity_batch = 0}, silent);
    ASSERT_EQ(line.size(), 1U);
    EXPECT_TRUE(line[0].on_a_line);
    EXPECT_FALSE(whole[0].on_a_line);
    EXPECT_EQ(line[0].macs, whole[0].macs);
    const auto cycles = static_cast<double>(whole[0].cycles);
    EXPECT_NEAR(static_cast<double>(line[0].cycles), cycles, 0.03 * cycles);
    // A step as small as this opens a DRAM row for a few bursts: less of a line than a large one.
    const auto energy = static_cast<double>(whole[0].energy.value.total());
    EXPECT_NEAR(static_cast<double>(line[0].energy.value.total()), energy, 0.06 * energy);
}

TEST(Compare, ALineThatTheBatchIsNotOnIsRefused) {
    Silent silent;
    auto points = points_of({"fp16"});
    points[0].options.batch = 10;
    EXPECT_THROW(compare(points, {.scale_from = 8, .activity_batch = 0}, silent),
                 std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::run
