// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/timing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::scratchpad {
namespace {

constexpr double largest = 1LL << 30;           ///< [bytes]
constexpr std::int64_t share_unit = 64 * 1024;  ///< [bytes]

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 3> info{{
        {"bytes", "bytes", 0, largest, "on chip, beside the DRAM, shared by all cores; 0: none"},
        {"bytes_per_cycle", "bytes/cycle", 1, 65536, "of its one port"},
        {"latency_cycles", "cycles", 0, 1000,
         "from a burst's last bytes at the port to the answer"},
    }};
    return info;
}

void validate(const Params& params, std::int64_t cores) {
    const std::int64_t unit = cores * share_unit;
    require(params.bytes % unit == 0, "bytes", params.bytes,
            fmt::format("must be a multiple of {}, 64 KiB for every core", unit));
}

std::int64_t Port::serve(std::int64_t cycle, std::int64_t bytes) {
    if (cycle < last_)
        throw std::logic_error(
            fmt::format("scratchpad cycle = {}: must be at least {}", cycle, last_));
    if (bytes < 1)
        throw std::logic_error(fmt::format("scratchpad bytes = {}: must be at least 1", bytes));
    last_ = cycle;
    free_ = std::max(cycle, free_) + ceil_div(bytes, params_.bytes_per_cycle);
    return free_ + params_.latency_cycles;
}

}  // namespace quatrain::scratchpad
