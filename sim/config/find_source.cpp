// SPDX-License-Identifier: Apache-2.0
#include "sim/config/error.hpp"
#include "sim/config/presets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace quatrain::config {
namespace {

bool is_file_name(const std::string& name) {
    return name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml");
}

std::string read_text(const std::string& file_name) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file_name, ignored))
        throw ConfigError(fmt::format("{}: is a folder, must be a file", file_name));
    std::ifstream file(file_name);
    if (!file) {
        throw ConfigError(fmt::format("{}: cannot be opened: {}", file_name,
                                      std::generic_category().message(errno)));
    }
    std::ostringstream text;  // takes an empty file for a failure, unless peeked at
    if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
    if (file.bad() || text.fail()) throw ConfigError(fmt::format("{}: cannot be read", file_name));
    return text.str();
}

}  // namespace

std::vector<std::string> preset_names(std::string_view folder) {
    std::vector<std::string> names;
    for (const Preset& preset : presets()) {
        if (preset.folder == folder) names.emplace_back(preset.name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Source read_source(const std::string& file_name) {
    return {file_name, read_text(file_name)};
}

Source find_source(std::string_view folder, std::string_view kind,
                   const std::string& name_or_file) {
    if (is_file_name(name_or_file)) {
        return read_source(name_or_file);
    }
    for (const Preset& preset : presets()) {
        if (preset.folder == folder && preset.name == name_or_file) {
            return {fmt::format("preset {}", preset.name), std::string(preset.text)};
        }
    }
    throw ConfigError(fmt::format("unknown {} '{}': must be a file (.yaml) or one of {}", kind,
                                  name_or_file, fmt::join(preset_names(folder), ", ")));
}

}  // namespace quatrain::config
