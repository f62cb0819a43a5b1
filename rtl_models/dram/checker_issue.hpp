// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace quatrain::dram::checking {

/// An earlier command, as far as the checker's messages need it.
struct Issue {
    /// So long ago that no rule remembers it.
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min() / 2;

    std::int64_t cycle = never;
    CommandKind kind{};
    std::int32_t rank = 0, bank_group = 0, bank = 0;
};
Issue issue_of(const Command& command);
/// "activate in cycle 3 (rank 0, bank group 1, bank 2)"
std::string text_of(const Issue& issue);

/// Throws ConstraintError: the command, and the rule that it breaks.
[[noreturn]] void fail(const Command& command, const std::string& rule);

inline constexpr std::size_t scope_count = static_cast<std::size_t>(Scope::channel) + 1;
/// Where a command stands, by scope: the numbers of its bank, group and rank in the channel, the
/// rank again (for other_rank) and 0. A rank-wide command stands in the first bank and group.
using Places = std::array<std::size_t, scope_count>;

constexpr std::size_t index(Scope scope) {
    return static_cast<std::size_t>(scope);
}
constexpr std::size_t index(CommandKind kind) {
    return static_cast<std::size_t>(kind);
}

}  // namespace quatrain::dram::checking
