// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/train.hpp"

#include <string>

namespace quatrain::report {

// The report of `quatrain train` for people, which comes epoch by epoch: what is trained, then a
// row of fixed width for every epoch, then a summary.

/// What is trained on what, and the headings.
std::string train_intro(const run::TrainOptions& options);
std::string epoch_row(const run::TrainOptions& options, const run::TrainResult& result,
                      const run::EpochReport& epoch);
/// The gradients of the last epoch layer by layer, energy by component, faults, what the reference
/// said.
std::string train_summary(const run::TrainOptions& options, const run::TrainResult& result);

}  // namespace quatrain::report
