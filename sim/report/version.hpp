// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace quatrain::report {

/// Of the program, as CMake's project() gives it: "0.1.0".
std::string_view version();

}  // namespace quatrain::report
