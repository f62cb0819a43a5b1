// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace quatrain::config {

/// Bad input: one line that names file, line, key, value and the rule it broke.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace quatrain::config
