// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/schedule.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace quatrain::training {
namespace {

constexpr std::int64_t steps_per_epoch = 7, epochs = 12, all_steps = steps_per_epoch * epochs;

double rate(const Schedule& schedule, std::int64_t step) {
    return learning_rate(schedule, step, steps_per_epoch, epochs);
}

TEST(Schedule, AConstantRateIsThatOfEveryStep) {
    for (std::int64_t t = 0; t < all_steps; ++t) EXPECT_EQ(rate({.learning_rate = 0.3}, t), 0.3);
}

/// PyTorch's MultiStepLR: after every epoch that is followed by a milestone, the rate so far is
/// multiplied by gamma.
TEST(Schedule, StepsAreThoseOfMultiStepLr) {
    const Schedule schedule{.kind = ScheduleKind::step,
                            .learning_rate = 0.2,
                            .milestones = {3, 4, 9, 100},
                            .factor = 0.1};
    double expected = 0.2;
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
        if (epoch == 3 || epoch == 4 || epoch == 9) expected *= 0.1;
        for (std::int64_t i = 0; i < steps_per_epoch; ++i)
            EXPECT_EQ(rate(schedule, epoch * steps_per_epoch + i), expected) << epoch << " " << i;
    }
}

TEST(Schedule, TheCosineIsTheClosedFormOfEveryStep) {
    const Schedule schedule{
        .kind = ScheduleKind::cosine, .learning_rate = 0.4, .final_learning_rate = 0.001};
    for (std::int64_t t = 0; t < all_steps; ++t) {
        const double angle = std::numbers::pi * static_cast<double>(t) / all_steps;
        EXPECT_NEAR(rate(schedule, t), 0.001 + (0.4 - 0.001) * (1 + std::cos(angle)) / 2, 1e-15);
    }
    EXPECT_EQ(rate(schedule, 0), 0.4);
    EXPECT_NEAR(rate(schedule, all_steps / 2), (0.4 + 0.001) / 2, 1e-16);
}

/// PyTorch's CosineAnnealingLR by its recurrence, which goes by epoch: ours agrees at the start of
/// each, and lies below it, never above, in between.
TEST(Schedule, TheCosineMeetsCosineAnnealingLrAtTheStartOfEveryEpoch) {
    const double least = 0.01;
    const Schedule schedule{
        .kind = ScheduleKind::cosine, .learning_rate = 0.1, .final_learning_rate = least};
    double expected = 0.1;
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
        const auto factor = [](std::int64_t e) {
            return 1 + std::cos(std::numbers::pi * static_cast<double>(e) / epochs);
        };
        if (epoch > 0) expected = factor(epoch) / factor(epoch - 1) * (expected - least) + least;
        EXPECT_NEAR(rate(schedule, epoch * steps_per_epoch), expected, 1e-15);
        for (std::int64_t i = 1; i < steps_per_epoch; ++i)
            EXPECT_LT(rate(schedule, epoch * steps_per_epoch + i),
                      rate(schedule, epoch * steps_per_epoch + i - 1));
    }
}

