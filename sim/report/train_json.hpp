// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/train.hpp"

#include <string>

namespace quatrain::report {

/// What is trained on what, as a line of JSON without its end: the first line of a log.
std::string train_head(const run::TrainOptions& options, const run::TrainResult& result);

/// An epoch as a line of JSON without its end (docs/command-line.md). What the run did not find
/// out (no test images, no timed step) is null.
std::string epoch_line(const run::TrainOptions& options, const run::TrainResult& result,
                       const run::EpochReport& epoch);

/// The report of `quatrain train` for programs: the head with "epochs", indented.
std::string train_json(const run::TrainOptions& options, const run::TrainResult& result);

}  // namespace quatrain::report
