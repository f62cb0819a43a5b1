// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::test {

/// What a reader of value change dumps takes from one.
class ValueChangeDump {
public:
    explicit ValueChangeDump(const std::filesystem::path& path) {
        std::ifstream file(path);
        read_header(file);
        read_changes(file);
    }

    bool has(const std::string& wire) const { return wires_.contains(wire); }
    /// Names with their scopes, without the outermost one.
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, wire] : wires_) all.push_back(name);
        return all;
    }
    int width(const std::string& wire) const { return wires_.at(wire).width; }
    /// The values that a wire takes one after the other: binary digits, without leading zeros.
    const std::vector<std::string>& values(const std::string& wire) const {
        static const std::vector<std::string> none;
        const auto found = values_.find(wires_.at(wire).code);
        return found == values_.end() ? none : found->second;
    }
    /// When it takes them [units of the time scale].
    const std::vector<std::int64_t>& times(const std::string& wire) const {
        static const std::vector<std::int64_t> none;
        const auto found = times_.find(wires_.at(wire).code);
        return found == times_.end() ? none : found->second;
    }
    bool changes(const std::string& wire) const { return values(wire).size() > 1; }
    std::set<std::uint64_t> numbers(const std::string& wire) const {
        std::set<std::uint64_t> all;
        for (const std::string& value : values(wire)) all.insert(std::stoull(value, nullptr, 2));
        return all;
    }
    /// The values as characters of 8 bits.
    std::set<std::string> texts(const std::string& wire) const {
        std::set<std::string> all;
        for (std::string digits : values(wire)) {
            digits.insert(0, (8 - digits.size() % 8) % 8, '0');
            std::string text;
            for (std::size_t i = 0; i < digits.size(); i += 8) {
                const auto character = std::stoul(digits.substr(i, 8), nullptr, 2);
                if (character != 0) text += static_cast<char>(character);
            }
            all.insert(text);
        }
        return all;
    }

    std::int64_t end() const { return end_; }  ///< the last time [units of the time scale]
    bool picoseconds() const { return time_scale_.find("1 ps") != std::string::npos; }
    const std::string& date() const { return date_; }

private:
    struct Wire {
        std::string code;
        int width = 0;
    };

    void read_header(std::istream& file) {
        std::vector<std::string> scopes;
        for (std::string line; std::getline(file, line);) {
            std::istringstream words(line);
            std::string word, type, name;
            Wire wire;
            words >> word;
            if (word == "$date") std::getline(file, date_);
            if (word == "$timescale") std::getline(file, time_scale_);
            if (word == "$scope") scopes.push_back((words >> type >> name, name));
            if (word == "$upscope") scopes.pop_back();
            if (word == "$var") {
                words >> type >> wire.width >> wire.code >> name;
                for (std::size_t i = scopes.size(); i > 1; --i) name.insert(0, scopes[i - 1] + ".");
                wires_[name] = wire;
            }
            if (word == "$enddefinitions") return;
        }
    }
    void read_changes(std::istream& file) {
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("#")) {
                end_ = std::stoll(line.substr(1));
            } else if (line.starts_with("b")) {
                const std::size_t space = line.find(' ');
                add(line.substr(space + 1), line.substr(1, space - 1));
            } else if (std::string_view("01xz").find(line[0]) != std::string_view::npos) {
                add(line.substr(1), line.substr(0, 1));
            }
        }
    }
    void add(const std::string& code, const std::string& value) {
        values_[code].push_back(value);
        times_[code].push_back(end_);
    }

    std::map<std::string, Wire> wires_;
    std::map<std::string, std::vector<std::string>> values_;  ///< by identifier code
    std::map<std::string, std::vector<std::int64_t>> times_;  ///< likewise
    std::int64_t end_ = 0;
    std::string date_, time_scale_;
};

}  // namespace quatrain::test
