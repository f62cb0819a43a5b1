// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::config {

/// A file of sim/config/presets, compiled into the library.
struct Preset {
    std::string_view folder;  ///< "architectures", "recipes", "technologies", "memories"
    std::string_view name;    ///< file name without extension
    std::string_view text;
};

/// All of them, in no particular order.
std::span<const Preset> presets();
/// The names in one folder, ascending.
std::vector<std::string> preset_names(std::string_view folder);

/// A configuration text and what to call it in messages.
struct Source {
    std::string label;  ///< the file's path, or "preset edge-4bit"
    std::string text;
};

/// The preset of this name, or the file, if the name ends in .yaml or .yml or holds a slash.
/// `kind` is for messages: "architecture". Throws ConfigError when there is no such preset or file.
Source find_source(std::string_view folder, std::string_view kind, const std::string& name_or_file);

/// The file. Throws ConfigError where it cannot be read.
Source read_source(const std::string& file_name);

}  // namespace quatrain::config
