// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/checker.hpp"
#include "tests/unit/dram/small_standard.hpp"

#include <gtest/gtest.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::dram::testing {

/// Of the channels that are checked.
inline constexpr std::int64_t ranks = 2;

/// The small memory without its table: bank states, buses, form and refreshes are left.
inline Standard bare(std::int64_t command_buses = 1) {
    Standard standard = small_standard(true, command_buses);
    standard.constraints.clear();
    return standard;
}

/// What the checker says of commands that ran until `end`; empty when they pass.
inline std::string complaint(const std::vector<Command>& commands,
                             const Standard& standard = bare(), Refresh refresh = Refresh::none,
                             std::int64_t end = 0) {
    Checker checker(standard, ranks, refresh);
    std::size_t passed = 0;
    try {
        for (const Command& one : commands) {
            checker.issued(one);
            ++passed;
        }
        checker.finish(end);
    } catch (const ConstraintError& error) {
        EXPECT_TRUE(passed + 1 >= commands.size()) << "an earlier command failed";
        EXPECT_EQ(checker.commands(), static_cast<std::int64_t>(passed));
        return error.what();
    }
    EXPECT_EQ(checker.commands(), static_cast<std::int64_t>(passed));
    return "";
}

}  // namespace quatrain::dram::testing
