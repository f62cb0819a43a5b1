// SPDX-License-Identifier: Apache-2.0
#include "sim/config/error.hpp"
#include "sim/config/presets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <fstream>
#include <iterator>

namespace quatrain::config {
namespace {

bool is_file_name(const std::string& name) {
    return name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml");
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

Source find_source(std::string_view folder, std::string_view kind,
                   const std::string& name_or_file) {
    if (is_file_name(name_or_file)) {
        std::ifstream file(name_or_file);
        if (!file) throw ConfigError(fmt::format("{}: cannot be opened", name_or_file));
        std::string text{std::istreambuf_iterator<char>(file), {}};
        if (file.bad()) throw ConfigError(fmt::format("{}: cannot be read", name_or_file));
        return {name_or_file, std::move(text)};
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
