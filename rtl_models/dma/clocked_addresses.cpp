// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dma/clocked_addresses.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <algorithm>

namespace quatrain::dma {
namespace {

std::int64_t checked_extent(std::int64_t extent) {
    return in_range("dma extent", extent, 1, (std::int64_t{1} << extent_bits) - 1);
}

/// The same bytes with dense inner loops taken into the run: their extents become 1.
RunCounters dense_runs(const isa::DmaTransfer& transfer) {
    std::array<std::int64_t, 4> extent = transfer.extent;
    for (std::size_t i = 0; i < 3; ++i) {
        if (extent[i + 1] == 1) continue;
        if (transfer.dram_stride[i] != extent[0]) break;
        extent[0] = checked_extent(extent[0]) * checked_extent(extent[i + 1]);
        extent[i + 1] = 1;
    }
    return {dram_side, transfer.dram_address, extent, transfer.dram_stride};
}

}  // namespace

RunCounters::RunCounters(const Side& side, std::int64_t address,
                         const std::array<std::int64_t, 4>& extent,
                         const std::array<std::int64_t, 3>& stride)
    : side_(side),
      extent_(extent),
      stride_(stride),
      address_(in_unsigned(side.address, address, side.address_bits)) {
    for (const std::int64_t value : extent_) checked_extent(value);
    for (const std::int64_t value : stride_) in_signed(side.stride, value, side.stride_bits());
}

bool RunCounters::at_last() const {
    return counter_[0] + 1 == extent_[1] && counter_[1] + 1 == extent_[2] &&
           counter_[2] + 1 == extent_[3];
}

void RunCounters::next_run() {
    std::int64_t address = address_;
    for (std::size_t i = 0; i < 3; ++i) {
        address += stride_[i];
        if (++counter_[i] < extent_[i + 1]) {
            address_ = in_unsigned(side_.address, address, side_.address_bits);
            return;
        }
        address -= counter_[i] * stride_[i];
        counter_[i] = 0;
    }
    done_ = true;
}

std::int64_t RunCounters::address_at(std::int64_t offset) const {
    return in_unsigned(side_.pins, address_ + offset, side_.address_bits);
}

BurstAddresses::BurstAddresses(std::int64_t burst_bytes, const isa::DmaTransfer& transfer)
    : burst_bytes_(burst_bytes), runs_(dense_runs(transfer)) {}

std::int64_t BurstAddresses::next_bytes() const {
    return std::min(burst_bytes_ - (runs_.address() + offset_) % burst_bytes_,
                    runs_.run_bytes() - offset_);
}

Burst BurstAddresses::next() {
    const Burst burst{runs_.address_at(offset_), next_bytes()};
    offset_ += burst.bytes;
    if (offset_ == runs_.run_bytes()) {
        offset_ = 0;
        runs_.next_run();
    }
    return burst;
}

Burst BufferAddresses::next(std::int64_t limit) {
    const Burst piece{runs_.address_at(offset_), std::min(limit, runs_.run_bytes() - offset_)};
    offset_ += piece.bytes;
    if (offset_ == runs_.run_bytes()) {
        offset_ = 0;
        runs_.next_run();
    }
    return piece;
}

}  // namespace quatrain::dma
