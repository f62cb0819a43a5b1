// SPDX-License-Identifier: Apache-2.0
#include "sim/run/target.hpp"

#include "rtl_models/dram/timing.hpp"

#include <algorithm>
#include <cstdint>

namespace quatrain::run {

compiler::Target compiler_target(const config::Architecture& architecture) {
    dram::Capability dram =
        dram::capability(architecture.memory, architecture.dram, architecture.clock_period_ps);
    dram.capacity_bytes = config::dram_share_bytes(architecture);
    dram.peak_millibytes_per_cycle =
        std::max<std::int64_t>(1, dram.peak_millibytes_per_cycle / architecture.cores);
    return {.cores = architecture.cores,
            .array = architecture.array,
            .streamer = architecture.streamer,
            .buffers = architecture.buffers,
            .scaling_unit = architecture.scaling_unit,
            .vector_unit = architecture.vector_unit,
            .dma = architecture.dma,
            .dram = dram,
            .scratchpad_bytes = config::scratchpad_share_bytes(architecture)};
}

config::Architecture host_architecture(const config::Architecture& architecture) {
    constexpr std::int64_t host_bytes = std::int64_t{4} << 20;
    config::Architecture host = architecture;
    for (std::int64_t* bytes : {&host.buffers.moving_bytes, &host.buffers.stationary_bytes,
                                &host.buffers.accumulator_bytes, &host.buffers.vector_bytes})
        *bytes = std::max(*bytes, host_bytes);
    return host;
}

compiler::Target host_target(const config::Architecture& host) {
    compiler::Target result = compiler_target(host);
    result.tile_passes = true;
    result.dram.ideal = false;
    result.dram.latency_cycles = std::int64_t{1} << 24;
    result.dma.outstanding = std::int64_t{1} << 32;
    return result;
}

}  // namespace quatrain::run
