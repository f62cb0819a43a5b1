// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/presets.hpp"

#include <yaml-cpp/yaml.h>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::config {

/// A scalar of a YAML file: "core.array.rows", its text, and its line counted from 1.
struct Leaf {
    std::string path;
    std::string text;
    int line = 0;
};

/// Parses; a syntax error becomes a ConfigError with file and line. The top must be a map.
YAML::Node parse_yaml(const Source& source);
/// All scalars of nested maps, in file order. Lists, empty values and keys given twice are errors.
std::vector<Leaf> flatten(const Source& source);

/// "FILE:LINE: key 'KEY' = VALUE: RULE", thrown.
[[noreturn]] void fail(const std::string& label, int line, std::string_view key,
                       std::string_view value, std::string_view rule);

/// A YAML map whose keys are asked for one by one; finish() rejects the keys that nobody asked for.
class StrictMap {
public:
    StrictMap(std::string label, std::string path, const YAML::Node& node);

    bool has(const std::string& key) const { return static_cast<bool>(node_[key]); }
    bool is_map(const std::string& key) const { return has(key) && node_[key].IsMap(); }
    std::string text(const std::string& key);
    std::string text_or(const std::string& key, const std::string& otherwise);
    double number(const std::string& key, double minimum, double maximum);
    double number_or(const std::string& key, double otherwise, double minimum, double maximum);
    std::int64_t integer(const std::string& key, std::int64_t minimum, std::int64_t maximum);
    std::int64_t integer_or(const std::string& key, std::int64_t otherwise, std::int64_t minimum,
                            std::int64_t maximum);
    bool flag_or(const std::string& key, bool otherwise);
    /// A scalar, or a list of scalars.
    std::vector<std::string> texts(const std::string& key);
    StrictMap map(const std::string& key);
    std::vector<StrictMap> list(const std::string& key);
    /// Keys in file order.
    std::vector<std::string> keys() const;
    void finish() const;

    /// Throws with the key's line and value.
    [[noreturn]] void reject(const std::string& key, std::string_view rule) const;
    /// Throws with the key's line and a part of its value.
    [[noreturn]] void reject(const std::string& key, std::string_view value,
                             std::string_view rule) const;
    /// The line of "organisation.rows", or of as much of it as there is.
    int line(std::string_view path) const;

private:
    YAML::Node required(const std::string& key);
    std::string full(const std::string& key) const;

    std::string label_;
    std::string path_;
    YAML::Node node_;
    std::set<std::string> read_;
};

}  // namespace quatrain::config
