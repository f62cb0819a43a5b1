// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dma/timing.hpp"

#include <algorithm>
#include <numeric>

namespace quatrain::dma {
namespace {

/// The runs of a transfer, those that continue each other in DRAM merged; innermost first.
struct MergedRuns {
    std::int64_t bytes;  ///< of each
    std::array<std::int64_t, 3> count{1, 1, 1}, stride{0, 0, 0};

    explicit MergedRuns(const isa::DmaTransfer& transfer) : bytes(transfer.extent[0]) {
        std::size_t level = 0;
        while (level < 3 &&
               (transfer.extent[level + 1] == 1 || transfer.dram_stride[level] == bytes)) {
            bytes *= transfer.extent[++level];
        }
        for (std::size_t i = level; i < 3; ++i) {
            count[i - level] = transfer.extent[i + 1];
            stride[i - level] = transfer.dram_stride[i];
        }
    }
};

/// Bursts of the runs of the innermost `levels` levels that start at `start`. Whoever starts at the
/// same place within a burst has as many: places repeat with a period.
std::int64_t bursts_of(const MergedRuns& runs, std::int64_t burst_bytes, std::size_t levels,
                       std::int64_t start) {
    start = (start % burst_bytes + burst_bytes) % burst_bytes;
    if (levels == 0) return ceil_div(start + runs.bytes, burst_bytes);
    const std::int64_t count = runs.count[levels - 1];
    const std::int64_t stride = runs.stride[levels - 1];
    const std::int64_t period = burst_bytes / std::gcd(stride, burst_bytes);
    std::int64_t bursts = 0;
    for (std::int64_t i = 0; i < std::min(period, count); ++i) {
        const std::int64_t like_it = (count - i - 1) / period + 1;
        bursts += like_it * bursts_of(runs, burst_bytes, levels - 1, start + i * stride);
    }
    return bursts;
}

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 3> info{{
        {"burst_bytes", "bytes", 1, 65536,
         "largest request to DRAM; requests never cross a multiple of it"},
        {"outstanding", "bursts", 1, 65536, "of one engine in flight"},
        {"bytes_per_cycle", "bytes/cycle", 1, 65536, "between one engine and the buffers"},
    }};
    return info;
}

BurstCursor::BurstCursor(const Params& params, const isa::DmaTransfer& transfer)
    : burst_bytes_(params.burst_bytes), run_start_(transfer.dram_address) {
    const MergedRuns runs(transfer);
    run_bytes_ = runs.bytes;
    count_ = runs.count;
    stride_ = runs.stride;
    remaining_runs_ = run_bytes_ == 0 ? 0 : count_[0] * count_[1] * count_[2];
}

Burst BurstCursor::next() {
    const std::int64_t address = run_start_ + offset_;
    const std::int64_t to_boundary = burst_bytes_ - address % burst_bytes_;
    const Burst burst{address, std::min(to_boundary, run_bytes_ - offset_)};
    offset_ += burst.bytes;
    if (offset_ == run_bytes_) enter_next_run();
    return burst;
}

void BurstCursor::enter_next_run() {
    offset_ = 0;
    --remaining_runs_;
    for (std::size_t i = 0; i < 3; ++i) {
        run_start_ += stride_[i];
        if (++index_[i] < count_[i]) return;
        run_start_ -= index_[i] * stride_[i];
        index_[i] = 0;
    }
}

std::int64_t transfer_bytes(const isa::DmaTransfer& transfer) {
    const auto& extent = transfer.extent;
    return extent[0] * extent[1] * extent[2] * extent[3];
}

std::int64_t burst_count(const Params& params, const isa::DmaTransfer& transfer) {
    const MergedRuns runs(transfer);
    return runs.bytes == 0 ? 0 : bursts_of(runs, params.burst_bytes, 3, transfer.dram_address);
}

BurstTimeline::BurstTimeline(const Params& params, Direction direction)
    : bytes_per_cycle_(params.bytes_per_cycle),
      direction_(direction),
      complete_(static_cast<std::size_t>(params.outstanding), 0) {}

std::int64_t BurstTimeline::issue_cycle(std::int64_t earliest) const {
    const std::int64_t ready = std::max({earliest, next_issue_, complete_[issued_]});
    return direction_ == Direction::store ? std::max(ready, port_free_) : ready;
}

std::int64_t BurstTimeline::issue(std::int64_t cycle, std::int64_t bytes) {
    next_issue_ = cycle + 1;
    if (++issued_ == complete_.size()) issued_ = 0;
    if (direction_ == Direction::load) return cycle;
    port_free_ = cycle + port_cycles(bytes);
    return port_free_;
}

std::int64_t BurstTimeline::complete(std::int64_t response, std::int64_t bytes) {
    std::int64_t cycle = std::max(response, last_complete_ + 1);
    if (direction_ == Direction::load) {
        port_free_ = std::max(response, port_free_) + port_cycles(bytes);
        cycle = port_free_;
    }
    last_complete_ = cycle;
    complete_[completed_] = cycle;
    if (++completed_ == complete_.size()) completed_ = 0;
    return cycle;
}

}  // namespace quatrain::dma
