// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace quatrain::report {

/// "1,234,567".
std::string grouped(std::uint64_t value);
/// Three significant digits and an SI prefix: si(1234567, "B") = "1.23 MB", si(2.5e-5, "J") = "25.0
/// uJ".
std::string si(double value, const std::string& unit);
/// "12.3 %" of a fraction.
std::string percent(double fraction);
/// "23.4", "exact" when infinite, "-" when absent.
std::string decibels(const std::optional<double>& value);

}  // namespace quatrain::report
