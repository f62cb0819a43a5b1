// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace quatrain::network {

/// One file of the folder networks/, part of the library since the build was configured.
struct BuiltInFile {
    std::string_view name;  ///< without ".yaml"
    std::string_view text;
};

/// All of them, in natural order of their names. Defined in the build folder, from built_in.cpp.in.
std::span<const BuiltInFile> built_in_files();

}  // namespace quatrain::network
