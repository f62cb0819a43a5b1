// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/checker_issue.hpp"

#include "rtl_models/dram/checker.hpp"

#include <fmt/format.h>
#include <boost/describe/enum_to_string.hpp>

namespace quatrain::dram::checking {

Issue issue_of(const Command& command) {
    const Location& at = command.location;
    return {command.cycle, command.kind, at.rank, at.bank_group, at.bank};
}

std::string text_of(const Issue& issue) {
    std::string text =
        fmt::format("{} in cycle {} (rank {}", boost::describe::enum_to_string(issue.kind, "?"),
                    issue.cycle, issue.rank);
    if (!is_rank_wide(issue.kind))
        text += fmt::format(", bank group {}, bank {}", issue.bank_group, issue.bank);
    return text + ")";
}

void fail(const Command& command, const std::string& rule) {
    const Location& at = command.location;
    throw ConstraintError(fmt::format(
        "dram channel {}: {} in cycle {} (rank {}, bank group {}, bank {}, row {}, column {}): {}",
        command.channel, boost::describe::enum_to_string(command.kind, "?"), command.cycle, at.rank,
        at.bank_group, at.bank, at.row, at.column, rule));
}

}  // namespace quatrain::dram::checking
