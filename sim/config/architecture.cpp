// SPDX-License-Identifier: Apache-2.0
#include "sim/config/architecture.hpp"

namespace quatrain::config {

std::int64_t dram_share_bytes(const Architecture& architecture) {
    constexpr std::int64_t unit = 64 * 1024;  // whole bursts of every DMA engine
    const std::int64_t capacity = dram::capacity_bytes(architecture.memory, architecture.dram);
    if (architecture.cores == 1) return capacity;
    return capacity / architecture.cores / unit * unit;
}

std::int64_t scratchpad_share_bytes(const Architecture& architecture) {
    return architecture.scratchpad.bytes / architecture.cores;
}

}  // namespace quatrain::config
