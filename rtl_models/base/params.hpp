// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <boost/describe.hpp>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>

namespace quatrain {

/// A parameter out of its range, or parameters that contradict each other: one line with name,
/// value and rule.
struct ParamError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class T>
void require(bool holds, std::string_view field, const T& value, std::string_view rule) {
    if (!holds) throw ParamError(fmt::format("{} = {}: {}", field, value, rule));
}

/// Unit, range and meaning of one field of a Params struct. Every Params struct P is described with
/// BOOST_DESCRIBE_STRUCT and has beside it `std::span<const ParameterInfo> parameter_info(const
/// P&)`, one entry per field in the same order; the reader, `describe` and the reference table in
/// docs/ are made from the two.
struct ParameterInfo {
    std::string_view name;
    std::string_view unit;  ///< "PE", "bytes", "cycles", ...; empty for enumerations and flags
    double minimum = 0;     ///< inclusive; ignored for enumerations and flags
    double maximum = std::numeric_limits<double>::max();
    std::string_view meaning;
};

/// ceil(a / b) for a >= 0, b > 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

}  // namespace quatrain
