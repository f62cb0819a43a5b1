// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dma/clocked_addresses.hpp"

#include <algorithm>

namespace quatrain::dma {
namespace {

/// The same bytes with dense inner loops taken into the run: their extents become 1.
RunCounters dense_runs(const isa::DmaTransfer& transfer) {
    std::array<std::int64_t, 4> extent = transfer.extent;
    for (std::size_t i = 0; i < 3; ++i) {
        if (extent[i + 1] == 1) continue;
        if (transfer.dram_stride[i] != extent[0]) break;
        extent[0] *= extent[i + 1];
        extent[i + 1] = 1;
    }
    return {transfer.dram_address, extent, transfer.dram_stride};
}

}  // namespace

void RunCounters::next_run() {
    for (std::size_t i = 0; i < 3; ++i) {
        address_ += stride_[i];
        if (++counter_[i] < extent_[i + 1]) return;
        address_ -= counter_[i] * stride_[i];
        counter_[i] = 0;
    }
    done_ = true;
}

BurstAddresses::BurstAddresses(std::int64_t burst_bytes, const isa::DmaTransfer& transfer)
    : burst_bytes_(burst_bytes), runs_(dense_runs(transfer)) {}

Burst BurstAddresses::next() {
    const std::int64_t address = runs_.address() + offset_;
    const std::int64_t bytes =
        std::min(burst_bytes_ - address % burst_bytes_, runs_.run_bytes() - offset_);
    offset_ += bytes;
    if (offset_ == runs_.run_bytes()) {
        offset_ = 0;
        runs_.next_run();
    }
    return {address, bytes};
}

bool BurstAddresses::at_last() const {
    BurstAddresses ahead = *this;
    ahead.next();
    return ahead.done();
}

Burst BufferAddresses::next(std::int64_t limit) {
    const Burst piece{runs_.address() + offset_, std::min(limit, runs_.run_bytes() - offset_)};
    offset_ += piece.bytes;
    if (offset_ == runs_.run_bytes()) {
        offset_ = 0;
        runs_.next_run();
    }
    return piece;
}

}  // namespace quatrain::dma
