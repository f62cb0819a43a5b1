// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/result.hpp"
#include "sim/run/run.hpp"

#include <string>

namespace quatrain::report {

/// For people: a line for every DRAM channel and what they did together, and a word about energies
/// that another memory stands in for. Empty without a count of commands.
std::string dram_text(const run::RunOptions& options, const run::RunResult& result);

}  // namespace quatrain::report
