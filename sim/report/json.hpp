// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/report/table.hpp"
#include "sim/run/run.hpp"

#include <string>

namespace quatrain::report {

/// The report of `quatrain run` for programs, as docs/command-line.md defines it, indented. Figures
/// that the run did not make (cycles without timing, area without a source, the signal-to-noise
/// ratio of equal tensors) are null.
std::string run_json(const run::RunOptions& options, const run::RunResult& result);

/// {"version", "command", `key`: [one object per row, keys from the headings]}. Numbers are
/// numbers.
std::string table_json(const std::string& command, const std::string& key, const Table& table);

}  // namespace quatrain::report
