// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quatrain::report {

/// Writes a report to `path`: under a temporary name beside it, then renamed, so that no reader
/// ever sees half of it.
/// "-" is standard output. Throws std::runtime_error with path and reason.
void write_output(const std::string& path, const std::string& text);

}  // namespace quatrain::report
