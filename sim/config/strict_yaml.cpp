// SPDX-License-Identifier: Apache-2.0
#include "sim/config/strict_yaml.hpp"

#include "sim/config/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <utility>

namespace quatrain::config {
namespace {

int line_of(const YAML::Node& node) {
    return node.Mark().line + 1;
}

std::string value_text(const YAML::Node& node) {
    if (node.IsScalar()) return node.Scalar();
    if (node.IsMap()) return "{...}";
    if (node.IsSequence()) return "[...]";
    return "(nothing)";
}

std::string joined(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
}

// yaml-cpp keeps both of two equal keys and finds the first: a silent surprise, so it is an error
// here.
void check_keys(const std::string& label, const std::string& path, const YAML::Node& node) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
        if (!entry.first.IsScalar()) {
            fail(label, line_of(entry.first), path, value_text(entry.first),
                 "a key must be a word");
        }
        if (!seen.insert(entry.first.Scalar()).second) {
            fail(label, line_of(entry.first), joined(path, entry.first.Scalar()),
                 value_text(entry.second), "is given twice");
        }
    }
}

void flatten_into(std::vector<Leaf>& leaves, const std::string& label, const std::string& path,
                  const YAML::Node& node) {
    check_keys(label, path, node);
    for (const auto& entry : node) {
        const std::string key = joined(path, entry.first.Scalar());
        if (entry.second.IsMap()) {
            flatten_into(leaves, label, key, entry.second);
        } else if (entry.second.IsScalar()) {
            leaves.push_back({key, entry.second.Scalar(), line_of(entry.first)});
        } else {
            fail(label, line_of(entry.first), key, value_text(entry.second), "must be one value");
        }
    }
}

template <class Number>
std::optional<Number> parse(const std::string& text) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || stop != end || error != std::errc{}) return std::nullopt;
    return value;
}

}  // namespace

void fail(const std::string& label, int line, std::string_view key, std::string_view value,
          std::string_view rule) {
    throw ConfigError(fmt::format("{}:{}: key '{}' = {}: {}", label, line, key, value, rule));
}

YAML::Node parse_yaml(const Source& source) {
    YAML::Node root;
    try {
        root = YAML::Load(source.text);
    } catch (const YAML::Exception& error) {
        throw ConfigError(
            fmt::format("{}:{}: not YAML: {}", source.label, error.mark.line + 1, error.msg));
    }
    if (!root.IsMap()) throw ConfigError(fmt::format("{}:1: must be a map of keys", source.label));
    return root;
}

std::vector<Leaf> flatten(const Source& source) {
    std::vector<Leaf> leaves;
    flatten_into(leaves, source.label, "", parse_yaml(source));
    return leaves;
}

StrictMap::StrictMap(std::string label, std::string path, const YAML::Node& node)
    : label_(std::move(label)), path_(std::move(path)), node_(node) {
    if (!node_.IsMap())
        fail(label_, line_of(node_), path_, value_text(node_), "must be a map of keys");
    check_keys(label_, path_, node_);
}

std::string StrictMap::full(const std::string& key) const {
    return joined(path_, key);
}

YAML::Node StrictMap::required(const std::string& key) {
    read_.insert(key);
    const YAML::Node value = std::as_const(node_)[key];
    if (!value) {
        throw ConfigError(
            fmt::format("{}:{}: key '{}' is missing", label_, line_of(node_), full(key)));
    }
    return value;
}

void StrictMap::reject(const std::string& key, std::string_view rule) const {
    reject(key, value_text(node_[key]), rule);
}

void StrictMap::reject(const std::string& key, std::string_view value,
                       std::string_view rule) const {
    fail(label_, line_of(node_[key]), full(key), value, rule);
}

int StrictMap::line(std::string_view path) const {
    YAML::Node node = node_;
    while (!path.empty() && node.IsMap()) {
        const std::string_view key = path.substr(0, path.find('.'));
        const YAML::Node next = std::as_const(node)[std::string(key)];
        if (!next) break;
        node.reset(next);
        path.remove_prefix(std::min(key.size() + 1, path.size()));
    }
    return line_of(node);
}

std::string StrictMap::text(const std::string& key) {
    const YAML::Node value = required(key);
    if (!value.IsScalar()) reject(key, "must be one value");
    return value.Scalar();
}

std::string StrictMap::text_or(const std::string& key, const std::string& otherwise) {
    return has(key) ? text(key) : otherwise;
}

double StrictMap::number(const std::string& key, double minimum, double maximum) {
    const std::optional<double> value = parse<double>(text(key));
    if (!value) reject(key, "must be a number");
    if (!(*value >= minimum)) reject(key, fmt::format("must be at least {}", minimum));
    if (!(*value <= maximum)) reject(key, fmt::format("must be at most {}", maximum));
    return *value;
}

double StrictMap::number_or(const std::string& key, double otherwise, double minimum,
                            double maximum) {
    return has(key) ? number(key, minimum, maximum) : otherwise;
}

std::int64_t StrictMap::integer(const std::string& key, std::int64_t minimum,
                                std::int64_t maximum) {
    const std::optional<std::int64_t> value = parse<std::int64_t>(text(key));
    if (!value) reject(key, "must be an integer");
    if (*value < minimum) reject(key, fmt::format("must be at least {}", minimum));
    if (*value > maximum) reject(key, fmt::format("must be at most {}", maximum));
    return *value;
}

std::int64_t StrictMap::integer_or(const std::string& key, std::int64_t otherwise,
                                   std::int64_t minimum, std::int64_t maximum) {
    return has(key) ? integer(key, minimum, maximum) : otherwise;
}

bool StrictMap::flag_or(const std::string& key, bool otherwise) {
    if (!has(key)) return otherwise;
    const std::string value = text(key);
    if (value != "true" && value != "false") reject(key, "must be true or false");
    return value == "true";
}

std::vector<std::string> StrictMap::texts(const std::string& key) {
    const YAML::Node value = required(key);
    if (value.IsScalar()) return {value.Scalar()};
    if (!value.IsSequence() || value.size() == 0)
        reject(key, "must be a value or a list of values");
    std::vector<std::string> all;
    for (const YAML::Node& item : value) {
        if (!item.IsScalar()) reject(key, "must be a list of values");
        all.push_back(item.Scalar());
    }
    return all;
}

StrictMap StrictMap::map(const std::string& key) {
    return {label_, full(key), required(key)};
}

std::vector<StrictMap> StrictMap::list(const std::string& key) {
    const YAML::Node value = required(key);
    if (!value.IsSequence()) reject(key, "must be a list");
    std::vector<StrictMap> all;
    for (std::size_t i = 0; i < value.size(); ++i) {
        all.emplace_back(label_, fmt::format("{}[{}]", full(key), i), value[i]);
    }
    return all;
}

std::vector<std::string> StrictMap::keys() const {
    std::vector<std::string> all;
    for (const auto& entry : node_) all.push_back(entry.first.Scalar());
    return all;
}

void StrictMap::finish() const {
    for (const auto& entry : node_) {
        const std::string key = entry.first.Scalar();
        if (!read_.contains(key)) {
            fail(label_, line_of(entry.first), full(key), value_text(entry.second), "unknown key");
        }
    }
}

}  // namespace quatrain::config
