// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <span>

namespace quatrain::scratchpad {

/// The on-chip memory that all cores share, where the DRAM is. What lies in it, the program says.
struct Params {
    std::int64_t bytes = 0;
    std::int64_t bytes_per_cycle = 128;
    std::int64_t latency_cycles = 10;
};
BOOST_DESCRIBE_STRUCT(Params, (), (bytes, bytes_per_cycle, latency_cycles))
std::span<const ParameterInfo> parameter_info(const Params&);
/// Throws ParamError unless each of `cores` (1 at least) can have an equal share of whole 64 KiB.
void validate(const Params& params, std::int64_t cores);

/// When bursts are answered. The port has one burst at a time, in the order of requests, and serves
/// the next while answers are on their way (docs/microarchitecture.md, "The scratchpad").
class Port {
public:
    explicit Port(const Params& params) : params_(params) {}

    /// The request for a burst of `bytes`, a load or a store, shows in `cycle`. Returns the cycle
    /// in which its answer shows. Throws std::logic_error for a burst without bytes, and for a
    /// cycle before that of the call before or below 0.
    std::int64_t serve(std::int64_t cycle, std::int64_t bytes);

private:
    Params params_;
    std::int64_t free_ = 0;  ///< first cycle in which the port takes another burst
    std::int64_t last_ = 0;  ///< cycle of the last request
};

}  // namespace quatrain::scratchpad
