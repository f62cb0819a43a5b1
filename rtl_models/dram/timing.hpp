// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/standard.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <string>

namespace quatrain::dram {

/// The memory of a machine: channels of one standard, and the way to them.
struct Params {
    std::string memory = "lpddr5-6400";
    std::int64_t channels = 4;
    std::int64_t ranks = 2;
    std::string mapping = "default";
    bool bank_hash = false;
    std::int64_t request_stages = 4;
    std::int64_t response_stages = 4;
    bool ideal = false;
};
BOOST_DESCRIBE_STRUCT(Params, (),
                      (memory, channels, ranks, mapping, bank_hash, request_stages, response_stages,
                       ideal))
std::span<const ParameterInfo> parameter_info(const Params&);

/// The order of address bits that holds: the standard's own for "default".
const std::string& mapping_order(const Standard& standard, const Params& params);
/// Addresses have 50 bits.
inline constexpr std::int64_t most_capacity_bytes = std::int64_t{1} << 50;
std::int64_t capacity_bytes(const Standard& standard, const Params& params);
/// Throws ParamError unless the memory can be built: powers of two, an order of address bits that
/// covers the standard's banks, rows and columns, a refresh that the standard has.
void validate(const Standard& standard, const Params& params, const ControllerParams& controller);

/// Where what happens at an edge of one clock is seen in another: `edge` counts periods of `from`
/// from the start on (the edge at the end of cycle c is c + 1). Returns the cycle of the other
/// clock in which it shows, `stages` flip-flops behind the first edge that is later (docs/dram.md,
/// "The two clocks").
constexpr std::int64_t crossing(std::int64_t edge, std::int64_t from_period_ps,
                                std::int64_t to_period_ps, std::int64_t stages) {
    return edge * from_period_ps / to_period_ps + stages;
}

/// What a compiler wants to know of a memory.
struct Capability {
    std::int64_t capacity_bytes = std::int64_t{8} << 30;
    std::int64_t peak_millibytes_per_cycle = 51200;  ///< of all channels, per core cycle
    std::int64_t latency_cycles = 80;                ///< of a read in an idle memory [core cycles]
    bool ideal = false;                              ///< transfers take no time
};
Capability capability(const Standard& standard, const Params& params, std::int64_t core_period_ps);

/// From the request to the answer of one DRAM burst that is read from a closed bank of an idle
/// memory, when the request shows in core cycle `cycle` [core cycles].
std::int64_t unloaded_read_latency(const Standard& standard, const Params& params,
                                   std::int64_t core_period_ps, std::int64_t cycle);

}  // namespace quatrain::dram
