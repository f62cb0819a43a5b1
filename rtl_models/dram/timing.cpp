// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/timing.hpp"

#include "rtl_models/dram/address_mapping.hpp"

#include <algorithm>
#include <array>

namespace quatrain::dram {

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 8> info{{
        {"memory", "", 0, 0, "DRAM standard: a preset's name, or a file"},
        {"channels", "channels", 1, 1024, "each with its data bus; a power of two"},
        {"ranks", "ranks", 1, 16, "on a channel's data bus; a power of two"},
        {"mapping", "", 0, 0,
         "order of the address bits from the highest on, or default: the standard's"},
        {"bank_hash", "", 0, 1, "bank bits are XORed with row bits"},
        {"request_stages", "DRAM cycles", 1, 8, "from the core's clock to the controller"},
        {"response_stages", "cycles", 1, 8, "from the controller back to the core's clock"},
        {"ideal", "", 0, 1,
         "transfers take no time, whatever the DMA engines and channels: compute cycles alone"},
    }};
    return info;
}

const std::string& mapping_order(const Standard& standard, const Params& params) {
    return params.mapping == "default" ? standard.mapping : params.mapping;
}

std::int64_t capacity_bytes(const Standard& standard, const Params& params) {
    return params.channels * params.ranks * standard.organisation.rank_bytes();
}

void validate(const Standard& standard, const Params& params, const ControllerParams& controller) {
    const AddressMapping mapping(standard, params.channels, params.ranks,
                                 mapping_order(standard, params), params.bank_hash);
    require(mapping.capacity_bytes() <= most_capacity_bytes, "channels", params.channels,
            fmt::format("with ranks = {} makes {} bytes, must be at most {}", params.ranks,
                        mapping.capacity_bytes(), most_capacity_bytes));
    require(controller.refresh != Refresh::per_bank || standard.has_refresh_bank,
            "controller.refresh", "per_bank",
            fmt::format("{} has no refresh of single banks", standard.name));
}

Capability capability(const Standard& standard, const Params& params, std::int64_t core_period_ps) {
    const std::int64_t burst_ps = standard.organisation.burst_cycles * standard.clock_period_ps;
    return {.capacity_bytes = capacity_bytes(standard, params),
            .peak_millibytes_per_cycle = 1000 * params.channels *
                                         standard.organisation.burst_bytes() * core_period_ps /
                                         burst_ps,
            .latency_cycles = unloaded_read_latency(standard, params, core_period_ps, 0),
            .ideal = params.ideal};
}

std::int64_t unloaded_read_latency(const Standard& standard, const Params& params,
                                   std::int64_t core_period_ps, std::int64_t cycle) {
    std::int64_t activate_to_read = 0;
    for (const Constraint& one : standard.constraints) {
        if (one.before == CommandKind::activate && one.after == CommandKind::read &&
            one.scope != Scope::other_rank)
            activate_to_read = std::max(activate_to_read, one.cycles);
    }
    const std::int64_t arrival =
        crossing(cycle + 1, core_period_ps, standard.clock_period_ps, params.request_stages);
    const std::int64_t edge =
        arrival + activate_to_read + standard.read_latency + standard.organisation.burst_cycles;
    return crossing(edge, standard.clock_period_ps, core_period_ps, params.response_stages) - cycle;
}

}  // namespace quatrain::dram
