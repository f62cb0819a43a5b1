// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/report/output.hpp"
#include "sim/run/result.hpp"

namespace quatrain::report {

/// The timeline of a run in the Chrome trace-event format, as docs/command-line.md defines it, one
/// event per line, in pieces. Throws std::invalid_argument when the run kept no timeline.
void write_timeline(const run::RunResult& result, const Sink& sink);

}  // namespace quatrain::report
