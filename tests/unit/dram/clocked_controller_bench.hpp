// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/clocked_controller.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/describe/enum_to_string.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::dram::tiny {

/// "12 activate 0.1.3 row 5": a command with its rank, bank group and bank, as far as it has them.
inline std::string text(const Command& command) {
    const Location& place = command.location;
    std::string line =
        fmt::format("{} {} ", command.cycle, boost::describe::enum_to_string(command.kind, "?"));
    if (is_rank_wide(command.kind)) return line + fmt::format("rank {}", place.rank);
    line += fmt::format("{}.{}.{}", place.rank, place.bank_group, place.bank);
    if (is_column(command.kind))
        return line + fmt::format(" row {} column {}", place.row, place.column);
    if (command.kind == CommandKind::activate) line += fmt::format(" row {}", place.row);
    return line;
}

/// A request that arrives in a cycle; its number in the list is its id.
struct Arrival {
    std::int64_t cycle = 0;
    bool is_write = false;
    Location location;
};
inline Arrival read_at(std::int64_t cycle, const Location& location) {
    return {cycle, false, location};
}
inline Arrival write_at(std::int64_t cycle, const Location& location) {
    return {cycle, true, location};
}

/// Keeps commands in the order of their issue.
class CommandList final : public CommandObserver {
public:
    void issued(const Command& command) override { commands.push_back(command); }
    std::vector<Command> commands;
};

/// What a controller did with requests, which are in the order of their cycles.
struct Outcome {
    std::vector<Command> commands;
    std::vector<std::string> lines;                 ///< of the commands
    std::map<std::uint64_t, std::int64_t> answers;  ///< edge, by id
};

inline Outcome run(const Standard& standard, const ControllerParams& params,
                   const std::vector<Arrival>& arrivals, std::int64_t cycles,
                   std::int64_t ranks = 1) {
    CommandList list;
    ClockedController controller(standard, ranks, params, 0, list);
    Outcome outcome;
    std::size_t next = 0;
    for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
        for (; next < arrivals.size() && arrivals[next].cycle == cycle; ++next) {
            const ClockedRequest request{next, arrivals[next].location};
            if (arrivals[next].is_write)
                controller.push_write(request);
            else
                controller.push_read(request);
        }
        for (const ClockedController::Answer& answer : controller.edge())
            outcome.answers.emplace(answer.id, cycle + 1);
    }
    outcome.commands = std::move(list.commands);
    for (const Command& one : outcome.commands) outcome.lines.push_back(text(one));
    return outcome;
}

}  // namespace quatrain::dram::tiny
