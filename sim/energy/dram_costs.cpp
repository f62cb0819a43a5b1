// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy.hpp"

namespace quatrain::energy {

DramCosts dram_costs(const config::Architecture& architecture,
                     std::span<const dram::ChannelStatistics> channels, const EventCounts& total,
                     std::uint64_t cycles) {
    dram::ChannelStatistics sum;
    for (const dram::ChannelStatistics& one : channels) sum += one;
    const dram::DramEnergy spent = dram::energy(architecture.memory.energies, sum);
    const auto share = [](double energy, std::uint64_t units) {
        return units == 0 ? 0.0 : energy / static_cast<double>(units);
    };
    const std::uint64_t reads = total[Event::dram_read_bits],
                        writes = total[Event::dram_write_bits];
    const double activate_bit = share(spent.activate, reads + writes);
    return {.read_bit = share(spent.read, reads) + activate_bit,
            .write_bit = share(spent.write, writes) + activate_bit,
            .cycle = share(spent.background + spent.refresh, cycles)};
}

DramCosts dram_costs(const config::Architecture& architecture) {
    const dram::Energies& energies = architecture.memory.energies;
    const dram::Organisation& organisation = architecture.memory.organisation;
    const auto burst_bits = static_cast<double>(8 * organisation.burst_bytes());
    const double activate_bit = energies.activate / static_cast<double>(8 * organisation.row_bytes);
    return {.read_bit = energies.read / burst_bits + activate_bit,
            .write_bit = energies.write / burst_bits + activate_bit,
            .cycle = 0};
}

}  // namespace quatrain::energy
