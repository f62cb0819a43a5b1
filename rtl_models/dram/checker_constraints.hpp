// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/checker_issue.hpp"

#include <vector>

namespace quatrain::dram::checking {

/// The checker's half that knows the table: the constraints, ordered by the command that they hold
/// back, and the issues that they look at.
class Constraints {
public:
    Constraints(const Standard& standard, std::int64_t ranks);

    /// Throws ConstraintError when the command breaks a constraint.
    void check(const Command& command, const Places& places) const;
    void record(const Command& command, const Places& places);

private:
    /// The last issues of one kind of command, for every place of one scope. For other_rank a place
    /// has those that stand in another rank.
    struct History {
        Scope scope{};
        std::size_t depth = 1;      ///< how many are remembered of a place
        std::vector<Issue> issues;  ///< by place, newest first

        void push(std::size_t place, const Issue& issue);
    };
    /// `cycles` after the issue at `back` (0 is the newest) of the place in `scope`.
    struct Check {
        std::int64_t cycles = 0;
        Scope scope{};
        std::size_t history = 0, back = 0;
        std::size_t constraint = 0;
    };

    /// The number of the history of `kind` in `scope`, which is made when there is none.
    std::size_t history_of(CommandKind kind, Scope scope);
    [[noreturn]] void report(const Command& command, const Constraint& constraint,
                             const Issue& earlier) const;

    std::int32_t ranks_;
    std::vector<Constraint> table_;
    std::vector<History> histories_;
    std::array<std::vector<std::size_t>, command_kind_count> histories_of_;  ///< by `before`
    std::array<std::vector<Check>, command_kind_count> checks_;              ///< by `after`
};

}  // namespace quatrain::dram::checking
