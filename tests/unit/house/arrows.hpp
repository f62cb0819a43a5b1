// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace quatrain::house {

/// The room of a path relative to the repository: "rtl_models/dma", "workloads/golden", "sim/cli".
std::string room_of(const std::string& path);

/// Which rule `#include "included"` breaks in file `path`; nullopt when it breaks none. The rules
/// are the arrows of docs/architecture.md.
std::optional<std::string> broken_arrow(const std::string& path, const std::string& included);

/// What a file includes: names in quotes and in angle brackets, in order.
struct Includes {
    std::vector<std::string> own, system;
};
Includes includes_of(const std::string& text);

/// Every file below `folder` with one of these extensions, relative to `root`, ascending;
/// hidden folders are left out.
std::vector<std::string> files_below(const std::filesystem::path& root, const std::string& folder,
                                     const std::vector<std::string>& extensions);
std::string text_of(const std::filesystem::path& file);

}  // namespace quatrain::house
