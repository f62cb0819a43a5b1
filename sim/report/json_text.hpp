// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>

namespace quatrain::report {

/// The value with two spaces of indentation and a newline at the end. Doubles have the shortest
/// text that reads back equal; infinities and NaN, which JSON has not, become null.
std::string json_text(const boost::json::value& value);

/// A number that json_text writes as `thousandths` / 1000 with three digits behind the point:
/// exact, however large.
boost::json::value exact_thousandths(std::int64_t thousandths);
/// The text of that number.
std::string thousandths_text(std::int64_t thousandths);

}  // namespace quatrain::report
