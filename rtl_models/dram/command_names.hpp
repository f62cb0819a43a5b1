// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/command.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace quatrain::dram {

/// What the field calls the kinds of command, in the order of CommandKind.
inline constexpr std::array<std::string_view, command_kind_count> command_names{
    "ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF", "REFpb"};

constexpr std::string_view short_name(CommandKind kind) {
    return command_names[static_cast<std::size_t>(kind)];
}

/// The kind of this short name, if there is one.
constexpr std::optional<CommandKind> command_kind(std::string_view name) {
    const auto* found = std::find(command_names.begin(), command_names.end(), name);
    if (found == command_names.end()) return std::nullopt;
    return static_cast<CommandKind>(found - command_names.begin());
}

}  // namespace quatrain::dram
