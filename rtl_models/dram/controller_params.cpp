// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/controller_params.hpp"

#include <array>

namespace quatrain::dram {
namespace {

constexpr double longest_queue = 1024;

}  // namespace

std::span<const ParameterInfo> parameter_info(const ControllerParams&) {
    static constexpr std::array<ParameterInfo, 9> info{{
        {"scheduler", "", 0, 0, "which request goes first: hits of open rows, or the oldest"},
        {"bypass_limit", "column commands", 1, 1e6,
         "how often the oldest request is passed before it is served alone; with fr_fcfs"},
        {"page_policy", "", 0, 0,
         "close a row when another one is wanted, or behind the last request that wants it"},
        {"read_queue", "DRAM bursts", 1, longest_queue, "reads that the controller chooses from"},
        {"write_queue", "DRAM bursts", 1, longest_queue,
         "writes that the controller keeps and chooses from"},
        {"write_high", "DRAM bursts", 1, longest_queue,
         "writes in the queue that turn the controller to writing"},
        {"write_low", "DRAM bursts", 0, longest_queue,
         "writes in the queue at which it turns back to waiting reads"},
        {"turn_bursts", "DRAM bursts", 1, 1e6,
         "column commands after which a turn need not wait for write_low, and may follow "
         "write_high"},
        {"refresh", "", 0, 0, "of all banks of a rank at once, of one bank after another, or none"},
    }};
    return info;
}

void validate(const ControllerParams& params) {
    require(params.bypass_limit >= 1, "bypass_limit", params.bypass_limit, "must be at least 1");
    require(params.read_queue >= 1, "read_queue", params.read_queue, "must be at least 1");
    require(params.write_low >= 0, "write_low", params.write_low, "must be at least 0");
    require(params.write_low < params.write_high, "write_low", params.write_low,
            fmt::format("must be below write_high, {}", params.write_high));
    require(params.write_high <= params.write_queue, "write_high", params.write_high,
            fmt::format("must be at most write_queue, {}", params.write_queue));
}

}  // namespace quatrain::dram
