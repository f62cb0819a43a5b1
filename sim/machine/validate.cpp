// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/validate.hpp"

#include "rtl_models/isa/address_map.hpp"

#include <fmt/format.h>
#include <boost/mp11/algorithm.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace quatrain::machine {
namespace {

/// Every number of a Params struct within the range that its parameter_info() states.
template <class Params>
void check_ranges(std::string_view block, const Params& params) {
    const std::span<const ParameterInfo> infos = parameter_info(params);
    std::size_t index = 0;
    boost::mp11::mp_for_each<
        boost::describe::describe_members<Params, boost::describe::mod_public>>([&](auto member) {
        const ParameterInfo& info = infos[index++];
        const auto value = params.*member.pointer;
        if constexpr (std::is_same_v<std::remove_const_t<decltype(value)>, std::int64_t>) {
            const auto number = static_cast<double>(value);
            require(number >= info.minimum && number <= info.maximum,
                    fmt::format("{}.{}", block, info.name), value,
                    fmt::format("must be from {} to {} {}", info.minimum, info.maximum, info.unit));
        }
    });
}

}  // namespace

void validate(const MachineParams& params) {
    check_ranges("array", params.array);
    check_ranges("streamer", params.streamer);
    check_ranges("buffers", params.buffers);
    check_ranges("scaling_unit", params.scaling_unit);
    check_ranges("vector_unit", params.vector_unit);
    check_ranges("dma", params.dma);
    check_ranges("ring", params.ring);
    check_ranges("scratchpad", params.scratchpad);
    check_ranges("dram", params.dram);
    check_ranges("dram.controller", params.controller);
    operand_streamer::validate(params.streamer);
    mac_array::validate(params.array);
    buffer::validate(params.buffers, params.cores);
    dram::validate(params.memory);
    dram::validate(params.controller);
    dram::validate(params.memory, params.dram, params.controller);
    require(params.streamer.banks == params.buffers.banks, "streamer.banks", params.streamer.banks,
            fmt::format("must equal buffers.banks, {}", params.buffers.banks));
    require(params.streamer.word_bytes == params.buffers.word_bytes, "streamer.word_bytes",
            params.streamer.word_bytes,
            fmt::format("must equal buffers.word_bytes, {}", params.buffers.word_bytes));
    require(params.cores >= 1 && params.cores <= config::most_cores, "cores", params.cores,
            fmt::format("must be from 1 to {}", config::most_cores));
    scratchpad::validate(params.scratchpad, params.cores);
    require(
        config::dram_share_bytes(params) <= isa::scratchpad_base, "dram.channels",
        params.dram.channels,
        fmt::format("a core's share of the DRAM must be at most {} bytes", isa::scratchpad_base));
    require(params.clock_period_ps > 0, "clock_period_ps", params.clock_period_ps,
            "must be at least 1 ps");
}

void validate(const MachineParams& params, const Settings& settings,
              const scratchpad::ScratchpadImage* scratchpad) {
    if (!settings.numerics) return;
    const std::int64_t bytes = scratchpad == nullptr ? 0 : scratchpad->capacity_bytes();
    if (bytes != params.scratchpad.bytes)
        throw std::invalid_argument(
            fmt::format("scratchpad: contents of {} bytes for a machine with {}", bytes,
                        params.scratchpad.bytes));
}

}  // namespace quatrain::machine
