// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/energy.hpp"

#include <algorithm>

namespace quatrain::dram {
namespace {

// Charge of one activate and precharge above standby [mA cycles].
double activate_charge(const Supply& supply, const CurrentTimes& times) {
    const auto cycle = static_cast<double>(times.row_cycle);
    const auto active = static_cast<double>(times.row_active);
    const auto precharge = static_cast<double>(times.row_precharge);
    return supply.idd0 * cycle - (supply.idd3n * active + supply.idd2n * precharge);
}

}  // namespace

Energies energies_from_currents(const Standard& standard, std::span<const Supply> supplies,
                                const CurrentTimes& times, std::int64_t devices) {
    const auto burst = static_cast<double>(standard.organisation.burst_cycles);
    const auto refresh = static_cast<double>(times.refresh);
    const auto refresh_bank = static_cast<double>(times.refresh_bank);
    const auto banks = static_cast<double>(standard.organisation.rank_banks());
    const bool has_bank_current = std::ranges::any_of(
        supplies, [](const Supply& supply) { return supply.idd5pb.has_value(); });
    Energies sum;
    for (const Supply& supply : supplies) {
        // V mA ns = pJ
        const double scale = supply.volts * static_cast<double>(standard.clock_period_ps) / 1000 *
                             static_cast<double>(devices);
        const double all_banks = scale * (supply.idd5b - supply.idd3n) * refresh;
        sum.activate += scale * activate_charge(supply, times);
        sum.read += scale * (supply.idd4r - supply.idd3n) * burst;
        sum.write += scale * (supply.idd4w - supply.idd3n) * burst;
        sum.refresh_all += all_banks;
        sum.refresh_bank +=
            has_bank_current
                ? scale * (supply.idd5pb.value_or(supply.idd3n) - supply.idd3n) * refresh_bank
                : all_banks / banks;
        sum.active_standby += scale * supply.idd3n;
        sum.precharged_standby += scale * supply.idd2n;
    }
    return sum;
}

}  // namespace quatrain::dram
