// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/least_traffic.hpp"

#include "workloads/compiler/transfer.hpp"

#include <algorithm>

namespace quatrain::compiler {

Traffic traffic_of(std::int64_t runs, std::int64_t run, bool apart, const Target& target) {
    const std::int64_t burst = target.dma.burst_bytes;
    return {runs * run, apart ? runs * ceil_div(run, burst) : ceil_div(runs * run, burst)};
}

Traffic tiled_rows(std::int64_t rows, std::int64_t columns, std::int64_t all,
                   numerics::Format format, const Target& target) {
    if (columns >= all) return traffic_of(rows, packed_bytes(all, format), false, target);
    const std::int64_t last = last_piece(all, columns);
    return traffic_of(rows, packed_bytes(columns, format), true, target) *
               ((all - last) / columns) +
           traffic_of(rows, packed_bytes(last, format), true, target);
}

std::int64_t engine_cycles(const Traffic& traffic, const Target& target) {
    if (target.dram.ideal) return 0;
    return std::max(
        {traffic.bursts, ceil_div(traffic.bytes, target.dma.bytes_per_cycle),
         ceil_div(traffic.bursts * target.dram.latency_cycles, target.dma.outstanding)});
}

std::int64_t bus_cycles(std::int64_t bytes, const Target& target) {
    if (target.dram.ideal || target.scratchpad_bytes > 0) return 0;
    return ceil_div(bytes * 1000, target.dram.peak_millibytes_per_cycle);
}

std::int64_t transfer_cycles(const Traffic& traffic, const Target& target) {
    return std::max(engine_cycles(traffic, target), bus_cycles(traffic.bytes, target));
}

}  // namespace quatrain::compiler
