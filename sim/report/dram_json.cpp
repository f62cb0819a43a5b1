// SPDX-License-Identifier: Apache-2.0
#include "sim/report/dram_json.hpp"

#include "sim/run/memory.hpp"

#include <boost/describe.hpp>

namespace quatrain::report {
namespace {

namespace json = boost::json;

json::object commands_json(const dram::ChannelStatistics& statistics) {
    json::object object;
    for (std::size_t i = 0; i < dram::command_kind_count; ++i) {
        const auto kind = static_cast<dram::CommandKind>(i);
        object[boost::describe::enum_to_string(kind, "?")] = statistics.count(kind);
    }
    return object;
}

json::object channel_json(const run::ChannelRow& row) {
    const dram::ChannelStatistics& counted = row.statistics;
    return {{"cycles", counted.cycles},
            {"read_bytes", row.read_bytes},
            {"write_bytes", row.write_bytes},
            {"bytes_per_second", row.bytes_per_second},
            {"bus_utilisation", row.bus_utilisation},
            {"row_hit_rate", row.row_hit_rate},
            {"read_queue",
             {{"mean_requests", row.read_queue}, {"mean_wait_seconds", row.read_wait_seconds}}},
            {"write_queue",
             {{"mean_requests", row.write_queue}, {"mean_wait_seconds", row.write_wait_seconds}}},
            {"bus_cycles",
             {{"data", counted.data_cycles},
              {"stall_refresh", counted.stall_refresh},
              {"stall_row", counted.stall_row},
              {"stall_turnaround", counted.stall_turnaround},
              {"stall_column", counted.stall_column},
              {"no_request", counted.no_request}}},
            {"commands", commands_json(counted)},
            {"energy_pj",
             {{"total", row.energy.total()},
              {"activate", row.energy.activate},
              {"read", row.energy.read},
              {"write", row.energy.write},
              {"refresh", row.energy.refresh},
              {"background", row.energy.background}}}};
}

}  // namespace

json::value dram_json(const run::RunOptions& options, const run::RunResult& result) {
    if (result.channels.empty()) return nullptr;
    const config::Architecture& machine = options.architecture;
    json::array channels;
    for (const run::ChannelRow& row : result.channels) channels.push_back(channel_json(row));
    const std::string& stand_in = machine.memory.energies.stand_in;
    return json::object{
        {"standard", machine.memory.name},
        {"clock_period_ps", machine.memory.clock_period_ps},
        {"peak_bytes_per_second", run::peak_bytes_per_second(machine)},
        {"energy_stand_in", stand_in.empty() ? json::value(nullptr) : json::value(stand_in)},
        {"all_channels", channel_json(run::all_channels(machine, result.channels))},
        {"channels", std::move(channels)}};
}

json::value roofline_json(const config::Architecture& architecture, const run::OperatorRow& row) {
    const std::optional<run::Roofline> roof = run::roofline(architecture, row);
    if (!roof) return nullptr;
    return json::object{{"span_cycles", row.span_cycles},
                        {"macs_per_byte", roof->macs_per_byte},
                        {"attained_macs_per_cycle", roof->attained_macs_per_cycle},
                        {"attainable_macs_per_cycle", roof->attainable_macs_per_cycle},
                        {"bound", roof->memory_bound ? "memory" : "compute"}};
}

}  // namespace quatrain::report
