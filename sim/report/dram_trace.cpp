// SPDX-License-Identifier: Apache-2.0
#include "sim/report/dram_trace.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <tuple>

namespace quatrain::report {
namespace {

using dram::Command;
using dram::CommandKind;

/// By CommandKind.
constexpr std::array<std::string_view, dram::command_kind_count> names{
    "ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF", "REFpb"};

/// Text is handed on in pieces of about this size [bytes].
constexpr std::size_t piece_bytes = 1 << 16;

void append_row(fmt::memory_buffer& text, const Command& command) {
    const auto out = std::back_inserter(text);
    const dram::Location& at = command.location;
    fmt::format_to(out, "{},{},{},{}", command.cycle, names[static_cast<std::size_t>(command.kind)],
                   command.channel, at.rank);
    const auto cell = [&](bool named, std::int32_t value) {
        if (named)
            fmt::format_to(out, ",{}", value);
        else
            text.push_back(',');
    };
    const bool column = is_column(command.kind);
    cell(!is_rank_wide(command.kind), at.bank_group);
    cell(!is_rank_wide(command.kind), at.bank);
    cell(column || command.kind == CommandKind::activate, at.row);
    cell(column, at.column);
    text.push_back('\n');
}

}  // namespace

DramTrace::DramTrace(const std::string& path) : file_(path) {
    file_.write("cycle,command,channel,rank,bank_group,bank,row,column\n");
}

void DramTrace::add(const Command& command) {
    if (command.cycle < flushed_)
        throw std::logic_error(
            fmt::format("dram trace: a command of channel {} in cycle {}, but all cycles before {} "
                        "are written",
                        command.channel, command.cycle, flushed_));
    waiting_.push_back(command);
}

void DramTrace::flush(std::int64_t until) {
    const auto rest =
        std::stable_partition(waiting_.begin(), waiting_.end(),
                              [&](const Command& command) { return command.cycle < until; });
    std::stable_sort(waiting_.begin(), rest, [](const Command& left, const Command& right) {
        return std::tie(left.cycle, left.channel) < std::tie(right.cycle, right.channel);
    });
    fmt::memory_buffer text;
    for (auto command = waiting_.begin(); command != rest; ++command) {
        append_row(text, *command);
        if (text.size() < piece_bytes) continue;
        file_.write({text.data(), text.size()});
        text.clear();
    }
    file_.write({text.data(), text.size()});
    waiting_.erase(waiting_.begin(), rest);
    flushed_ = std::max(flushed_, until);
}

void DramTrace::finish() {
    flush(std::numeric_limits<std::int64_t>::max());
    file_.finish();
}

}  // namespace quatrain::report
