// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/parallel.hpp"
#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>

namespace quatrain::dma {

/// Calls visit(dram_address, buffer_address) for every run of extent[0] bytes of a transfer, in
/// descriptor order.
template <class Visit>
void for_each_run(const isa::DmaTransfer& transfer, Visit&& visit) {
    const auto& [bytes, count_0, count_1, count_2] = transfer.extent;
    for (std::int64_t c = 0; c < count_2; ++c) {
        for (std::int64_t b = 0; b < count_1; ++b) {
            for (std::int64_t a = 0; a < count_0; ++a) {
                const auto offset = [&](const std::array<std::int64_t, 3>& stride) {
                    return a * stride[0] + b * stride[1] + c * stride[2];
                };
                visit(transfer.dram_address + offset(transfer.dram_stride),
                      transfer.buffer_address + offset(transfer.buffer_stride));
            }
        }
    }
}

/// Whether the runs of a transfer, `strides` apart on one side, lie beside each other there: no
/// byte is in two of them. False where that is not plain: strides that interleave.
inline bool runs_are_apart(const isa::DmaTransfer& transfer, std::array<std::int64_t, 3> strides) {
    std::array<std::pair<std::int64_t, std::int64_t>, 3> levels;  // stride and count
    for (std::size_t i = 0; i < levels.size(); ++i)
        levels[i] = {std::abs(strides[i]), transfer.extent[i + 1]};
    std::ranges::sort(levels);
    std::int64_t size = transfer.extent[0];
    for (const auto& [stride, count] : levels) {
        if (count <= 1) continue;
        if (stride < size) return false;
        size += stride * (count - 1);
    }
    return true;
}

/// A transfer cut into pieces, in descriptor order: of whole runs, or of parts of long runs.
class Pieces {
public:
    /// Pieces of about `piece_bytes` bytes.
    Pieces(const isa::DmaTransfer& transfer, std::int64_t piece_bytes)
        : transfer_(transfer),
          cuts_(std::max<std::int64_t>(1, ceil_div(transfer.extent[0], piece_bytes))),
          cut_bytes_(ceil_div(transfer.extent[0], cuts_)),
          cuts_per_piece_(
              std::max<std::int64_t>(1, piece_bytes / std::max<std::int64_t>(1, cut_bytes_))) {}

    std::int64_t count() const { return ceil_div(all_cuts(), cuts_per_piece_); }

    /// Calls visit(dram_address, buffer_address, bytes) for what is in the piece, in order.
    template <class Visit>
    void for_each_run(std::int64_t piece, Visit&& visit) const {
        const std::array<std::int64_t, 4> limit{cuts_, transfer_.extent[1], transfer_.extent[2],
                                                transfer_.extent[3]};
        const std::int64_t first = piece * cuts_per_piece_;
        std::array<std::int64_t, 4> at{};
        for (std::int64_t i = 0, rest = first; i < 4; rest /= limit[i], ++i)
            at[i] = rest % limit[i];
        for (std::int64_t cut = first; cut < std::min(first + cuts_per_piece_, all_cuts()); ++cut) {
            const std::int64_t offset = at[0] * cut_bytes_;
            const auto place = [&](const std::array<std::int64_t, 3>& stride) {
                return offset + at[1] * stride[0] + at[2] * stride[1] + at[3] * stride[2];
            };
            visit(transfer_.dram_address + place(transfer_.dram_stride),
                  transfer_.buffer_address + place(transfer_.buffer_stride),
                  std::min(cut_bytes_, transfer_.extent[0] - offset));
            for (std::size_t i = 0; i < at.size() && ++at[i] == limit[i]; ++i) at[i] = 0;
        }
    }

private:
    std::int64_t all_cuts() const {
        return cuts_ * transfer_.extent[1] * transfer_.extent[2] * transfer_.extent[3];
    }

    const isa::DmaTransfer& transfer_;
    std::int64_t cuts_;  ///< of a run
    std::int64_t cut_bytes_;
    std::int64_t cuts_per_piece_;
};

/// Calls visit(dram_address, buffer_address, bytes) for all that a transfer moves, by `threads`
/// threads of the host where it is large and its runs lie beside each other where they are written
/// to, `strides` apart there; else in descriptor order.
template <class Visit>
void for_each_run(const isa::DmaTransfer& transfer, const std::array<std::int64_t, 3>& strides,
                  int threads, Visit&& visit) {
    constexpr std::int64_t piece_bytes = 64 * 1024;
    const Pieces pieces(transfer, piece_bytes);
    if (threads <= 1 || pieces.count() < 4 || !runs_are_apart(transfer, strides)) {
        for_each_run(transfer, [&](std::int64_t dram_address, std::int64_t buffer_address) {
            visit(dram_address, buffer_address, transfer.extent[0]);
        });
        return;
    }
    for_each_piece(pieces.count(), threads,
                   [&](std::size_t, std::int64_t piece) { pieces.for_each_run(piece, visit); });
}

/// Copies from DRAM to the buffer. `memory` has read(address, std::span<std::byte>) and checks
/// its own bounds; `buffer` has write(address, bytes), which returns the bytes to fill. With
/// several threads both are called at once, for different bytes.
template <class Memory, class Buffer>
void load(const isa::DmaTransfer& transfer, const Memory& memory, Buffer& buffer, int threads = 1) {
    for_each_run(transfer, transfer.buffer_stride, threads,
                 [&](std::int64_t dram_address, std::int64_t buffer_address, std::int64_t bytes) {
                     memory.read(dram_address, buffer.write(buffer_address, bytes));
                 });
}

/// Copies from the buffer to DRAM: `buffer` has read(address, bytes), `memory` has
/// write(address, std::span<const std::byte>). Threads as above.
template <class Memory, class Buffer>
void store(const isa::DmaTransfer& transfer, Buffer& buffer, Memory& memory, int threads = 1) {
    for_each_run(transfer, transfer.dram_stride, threads,
                 [&](std::int64_t dram_address, std::int64_t buffer_address, std::int64_t bytes) {
                     memory.write(dram_address, buffer.read(buffer_address, bytes));
                 });
}

}  // namespace quatrain::dma
