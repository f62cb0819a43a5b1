// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <vector>

namespace quatrain::dram {

/// First DRAM: channels of fixed latency and bandwidth; addresses interleave over the channels.
struct Params {
    std::int64_t channels = 4;
    std::int64_t channel_millibytes_per_cycle =
        12800;  ///< LPDDR5-6400 x16: 12.8 GB/s at a 1 GHz core
    std::int64_t latency_cycles = 100;
    std::int64_t interleave_bytes = 256;
    std::int64_t capacity_bytes = 8LL * 1024 * 1024 * 1024;
    bool ideal = false;
};
BOOST_DESCRIBE_STRUCT(Params, (),
                      (channels, channel_millibytes_per_cycle, latency_cycles, interleave_bytes,
                       capacity_bytes, ideal))
std::span<const ParameterInfo> parameter_info(const Params&);

/// The channels' data buses. A request starts when it has arrived and its channel is free, holds
/// the channel for bytes * 1000 / channel_millibytes_per_cycle cycles (fractions are kept, so that
/// bandwidth is exact), and is answered latency_cycles after its last byte. Requests are served in
/// the order of the calls.
class Channels {
public:
    explicit Channels(const Params& params);
    /// Serves `bytes` at `address`, arrived in cycle `arrival`; returns the cycle of the answer. A
    /// request that spans several channels is answered with its last part.
    std::int64_t serve(std::int64_t address, std::int64_t bytes, std::int64_t arrival);

private:
    Params params_;
    /// Per channel, when it is free [cycles / channel_millibytes_per_cycle].
    std::vector<std::int64_t> free_;
};

}  // namespace quatrain::dram
