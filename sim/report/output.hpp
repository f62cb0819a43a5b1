// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace quatrain::report {

/// Throws std::runtime_error with path and reason where write_output could not write: to be asked
/// before the work whose report it is. Nothing is written. "-" and "" pass.
void check_output(const std::string& path);

/// Writes a report to `path`: under a temporary name beside it, then renamed, so that no reader
/// ever sees half of it. A link stays, and its target is replaced; a pipe or device is written to.
/// "-" is standard output. Throws std::runtime_error with path and reason.
void write_output(const std::string& path, const std::string& text);

/// Takes the next piece of a report.
using Sink = std::function<void(std::string_view)>;
/// The same for a report that is too long to be held as one text: `report` hands it out in pieces.
void write_output(const std::string& path, const std::function<void(const Sink&)>& report);

}  // namespace quatrain::report
