// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/run/result.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace quatrain::run {

/// Rows of the channels whose statistics these are.
std::vector<ChannelRow> channel_rows(const config::Architecture& architecture,
                                     const std::vector<dram::ChannelStatistics>& channels);

/// All channels of these rows as one: sums, and rates over them; seconds of the longest.
ChannelRow all_channels(const config::Architecture& architecture,
                        const std::vector<ChannelRow>& rows);

/// Bytes per second that all channels can carry.
double peak_bytes_per_second(const config::Architecture& architecture);

/// Where an operator stands under the roof of its machine (Williams, Waterman and Patterson, CACM
/// 2009).
struct Roofline {
    double macs_per_byte = 0;            ///< of DRAM traffic
    double attained_macs_per_cycle = 0;  ///< over the operator's span
    double attainable_macs_per_cycle =
        0;                      ///< by the arrays' peak in this precision, and the memory's
    bool memory_bound = false;  ///< the memory's roof is the lower one
};

/// nullopt for an operator without MACs, or a run without time. An ideal memory has no roof.
std::optional<Roofline> roofline(const config::Architecture& architecture, const OperatorRow& row);

}  // namespace quatrain::run
