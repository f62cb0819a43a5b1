// SPDX-License-Identifier: Apache-2.0
#include "sim/config/parameters.hpp"

#include "sim/config/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

namespace quatrain::config {
namespace {

// A bound is printed as the integer it is; ranges are doubles so that one struct serves all
// parameters.
std::string bound_text(double bound) {
    return fmt::format("{:.0f}", bound);
}

std::string unit_text(std::string_view unit) {
    return unit.empty() ? "" : fmt::format(" [{}]", unit);
}

bool is_bounded(double maximum) {
    return maximum < 9e18;
}

std::int64_t parse_integer(const std::string& text, const ParameterInfo& info) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || stop != end || error == std::errc::invalid_argument) {
        throw ConfigError(fmt::format("must be an integer{}", unit_text(info.unit)));
    }
    if (error == std::errc::result_out_of_range) throw ConfigError("does not fit 64 bits");
    if (static_cast<double>(value) < info.minimum) {
        throw ConfigError(
            fmt::format("must be at least {}{}", bound_text(info.minimum), unit_text(info.unit)));
    }
    if (static_cast<double>(value) > info.maximum) {
        throw ConfigError(
            fmt::format("must be at most {}{}", bound_text(info.maximum), unit_text(info.unit)));
    }
    return value;
}

bool parse_flag(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    throw ConfigError("must be true or false");
}

template <class Enum>
std::vector<std::string> enum_names() {
    std::vector<std::string> names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
        [&](auto entry) { names.emplace_back(entry.name); });
    return names;
}

template <class Enum>
Enum parse_enum(const std::string& text) {
    Enum value{};
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto entry) {
        if (text == entry.name) {
            value = entry.value;
            found = true;
        }
    });
    if (!found)
        throw ConfigError(fmt::format("must be one of {}", fmt::join(enum_names<Enum>(), ", ")));
    return value;
}

template <class Field>
Parameter make_parameter(std::string path, const ParameterInfo& info, Field& field) {
    Parameter parameter{std::move(path), info, {}, {}, {}};
    if constexpr (std::is_enum_v<Field>) {
        parameter.choices = enum_names<Field>();
        parameter.get = [&field] {
            return Parameter::Value(std::string(boost::describe::enum_to_string(field, "?")));
        };
        parameter.set = [&field](const std::string& text) { field = parse_enum<Field>(text); };
    } else if constexpr (std::is_same_v<Field, bool>) {
        parameter.get = [&field] { return Parameter::Value(field); };
        parameter.set = [&field](const std::string& text) { field = parse_flag(text); };
    } else if constexpr (std::is_same_v<Field, std::string>) {
        parameter.get = [&field] { return Parameter::Value(field); };
        parameter.set = [&field](const std::string& text) { field = text; };
    } else {
        static_assert(std::is_same_v<Field, std::int64_t>);
        parameter.get = [&field] { return Parameter::Value(field); };
        parameter.set = [&field, info](const std::string& text) {
            field = parse_integer(text, info);
        };
    }
    return parameter;
}

template <class Params>
void append(std::vector<Parameter>& all, const std::string& prefix, Params& params) {
    using Members = boost::describe::describe_members<Params, boost::describe::mod_public>;
    const std::span<const ParameterInfo> infos = parameter_info(params);
    if (infos.size() != boost::mp11::mp_size<Members>::value) {
        throw std::logic_error(
            fmt::format("{}: parameter_info() does not match the fields", prefix));
    }
    std::size_t index = 0;
    boost::mp11::mp_for_each<Members>([&](auto member) {
        const ParameterInfo& info = infos[index++];
        if (info.name != member.name) {
            throw std::logic_error(
                fmt::format("{}: parameter_info() has {} for {}", prefix, info.name, member.name));
        }
        all.push_back(make_parameter(prefix + member.name, info, params.*member.pointer));
    });
}

}  // namespace

std::vector<Parameter> parameters(Architecture& architecture) {
    std::vector<Parameter> all;
    all.push_back(make_parameter("name", {.name = "name", .unit = "", .meaning = "of the machine"},
                                 architecture.name));
    all.push_back(make_parameter(
        "description", {.name = "description", .unit = "", .meaning = "one line for people"},
        architecture.description));
    all.push_back(make_parameter("technology",
                                 {.name = "technology",
                                  .unit = "",
                                  .meaning = "energy per event: a preset's name, or a file"},
                                 architecture.technology));
    all.push_back(make_parameter("clock_period_ps",
                                 {.name = "clock_period_ps",
                                  .unit = "ps",
                                  .minimum = 1,
                                  .maximum = 1e6,
                                  .meaning = "period of the core clock"},
                                 architecture.clock_period_ps));
    all.push_back(make_parameter("cores",
                                 {.name = "cores",
                                  .unit = "cores",
                                  .minimum = 1,
                                  .maximum = most_cores,
                                  .meaning = "that share the batch, on a ring with the memory"},
                                 architecture.cores));
    append(all, "core.array.", architecture.array);
    append(all, "core.streamer.", architecture.streamer);
    append(all, "core.buffers.", architecture.buffers);
    append(all, "core.scaling_unit.", architecture.scaling_unit);
    append(all, "core.vector_unit.", architecture.vector_unit);
    append(all, "core.dma.", architecture.dma);
    append(all, "ring.", architecture.ring);
    append(all, "scratchpad.", architecture.scratchpad);
    append(all, "dram.", architecture.dram);
    append(all, "dram.controller.", architecture.controller);
    return all;
}

std::string to_text(const Parameter::Value& value) {
    if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const std::string* text = std::get_if<std::string>(&value)) return *text;
    return std::to_string(std::get<std::int64_t>(value));
}

std::string range_text(const Parameter& parameter) {
    if (!parameter.choices.empty()) return fmt::format("{}", fmt::join(parameter.choices, ", "));
    const Parameter::Value value = parameter.get();
    if (std::holds_alternative<bool>(value)) return "true or false";
    if (std::holds_alternative<std::string>(value)) return "text";
    const ParameterInfo& info = parameter.info;
    if (!is_bounded(info.maximum)) return fmt::format("at least {}", bound_text(info.minimum));
    return fmt::format("{} .. {}", bound_text(info.minimum), bound_text(info.maximum));
}

}  // namespace quatrain::config
