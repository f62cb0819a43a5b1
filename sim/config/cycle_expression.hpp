// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace quatrain::config {

/// The value of names and integers that are joined by + and -: "tCL + tBL + 2 - tCWL". `lookup`
/// gives a name's value; what it throws passes. Throws ConfigError with the rule alone; the caller
/// knows file, line and key.
std::int64_t evaluate_cycles(std::string_view expression,
                             const std::function<std::int64_t(const std::string& name)>& lookup);

/// A name that an expression can hold: a letter, then letters, digits and underscores.
bool is_timing_name(std::string_view text);

}  // namespace quatrain::config
