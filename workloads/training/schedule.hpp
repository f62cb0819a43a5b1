// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <vector>

namespace quatrain::training {

enum class ScheduleKind : std::uint8_t {
    constant,
    step,    ///< times `factor` at every milestone: PyTorch's MultiStepLR
    cosine,  ///< half a cosine from the first rate to the last: Loshchilov and Hutter, "SGDR",
             ///< ICLR 2017, equation 5, without restarts
};
BOOST_DESCRIBE_ENUM(ScheduleKind, constant, step, cosine)

/// The learning rate over a training run. An epoch has S steps, the run T = epochs * S, the warm-up
/// W = warm_up_epochs * S; steps t count from 0.
struct Schedule {
    ScheduleKind kind = ScheduleKind::constant;
    double learning_rate = 0.1;  ///< of the first step behind the warm-up
    /// step: the epochs, counted from 0 and warm-up included, that begin with a smaller rate.
    std::vector<std::int64_t> milestones{};
    double factor = 0.1;  ///< step: the rate behind a milestone over that before
    /// cosine: what the rate would be in step T, the first that is not done.
    double final_learning_rate = 0;
    /// Epochs in which the rate rises along a straight line to `learning_rate` (Goyal et al.,
    /// "Accurate, Large Minibatch SGD", 2017): (t + 1) / W of it in step t, all of it in the last.
    std::int64_t warm_up_epochs = 0;
};

/// Throws std::invalid_argument, which names the field, its value and the rule, unless
/// learning_rate is above 0; of kind step: milestones rise, the first is at least 1 and not within
/// the warm-up, factor is above 0 and at most 1; of kind cosine: final_learning_rate is between 0
/// and learning_rate; warm_up_epochs is at least 0 and, of kind cosine, below `epochs`. A milestone
/// or a warm-up may lie beyond the run's end.
void validate(const Schedule& schedule, std::int64_t epochs);

/// The rate of step t, of a schedule that validate() accepts. Behind the warm-up: constant,
/// learning_rate; step, learning_rate * factor^k, k milestones at or before epoch floor(t / S);
/// cosine, a * learning_rate + (1 - a) * final_learning_rate with a = (1 + cos(pi * (t - W) /
/// (T - W))) / 2. The cosine goes by step: PyTorch's CosineAnnealingLR with T_max = epochs goes by
/// epoch, and agrees in the first step of each where there is no warm-up. Additions,
/// multiplications and divisions only, so the rate is the same on every host. Throws
/// std::out_of_range unless steps_per_epoch and epochs are at least 1 and step is one of the run's.
double learning_rate(const Schedule& schedule, std::int64_t step, std::int64_t steps_per_epoch,
                     std::int64_t epochs);

}  // namespace quatrain::training
