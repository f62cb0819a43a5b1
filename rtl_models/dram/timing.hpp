// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::dram {

/// First DRAM: channels of fixed latency and bandwidth; addresses interleave over the channels.
struct Params {
    std::int64_t channels = 4;
    std::int64_t channel_millibytes_per_cycle = 12800;  ///< LPDDR5-6400 x16: 12.8 GB/s at a 1 GHz core
    std::int64_t latency_cycles = 100;
    std::int64_t interleave_bytes = 256;
    std::int64_t capacity_bytes = 8LL * 1024 * 1024 * 1024;
};
BOOST_DESCRIBE_STRUCT(Params, (), (channels, channel_millibytes_per_cycle, latency_cycles, interleave_bytes, capacity_bytes))
std::span<const ParameterInfo> parameter_info(const Params&);

}  // namespace quatrain::dram
