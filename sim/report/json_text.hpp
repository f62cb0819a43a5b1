// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <string>

namespace quatrain::report {

/// The value with two spaces of indentation and a newline at the end. Doubles have the shortest
/// text that reads back equal; infinities and NaN, which JSON has not, become null.
std::string json_text(const boost::json::value& value);

}  // namespace quatrain::report
