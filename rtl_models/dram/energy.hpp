// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/standard.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace quatrain::dram {

/// What one supply of one device delivers, by JEDEC's names.
struct Supply {
    double volts = 0;  ///< [V]
    double idd0 = 0;   ///< activate and precharge of one bank every tRC [mA]
    double idd2n = 0;  ///< standby, all banks precharged [mA]
    double idd3n = 0;  ///< standby, banks active [mA]
    double idd4r = 0;  ///< bursts of reads without a gap [mA]
    double idd4w = 0;  ///< bursts of writes without a gap [mA]
    double idd5b = 0;  ///< refreshes of all banks every tRFC [mA]
    std::optional<double>
        idd5pb;  ///< refreshes of one bank every tRFCpb, if the maker gives it [mA]
};

/// How long the currents flow [DRAM cycles].
struct CurrentTimes {
    std::int64_t row_cycle = 0;      ///< tRC
    std::int64_t row_active = 0;     ///< tRAS
    std::int64_t row_precharge = 0;  ///< tRP
    std::int64_t refresh = 0;        ///< tRFC
    std::int64_t refresh_bank = 0;   ///< tRFCpb; used where a supply has idd5pb
};

/// Energies of a rank of `devices` devices from their currents, summed over the supplies (Micron
/// TN-40-07): what a command draws above the standby current, for as long as it draws it. Core
/// alone: no termination. One bank's refresh is the bank's share of idd5b where no supply has
/// idd5pb. Of `standard` the clock and the organisation are used.
Energies energies_from_currents(const Standard& standard, std::span<const Supply> supplies,
                                const CurrentTimes& times, std::int64_t devices);

}  // namespace quatrain::dram
