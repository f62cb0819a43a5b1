// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "sim/config/architecture.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace quatrain::config {

/// Text of a parameter: "core.array.rows", its unit, range and meaning, and how to read and set it.
/// Made from the described structs, so that reader, report and `describe` cannot disagree.
struct Parameter {
    using Value = std::variant<std::int64_t, bool, std::string>;

    std::string path;
    ParameterInfo info;
    std::vector<std::string> choices;  ///< of an enumeration; else empty
    std::function<Value()> get;
    /// Throws ConfigError with the rule alone ("must be at least 1 [PE]"); the caller knows file,
    /// line and key.
    std::function<void(const std::string& text)> set;
};

/// Every parameter of the machine, in the order of the architecture file. They refer to
/// `architecture`.
std::vector<Parameter> parameters(Architecture& architecture);

/// The value as an architecture file spells it.
std::string to_text(const Parameter::Value& value);

/// Range or choices, for people: "1 .. 1024", "at least 1", "true or false", "dlfloat16, fp16,
/// ...".
std::string range_text(const Parameter& parameter);

}  // namespace quatrain::config
