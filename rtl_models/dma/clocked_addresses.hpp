// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace quatrain::dma {

/// Width of an extent, of the counter that runs up to it, and of the offset in a run [bits]: one
/// side of a transfer is a buffer, of at most 2^30 bytes.
inline constexpr int extent_bits = buffer_address_bits + 1;

/// Names and widths of the registers on one side of a transfer; `pins` are the address of a burst
/// or a piece of one, inside a run.
struct Side {
    std::string_view address, stride, pins;
    int address_bits;                                     ///< without a sign
    int stride_bits() const { return address_bits + 1; }  ///< with a sign: either way through it
};
inline constexpr Side dram_side{"dma dram_address", "dma dram_stride", "dma burst address",
                                dram_address_bits};
inline constexpr Side buffer_side{"dma buffer_address", "dma buffer_stride", "dma port address",
                                  buffer_address_bits};

/// The counters of a 4-D strided box on one side of a transfer: three nested loops around runs of
/// contiguous bytes.
class RunCounters {
public:
    /// Throws std::overflow_error when a value does not fit its register; an extent is at least 1.
    RunCounters(const Side& side, std::int64_t address, const std::array<std::int64_t, 4>& extent,
                const std::array<std::int64_t, 3>& stride);
    std::int64_t address() const { return address_; }      ///< of the current run
    std::int64_t run_bytes() const { return extent_[0]; }  ///< of every run
    bool done() const { return done_; }                    ///< all runs are behind
    bool at_last() const;                                  ///< the current run is the last
    /// Throws std::overflow_error when the next run's address does not fit its register.
    void next_run();
    /// Of byte `offset` of the current run, for the pins. Errors as above.
    std::int64_t address_at(std::int64_t offset) const;

private:
    Side side_;
    std::array<std::int64_t, 4> extent_;
    std::array<std::int64_t, 3> stride_;
    std::array<std::int64_t, 3> counter_{0, 0, 0};  ///< below their extents, which fit
    std::int64_t address_;
    bool done_ = false;
};

/// The DRAM side: bursts that end at multiples of burst_bytes. Loops whose stride is the length of
/// what they repeat are one run.
class BurstAddresses {
public:
    /// Throws std::overflow_error when a value, or the length of a run, does not fit its register.
    BurstAddresses(std::int64_t burst_bytes, const isa::DmaTransfer& transfer);
    bool done() const { return runs_.done(); }
    /// The next burst is the last.
    bool at_last() const { return runs_.at_last() && offset_ + next_bytes() == runs_.run_bytes(); }
    /// Throws std::overflow_error when an address does not fit its register.
    Burst next();

private:
    std::int64_t next_bytes() const;

    std::int64_t burst_bytes_;
    RunCounters runs_;
    std::int64_t offset_ = 0;  ///< in the current run, below its length [bytes]
};

/// The buffer side: contiguous pieces of the transfer's bytes in order.
class BufferAddresses {
public:
    /// Throws std::overflow_error when a value does not fit its register.
    explicit BufferAddresses(const isa::DmaTransfer& transfer)
        : runs_(buffer_side, transfer.buffer_address, transfer.extent, transfer.buffer_stride) {}
    /// The next contiguous piece, of at most `limit` bytes. Errors as above.
    Burst next(std::int64_t limit);

private:
    RunCounters runs_;
    std::int64_t offset_ = 0;  ///< in the current run, below its length [bytes]
};

}  // namespace quatrain::dma
