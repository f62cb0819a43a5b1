// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

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

/// Copies from DRAM to the buffer. `memory` has read(address, std::span<std::byte>) and checks
/// its own bounds; `buffer` has write(address, bytes), which returns the bytes to fill.
template <class Memory, class Buffer>
void load(const isa::DmaTransfer& transfer, const Memory& memory, Buffer& buffer) {
    for_each_run(transfer, [&](std::int64_t dram_address, std::int64_t buffer_address) {
        memory.read(dram_address, buffer.write(buffer_address, transfer.extent[0]));
    });
}

/// Copies from the buffer to DRAM: `buffer` has read(address, bytes), `memory` has
/// write(address, std::span<const std::byte>).
template <class Memory, class Buffer>
void store(const isa::DmaTransfer& transfer, Buffer& buffer, Memory& memory) {
    for_each_run(transfer, [&](std::int64_t dram_address, std::int64_t buffer_address) {
        memory.write(dram_address, buffer.read(buffer_address, transfer.extent[0]));
    });
}

}  // namespace quatrain::dma
