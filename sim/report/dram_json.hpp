// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/result.hpp"
#include "sim/run/run.hpp"

#include <boost/json.hpp>

namespace quatrain::report {

/// The DRAM of a run: standard, peak, and every channel. Null without a count of commands.
boost::json::value dram_json(const run::RunOptions& options, const run::RunResult& result);

/// Where an operator stands under the roofs of array and memory; null where it has none.
boost::json::value roofline_json(const config::Architecture& architecture,
                                 const run::OperatorRow& row);

}  // namespace quatrain::report
