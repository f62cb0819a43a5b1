// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quatrain::report {

/// Throws std::runtime_error with path and reason where write_output could not write: to be asked
/// before the work whose report it is. Nothing is written. "-" and "" pass.
void check_output(const std::string& path);

/// Writes a report to `path`: under a temporary name beside it, then renamed, so that no reader
/// ever sees half of it. A link stays, and its target is replaced; a pipe or device is written to.
/// "-" is standard output. Throws std::runtime_error with path and reason.
void write_output(const std::string& path, const std::string& text);

}  // namespace quatrain::report
