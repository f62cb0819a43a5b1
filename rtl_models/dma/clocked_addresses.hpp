// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dma/timing.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <array>
#include <cstdint>

namespace quatrain::dma {

/// The counters of a 4-D strided box on one side of a transfer: three nested loops around runs of
/// contiguous bytes.
class RunCounters {
public:
    RunCounters(std::int64_t address, const std::array<std::int64_t, 4>& extent,
                const std::array<std::int64_t, 3>& stride)
        : extent_(extent), stride_(stride), address_(address) {}
    std::int64_t address() const { return address_; }       ///< of the current run
    std::int64_t run_bytes() const { return extent_[0]; }   ///< of every run
    bool done() const { return done_ || extent_[0] == 0; }  ///< all runs are behind
    void next_run();

private:
    std::array<std::int64_t, 4> extent_;
    std::array<std::int64_t, 3> stride_;
    std::array<std::int64_t, 3> counter_{0, 0, 0};
    std::int64_t address_;
    bool done_ = false;
};

/// The DRAM side: bursts that end at multiples of burst_bytes. Loops whose stride is the length of
/// what they repeat are one run.
class BurstAddresses {
public:
    BurstAddresses(std::int64_t burst_bytes, const isa::DmaTransfer& transfer);
    bool done() const { return runs_.done(); }
    /// The next burst is the last.
    bool at_last() const;
    Burst next();

private:
    std::int64_t burst_bytes_;
    RunCounters runs_;
    std::int64_t offset_ = 0;  ///< in the current run [bytes]
};

/// The buffer side: contiguous pieces of the transfer's bytes in order.
class BufferAddresses {
public:
    explicit BufferAddresses(const isa::DmaTransfer& transfer)
        : runs_(transfer.buffer_address, transfer.extent, transfer.buffer_stride) {}
    /// The next contiguous piece, of at most `limit` bytes.
    Burst next(std::int64_t limit);

private:
    RunCounters runs_;
    std::int64_t offset_ = 0;
};

}  // namespace quatrain::dma
