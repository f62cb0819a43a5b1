// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/report/table.hpp"
#include "sim/run/run.hpp"

#include <string>

namespace quatrain::report {

/// The report of `quatrain run` for people: layers, totals, energy, GradScale, the golden
/// reference's verdict.
std::string run_text(const run::RunOptions& options, const run::RunResult& result);

/// One row per operator with every counter: `--csv`.
Table operator_table(const run::RunOptions& options, const run::RunResult& result);

/// "4:4 16:1": the bits and lanes of the modes that are built.
std::string lanes_text(const mac_array::Params& array);

/// Which of preload and drain are hidden behind other passes: "preload and drain hidden (double
/// registers)", ...
std::string overlap_model(const mac_array::Params& array);

}  // namespace quatrain::report
