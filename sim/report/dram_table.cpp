// SPDX-License-Identifier: Apache-2.0
#include "sim/report/dram_table.hpp"

#include "sim/report/figures.hpp"
#include "sim/report/table.hpp"
#include "sim/run/memory.hpp"

#include <fmt/format.h>

namespace quatrain::report {
namespace {

void add_row(Table& table, std::string name, const run::ChannelRow& row) {
    const dram::ChannelStatistics& counted = row.statistics;
    const auto share = [&](std::int64_t cycles) {
        return percent(counted.cycles == 0
                           ? 0
                           : static_cast<double>(cycles) / static_cast<double>(counted.cycles));
    };
    table.add({std::move(name), fmt::format("{:.2f}", row.bytes_per_second * 1e-9),
               share(counted.data_cycles), share(counted.stall_row), share(counted.stall_column),
               share(counted.stall_turnaround), share(counted.stall_refresh),
               percent(row.row_hit_rate), fmt::format("{:.1f}", row.read_queue),
               fmt::format("{:.1f}", row.write_queue),
               fmt::format("{:.0f}", row.read_wait_seconds * 1e9)});
}

}  // namespace

std::string dram_text(const run::RunOptions& options, const run::RunResult& result) {
    if (result.channels.empty()) return "";
    const config::Architecture& machine = options.architecture;
    Table table({{"DRAM channel", Align::left},
                 {"[GB/s]"},
                 {"bus busy"},
                 {"row stall"},
                 {"column"},
                 {"turnaround"},
                 {"refresh"},
                 {"row hits"},
                 {"reads queued"},
                 {"writes queued"},
                 {"read wait [ns]"}});
    for (std::size_t i = 0; i < result.channels.size(); ++i)
        add_row(table, std::to_string(i), result.channels[i]);
    table.rule();
    add_row(table, "all", run::all_channels(machine, result.channels));
    std::string text = table.text();
    text += fmt::format("{}: {} channels, {:.1f} GB/s at most\n", machine.memory.name,
                        machine.dram.channels, run::peak_bytes_per_second(machine) * 1e-9);
    const std::string& stand_in = machine.memory.energies.stand_in;
    if (!stand_in.empty()) text += fmt::format("energy of the DRAM is a stand-in: {}\n", stand_in);
    return text;
}

}  // namespace quatrain::report
