// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/schedule.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string_view>

namespace quatrain::training {
namespace {

template <class Value>
void require(bool kept, std::string_view field, const Value& value, std::string_view rule) {
    if (!kept) throw std::invalid_argument(fmt::format("schedule.{} = {}: {}", field, value, rule));
}

void validate_milestones(const Schedule& schedule) {
    const auto& milestones = schedule.milestones;
    for (std::size_t i = 0; i < milestones.size(); ++i) {
        const auto field = fmt::format("milestones[{}]", i);
        require(milestones[i] >= 1, field, milestones[i], "must be at least 1 [epochs]");
        require(i == 0 || milestones[i] > milestones[i - 1], field, milestones[i],
                "must be larger than the one before");
        require(
            milestones[i] >= schedule.warm_up_epochs, field, milestones[i],
            fmt::format("must not be within the warm-up of {} epochs", schedule.warm_up_epochs));
    }
}

/// (1 + cos(pi * x)) / 2 = cos(pi * x / 2)^2 for x in 0..1, by the cosine's power series: what its
/// first 14 terms leave out, less than 1e-21, no double can hold beside them. std::cos may differ
/// between hosts in the last bit.
double half_cosine(double x) {
    const double angle = x * (std::numbers::pi / 2);
    double term = 1, cosine = 1;
    for (int n = 2; n <= 26; n += 2) {
        term *= -(angle * angle) / (n * (n - 1));
        cosine += term;
    }
    return cosine * cosine;
}

double behind_warm_up(const Schedule& schedule, std::int64_t step, std::int64_t steps_per_epoch,
                      std::int64_t epochs) {
    switch (schedule.kind) {
        case ScheduleKind::constant:
            return schedule.learning_rate;
        case ScheduleKind::step: {
            double rate = schedule.learning_rate;
            for (const std::int64_t milestone : schedule.milestones)
                if (step / steps_per_epoch >= milestone) rate *= schedule.factor;
            return rate;
        }
        case ScheduleKind::cosine: {
            const std::int64_t first = schedule.warm_up_epochs * steps_per_epoch;
            const std::int64_t all = epochs * steps_per_epoch - first;
            const double a =
                half_cosine(static_cast<double>(step - first) / static_cast<double>(all));
            return a * schedule.learning_rate + (1 - a) * schedule.final_learning_rate;
        }
    }
    throw std::logic_error("ScheduleKind out of range");
}

}  // namespace

void validate(const Schedule& schedule, std::int64_t epochs) {
    const double rate = schedule.learning_rate;
    require(std::isfinite(rate) && rate > 0, "learning_rate", rate, "must be above 0");
    require(schedule.warm_up_epochs >= 0, "warm_up_epochs", schedule.warm_up_epochs,
            "must be at least 0");
    if (schedule.kind == ScheduleKind::step) {
        validate_milestones(schedule);
        require(schedule.factor > 0 && schedule.factor <= 1, "factor", schedule.factor,
                "must be above 0 and at most 1");
    }
    if (schedule.kind == ScheduleKind::cosine) {
        require(schedule.final_learning_rate >= 0 && schedule.final_learning_rate <= rate,
                "final_learning_rate", schedule.final_learning_rate,
                fmt::format("must be between 0 and the learning rate, {}", rate));
        require(schedule.warm_up_epochs < epochs, "warm_up_epochs", schedule.warm_up_epochs,
                fmt::format("must be below the run's epochs, {}", epochs));
    }
}

double learning_rate(const Schedule& schedule, std::int64_t step, std::int64_t steps_per_epoch,
                     std::int64_t epochs) {
    if (steps_per_epoch < 1 || epochs < 1)
        throw std::out_of_range(
            fmt::format("{} epochs of {} steps: must both be at least 1", epochs, steps_per_epoch));
    if (step < 0 || step >= epochs * steps_per_epoch)
        throw std::out_of_range(
            fmt::format("step {}: the run has steps 0 .. {}", step, epochs * steps_per_epoch - 1));
    const std::int64_t warm_up = schedule.warm_up_epochs * steps_per_epoch;
    if (step < warm_up)
        return schedule.learning_rate * static_cast<double>(step + 1) /
               static_cast<double>(warm_up);
    return behind_warm_up(schedule, step, steps_per_epoch, epochs);
}

}  // namespace quatrain::training
