// SPDX-License-Identifier: Apache-2.0
#include "sim/run/memory.hpp"

#include "sim/run/rows.hpp"

#include <algorithm>

namespace quatrain::run {
namespace {

double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
}

ChannelRow make_row(const config::Architecture& architecture,
                    const dram::ChannelStatistics& statistics, double seconds) {
    using dram::CommandKind;
    const dram::Standard& memory = architecture.memory;
    const std::int64_t reads =
        statistics.count(CommandKind::read) + statistics.count(CommandKind::read_precharge);
    const std::int64_t writes =
        statistics.count(CommandKind::write) + statistics.count(CommandKind::write_precharge);
    const auto cycles = static_cast<double>(statistics.cycles);
    const double period = static_cast<double>(memory.clock_period_ps) * 1e-12;
    ChannelRow row;
    row.statistics = statistics;
    row.read_bytes = reads * memory.organisation.burst_bytes();
    row.write_bytes = writes * memory.organisation.burst_bytes();
    row.seconds = seconds;
    row.bytes_per_second = ratio(static_cast<double>(row.read_bytes + row.write_bytes), seconds);
    row.bus_utilisation = ratio(static_cast<double>(statistics.data_cycles), cycles);
    row.row_hit_rate =
        ratio(static_cast<double>(statistics.row_hits), static_cast<double>(statistics.columns()));
    row.read_queue = ratio(static_cast<double>(statistics.read_wait), cycles);
    row.write_queue = ratio(static_cast<double>(statistics.write_wait), cycles);
    row.read_wait_seconds =
        period * ratio(static_cast<double>(statistics.read_wait), static_cast<double>(reads));
    row.write_wait_seconds =
        period * ratio(static_cast<double>(statistics.write_wait), static_cast<double>(writes));
    row.energy = dram::energy(memory.energies, statistics);
    return row;
}

}  // namespace

std::vector<ChannelRow> channel_rows(const config::Architecture& architecture,
                                     const std::vector<dram::ChannelStatistics>& channels) {
    std::vector<ChannelRow> rows;
    for (const dram::ChannelStatistics& one : channels) {
        const double seconds = static_cast<double>(one.cycles) *
                               static_cast<double>(architecture.memory.clock_period_ps) * 1e-12;
        rows.push_back(make_row(architecture, one, seconds));
    }
    return rows;
}

ChannelRow all_channels(const config::Architecture& architecture,
                        const std::vector<ChannelRow>& rows) {
    dram::ChannelStatistics sum;
    double seconds = 0;
    for (const ChannelRow& row : rows) {
        sum += row.statistics;
        seconds = std::max(seconds, row.seconds);
    }
    return make_row(architecture, sum, seconds);
}

double peak_bytes_per_second(const config::Architecture& architecture) {
    const dram::Organisation& organisation = architecture.memory.organisation;
    const double burst_seconds = static_cast<double>(organisation.burst_cycles) *
                                 static_cast<double>(architecture.memory.clock_period_ps) * 1e-12;
    return static_cast<double>(architecture.dram.channels * organisation.burst_bytes()) /
           burst_seconds;
}

std::optional<Roofline> roofline(const config::Architecture& architecture, const OperatorRow& row) {
    if (row.macs == 0 || row.span_cycles == 0) return std::nullopt;
    const auto macs = static_cast<double>(row.macs);
    const double bytes = static_cast<double>(row.counts[Event::dram_read_bits] +
                                             row.counts[Event::dram_write_bits]) /
                         8;
    const auto peak = static_cast<double>(peak_macs_per_cycle(architecture, row.counts));
    Roofline roof{.macs_per_byte = ratio(macs, bytes),
                  .attained_macs_per_cycle = macs / static_cast<double>(row.span_cycles),
                  .attainable_macs_per_cycle = peak,
                  .memory_bound = false};
    if (architecture.dram.ideal || bytes == 0) return roof;
    const double bytes_per_cycle = peak_bytes_per_second(architecture) *
                                   static_cast<double>(architecture.clock_period_ps) * 1e-12;
    const double memory_roof = roof.macs_per_byte * bytes_per_cycle;
    roof.memory_bound = memory_roof < peak;
    roof.attainable_macs_per_cycle = std::min(peak, memory_roof);
    return roof;
}

}  // namespace quatrain::run