TEST(Schedule, TheCosineOfALongRunIsGoodToTheLastBits) {
    const Schedule schedule{.kind = ScheduleKind::cosine, .learning_rate = 1};
    for (std::int64_t t = 0; t < 100'000; ++t) {
        const double cosine = std::cos(std::numbers::pi / 2 * static_cast<double>(t) / 100'000);
        EXPECT_NEAR(learning_rate(schedule, t, 1000, 100), cosine * cosine, 1e-15);
    }
}

TEST(Schedule, WarmUpRisesByTheSameAmountToTheFullRateOfItsLastStep) {
    for (const ScheduleKind kind :
         {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::cosine}) {
        const Schedule schedule{
            .kind = kind, .learning_rate = 0.8, .milestones = {2, 5}, .warm_up_epochs = 2};
        for (std::int64_t t = 0; t < 14; ++t)
            EXPECT_DOUBLE_EQ(rate(schedule, t), 0.8 * static_cast<double>(t + 1) / 14);
        EXPECT_EQ(rate(schedule, 13), 0.8);
    }
}

TEST(Schedule, BehindTheWarmUpMilestonesKeepTheirEpochsAndTheCosineHasTheRest) {
    Schedule schedule{.kind = ScheduleKind::step,
                      .learning_rate = 0.8,
                      .milestones = {2, 5},
                      .factor = 0.5,
                      .warm_up_epochs = 2};
    EXPECT_EQ(rate(schedule, 14), 0.4);
    EXPECT_EQ(rate(schedule, 34), 0.4);
    EXPECT_EQ(rate(schedule, 35), 0.2);
    schedule.kind = ScheduleKind::cosine;
    for (std::int64_t t = 14; t < all_steps; ++t) {
        const double angle = std::numbers::pi * static_cast<double>(t - 14) / (all_steps - 14);
        EXPECT_NEAR(rate(schedule, t), 0.8 * (1 + std::cos(angle)) / 2, 1e-15);
    }
    schedule.kind = ScheduleKind::constant;
    EXPECT_EQ(rate(schedule, 14), 0.8);
}

TEST(Schedule, AWarmUpLongerThanTheRunOnlyRises) {
    const Schedule schedule{.learning_rate = 1, .warm_up_epochs = 24};
    EXPECT_DOUBLE_EQ(rate(schedule, all_steps - 1), 0.5);
}

std::string complaint(const Schedule& schedule) {
    try {
        validate(schedule, epochs);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

TEST(Validate, NamesFieldValueAndRule) {
    using enum ScheduleKind;
    EXPECT_EQ(complaint({}), "");
    EXPECT_EQ(complaint({.learning_rate = 0}), "schedule.learning_rate = 0: must be above 0");
    EXPECT_EQ(complaint({.learning_rate = -0.5}), "schedule.learning_rate = -0.5: must be above 0");
    EXPECT_EQ(complaint({.learning_rate = NAN}), "schedule.learning_rate = nan: must be above 0");
    EXPECT_EQ(complaint({.learning_rate = INFINITY}),
              "schedule.learning_rate = inf: must be above 0");
    EXPECT_EQ(complaint({.warm_up_epochs = -1}),
              "schedule.warm_up_epochs = -1: must be at least 0");
    EXPECT_EQ(complaint({.kind = step, .milestones = {0}}),
              "schedule.milestones[0] = 0: must be at least 1 [epochs]");
    EXPECT_EQ(complaint({.kind = step, .milestones = {3, 3}}),
              "schedule.milestones[1] = 3: must be larger than the one before");
    EXPECT_EQ(complaint({.kind = step, .milestones = {4, 9}, .warm_up_epochs = 5}),
              "schedule.milestones[0] = 4: must not be within the warm-up of 5 epochs");
    EXPECT_EQ(complaint({.kind = step, .milestones = {5, 90}, .warm_up_epochs = 5}), "");
    for (const double factor : {0.0, -0.1, 1.5, static_cast<double>(NAN)})
        EXPECT_TRUE(complaint({.kind = step, .factor = factor})
                        .ends_with(": must be above 0 and at most 1"))
            << factor;
    for (const double last : {-0.1, 0.2, static_cast<double>(NAN)})
        EXPECT_TRUE(complaint({.kind = cosine, .final_learning_rate = last})
                        .ends_with(": must be between 0 and the learning rate, 0.1"))
            << last;
    EXPECT_EQ(complaint({.kind = cosine, .warm_up_epochs = 12}),
              "schedule.warm_up_epochs = 12: must be below the run's epochs, 12");
    EXPECT_EQ(complaint({.kind = cosine, .warm_up_epochs = 11}), "");
}

TEST(Schedule, StepsOutsideTheRunAreRefused) {
    EXPECT_THROW(rate({}, -1), std::out_of_range);
    EXPECT_THROW(rate({}, all_steps), std::out_of_range);
    EXPECT_THROW(learning_rate({}, 0, 0, 1), std::out_of_range);
    EXPECT_THROW(learning_rate({}, 0, 1, 0), std::out_of_range);
}

}  // namespace
}  // namespace quatrain::training
