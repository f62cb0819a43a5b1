// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/checkpoint.hpp"
#include "sim/run/train.hpp"

namespace quatrain::run {

/// Everything that decides the numbers of a training run, besides the tensors: layers and their
/// formats, what of the arrays the sums depend on, data, schedule. Not the number of epochs, unless
/// the learning rate depends on it: a run can be made longer. Not what decides times and energies
/// alone.
Settings train_settings(const TrainOptions& options);

}  // namespace quatrain::run
