// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <vector>

namespace quatrain::dma {

/// One DMA engine (load and store are alike).
struct Params {
    std::int64_t burst_bytes = 256;
    std::int64_t outstanding = 32;
    std::int64_t bytes_per_cycle = 64;
};
BOOST_DESCRIBE_STRUCT(Params, (), (burst_bytes, outstanding, bytes_per_cycle))
std::span<const ParameterInfo> parameter_info(const Params&);

/// One request to DRAM: `bytes` contiguous bytes that do not cross a multiple of burst_bytes.
struct Burst {
    std::int64_t address = 0;  ///< [bytes]
    std::int64_t bytes = 0;
};

/// The bursts of a transfer in descriptor order (extent[0] innermost). Runs that continue each
/// other in DRAM are merged first, so that a dense tensor takes the fewest bursts.
class BurstCursor {
public:
    BurstCursor() = default;  ///< of no transfer
    BurstCursor(const Params& params, const isa::DmaTransfer& transfer);
    bool done() const { return remaining_runs_ == 0; }
    /// The next burst. Must not be done().
    Burst next();

private:
    void enter_next_run();

    std::int64_t burst_bytes_ = 1;
    std::int64_t run_bytes_ = 0;                  ///< contiguous bytes of a merged run
    std::array<std::int64_t, 3> count_{1, 1, 1};  ///< runs, innermost first
    std::array<std::int64_t, 3> stride_{0, 0, 0};
    std::array<std::int64_t, 3> index_{0, 0, 0};
    std::int64_t remaining_runs_ = 0;
    std::int64_t run_start_ = 0;  ///< of the current run [bytes]
    std::int64_t offset_ = 0;     ///< in the current run [bytes]
};

/// Bytes that a transfer moves.
std::int64_t transfer_bytes(const isa::DmaTransfer& transfer);
/// Bursts that a transfer is split into.
std::int64_t burst_count(const Params& params, const isa::DmaTransfer& transfer);

enum class Direction : std::uint8_t { load, store };

/// When one engine's bursts issue, reach DRAM and complete [cycles]. Bursts go through in order:
/// - one issues per cycle at most, and burst k not before burst k - outstanding is complete;
/// - a load burst reaches DRAM in its issue cycle; its data passes the buffer port,
/// bytes_per_cycle, in burst order;
/// - a store burst issues when the port is free, passes it, then reaches DRAM; it is complete when
/// DRAM says so, and after the burst before it: one burst per cycle is complete.
/// The descriptor boundary is invisible: the next transfer's first burst follows the last burst of
/// this one.
class BurstTimeline {
public:
    BurstTimeline(const Params& params, Direction direction);
    /// Earliest issue cycle of the next burst, not before `earliest`. All bursts before it must be
    /// complete()d or fewer than `outstanding` of them be open.
    std::int64_t issue_cycle(std::int64_t earliest) const;
    /// Issues the next burst in `cycle` (from issue_cycle()); returns the cycle in which it reaches
    /// DRAM.
    std::int64_t issue(std::int64_t cycle, std::int64_t bytes);
    /// DRAM is done with the oldest open burst in `response`; returns the cycle in which the burst
    /// is complete.
    std::int64_t complete(std::int64_t response, std::int64_t bytes);

private:
    std::int64_t port_cycles(std::int64_t bytes) const { return ceil_div(bytes, bytes_per_cycle_); }

    std::int64_t bytes_per_cycle_;
    Direction direction_;
    std::int64_t next_issue_ = 0;
    std::int64_t port_free_ = 0;
    std::int64_t last_complete_ = 0;
    std::vector<std::int64_t> complete_;  ///< ring: completion of burst k at k modulo outstanding
    std::size_t issued_ = 0;              ///< index of the next burst to issue, modulo outstanding
    std::size_t completed_ = 0;           ///< index of the oldest open burst, modulo outstanding
};

}  // namespace quatrain::dma
