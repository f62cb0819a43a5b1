// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/fields.hpp"

#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

namespace quatrain::network {
namespace {

/// What a node is, for messages; a scalar is shown on one line.
std::string shown(const YAML::Node& node) {
    if (node.IsMap()) return "a map";
    if (node.IsSequence()) return "a list";
    if (node.IsNull()) return "nothing";
    std::string text = node.Scalar().substr(0, 60);
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
    return text;
}

template <class T>
std::optional<T> parse(const std::string& text) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace

void fail(const std::string& source, const YAML::Node& node, const std::string& message) {
    throw ReadError(fmt::format("{}:{}: {}", source, node.Mark().line + 1, message));
}

Fields::Fields(const std::string& source, const YAML::Node& map, const Environment& environment,
               std::string what)
    : source_(source), map_(map), environment_(environment), what_(std::move(what)) {
    if (!map_.IsMap())
        fail(source_, map_, fmt::format("{} = {}: must be a map of keys", what_, shown(map_)));
    std::set<std::string> seen;
    for (const auto& entry : map_) {
        if (!entry.first.IsScalar())
            fail(source_, entry.first,
                 fmt::format("{}, key = {}: must be a word", what_, shown(entry.first)));
        if (!seen.insert(entry.first.Scalar()).second)
            fail(source_, entry.first,
                 fmt::format("{}, key {}: appears twice", what_, shown(entry.first)));
    }
}

void Fields::allow_only(const std::vector<std::string>& keys) const {
    for (const auto& entry : map_)
        if (std::find(keys.begin(), keys.end(), entry.first.Scalar()) == keys.end())
            fail(source_, entry.first,
                 fmt::format("{}, {} = {}: unknown key; known here: {}", what_, shown(entry.first),
                             shown(entry.second), fmt::join(keys, ", ")));
}

bool Fields::has(std::string_view key) const {
    const YAML::Node& map = map_;  // a const map's operator[] does not insert
    return map[std::string(key)].IsDefined();
}

std::vector<std::string> Fields::keys() const {
    std::vector<std::string> list;
    for (const auto& entry : map_) list.push_back(entry.first.Scalar());
    return list;
}

YAML::Node Fields::node(std::string_view key) const {
    if (!has(key)) fail(source_, map_, fmt::format("{}, {}: missing", what_, key));
    const YAML::Node& map = map_;
    return resolve(map[std::string(key)], key);
}

YAML::Node Fields::resolve(const YAML::Node& node, std::string_view key) const {
    if (!node.IsScalar() || !node.Scalar().starts_with('$')) return node;
    const auto parameter = environment_.find(node.Scalar().substr(1));
    if (parameter == environment_.end())
        fail(source_, node,
             fmt::format("{}, {} = {}: not a parameter of this block", what_, key, shown(node)));
    return parameter->second;
}

Fields::Scalar Fields::scalar(const YAML::Node& node, std::string_view key,
                              const char* expected) const {
    if (!node.IsScalar()) fail_at(key, shown(node), fmt::format("must be {}", expected));
    return {node.Scalar(), node.Tag() != "!"};
}

std::string Fields::text(std::string_view key) const {
    std::string value = scalar(node(key), key, "text").text;
    if (value.empty() ||
        std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < ' '; }))
        fail_at(key, shown(node(key)), "must be one line of text");
    return value;
}

std::string Fields::unresolved_text(std::string_view key) const {
    const YAML::Node& map = map_;
    return scalar(map[std::string(key)], key, "a name").text;
}

std::int64_t Fields::integer(std::string_view key) const {
    const Scalar value = scalar(node(key), key, "an integer");
    const auto parsed = value.plain ? parse<std::int64_t>(value.text) : std::nullopt;
    if (!parsed) fail_at(key, shown(node(key)), "must be an integer");
    return *parsed;
}

std::int64_t Fields::integer(std::string_view key, std::int64_t otherwise) const {
    return has(key) ? integer(key) : otherwise;
}

double Fields::number_of(const YAML::Node& node, std::string_view key) const {
    const Scalar value = scalar(node, key, "a number");
    const auto parsed = value.plain ? parse<double>(value.text) : std::nullopt;
    if (!parsed || !std::isfinite(*parsed)) fail_at(key, shown(node), "must be a number");
    return *parsed;
}

double Fields::number(std::string_view key) const {
    return number_of(node(key), key);
}

double Fields::number(std::string_view key, double otherwise) const {
    return has(key) ? number(key) : otherwise;
}

bool Fields::boolean(std::string_view key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const Scalar value = scalar(node(key), key, "true or false");
    if (!value.plain || (value.text != "true" && value.text != "false"))
        fail_at(key, shown(node(key)), "must be true or false");
    return value.text == "true";
}

std::vector<double> Fields::numbers(std::string_view key) const {
    const YAML::Node list = node(key);
    if (!list.IsSequence()) fail_at(key, shown(list), "must be a list of numbers");
    std::vector<double> values;
    for (const auto& item : list) values.push_back(number_of(resolve(item, key), key));
    return values;
}

std::vector<std::string> Fields::texts(std::string_view key) const {
    const YAML::Node list = node(key);
    if (!list.IsSequence()) fail_at(key, shown(list), "must be a list of names");
    std::vector<std::string> values;
    for (const auto& item : list) values.push_back(scalar(item, key, "a name").text);
    return values;
}

void Fields::fail_at(std::string_view key, const std::string& value,
                     const std::string& rule) const {
    fail_beside(key, fmt::format("{}, {} = {}: {}", what_, key, value, rule));
}

void Fields::fail_beside(std::string_view key, const std::string& message) const {
    const YAML::Node& map = map_;
    const YAML::Node field = map[std::string(key)];
    fail(source_, field.IsDefined() ? field : map_, message);
}

}  // namespace quatrain::network
