// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::network {

/// Values of a block's parameters by name; each is a scalar of the file.
using Environment = std::map<std::string, YAML::Node>;

/// Throws ReadError "SOURCE:LINE: MESSAGE" for the line of `node`.
[[noreturn]] void fail(const std::string& source, const YAML::Node& node,
                       const std::string& message);

/// Strict access to the keys of one map of a network file. Every error names file, line, key, value
/// and rule. A scalar "$x" stands for the parameter x of the environment.
class Fields {
public:
    /// `what` names the map in messages ("layer conv1"). Throws ReadError when `map` is not a map,
    /// or a key appears twice.
    Fields(const std::string& source, const YAML::Node& map, const Environment& environment,
           std::string what);

    /// Throws ReadError for the first key of the file that is not among `keys`.
    void allow_only(const std::vector<std::string>& keys) const;

    bool has(std::string_view key) const;
    /// The key's node with parameters resolved. Throws ReadError when the key is missing.
    YAML::Node node(std::string_view key) const;
    std::string text(std::string_view key) const;
    /// The text as it stands in the file: "$x" is not resolved.
    std::string unresolved_text(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    std::int64_t integer(std::string_view key, std::int64_t otherwise) const;
    double number(std::string_view key) const;
    double number(std::string_view key, double otherwise) const;
    bool boolean(std::string_view key, bool otherwise) const;
    std::vector<double> numbers(std::string_view key) const;
    /// A list of names, not resolved.
    std::vector<std::string> texts(std::string_view key) const;
    /// Keys in file order.
    std::vector<std::string> keys() const;

    /// Throws ReadError at the key's line (the map's line if the key is absent).
    [[noreturn]] void fail_at(std::string_view key, const std::string& value,
                              const std::string& rule) const;

    /// Throws ReadError with this message at the key's line.
    [[noreturn]] void fail_beside(std::string_view key, const std::string& message) const;

private:
    /// A scalar after resolving "$x"; `plain` is false for quoted text, which is never a number.
    struct Scalar {
        std::string text;
        bool plain;
    };
    Scalar scalar(const YAML::Node& node, std::string_view key, const char* expected) const;
    double number_of(const YAML::Node& node, std::string_view key) const;
    YAML::Node resolve(const YAML::Node& node, std::string_view key) const;

    const std::string& source_;
    YAML::Node map_;
    const Environment& environment_;
    std::string what_;
};

}  // namespace quatrain::network
