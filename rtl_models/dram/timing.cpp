// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/timing.hpp"

#include <algorithm>
#include <array>

namespace quatrain::dram {

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 6> info{{
        {"channels", "channels", 1, 1024, "with a data bus of their own"},
        {"channel_millibytes_per_cycle", "millibytes/cycle", 1, 10'000'000,
         "bandwidth of one channel in core cycles: GB/s / GHz * 1000"},
        {"latency_cycles", "cycles", 0, 1'000'000, "from the last byte on the bus to the answer"},
        {"interleave_bytes", "bytes", 1, 1 << 30, "consecutive bytes on one channel"},
        {"capacity_bytes", "bytes", 1, 1LL << 50, "of all channels together"},
        {"ideal", "", 0, 1,
         "transfers take no time, whatever the DMA engines and channels: compute cycles alone"},
    }};
    return info;
}

Channels::Channels(const Params& params)
    : params_(params), free_(static_cast<std::size_t>(params.channels), 0) {}

std::int64_t Channels::serve(std::int64_t address, std::int64_t bytes, std::int64_t arrival) {
    const std::int64_t units_per_cycle = params_.channel_millibytes_per_cycle;
    const std::int64_t end = address + bytes;
    std::int64_t last = arrival * units_per_cycle;
    while (address < end) {
        const std::int64_t block = address / params_.interleave_bytes;
        const std::int64_t part = std::min(end, (block + 1) * params_.interleave_bytes) - address;
        std::int64_t& free = free_[static_cast<std::size_t>(block % params_.channels)];
        free = std::max(free, arrival * units_per_cycle) + part * 1000;
        last = std::max(last, free);
        address += part;
    }
    return ceil_div(last, units_per_cycle) + params_.latency_cycles;
}

}  // namespace quatrain::dram
