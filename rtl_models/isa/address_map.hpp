// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"

#include <cstdint>

namespace quatrain::isa {

// What a core's DMA engines address, in 50 bits: its share of the DRAM from 0 on, its share of the
// scratchpad, and for stores the buffers of the next core on the ring, 2^30 bytes for each.
inline constexpr std::int64_t scratchpad_base = std::int64_t{1} << 48;
inline constexpr std::int64_t next_core_base = std::int64_t{1} << 49;
inline constexpr int buffer_window_bits = 30;

enum class Space : std::uint8_t { dram, scratchpad, next_core };
constexpr Space space_of(std::int64_t address) {
    if (address >= next_core_base) return Space::next_core;
    return address >= scratchpad_base ? Space::scratchpad : Space::dram;
}

constexpr std::int64_t in_next_core(BufferId buffer, std::int64_t buffer_address) {
    return next_core_base + (static_cast<std::int64_t>(buffer) << buffer_window_bits) +
           buffer_address;
}
/// The buffer of the next core that an address of Space::next_core lies in; it may be none.
constexpr BufferId next_core_buffer(std::int64_t address) {
    return static_cast<BufferId>((address - next_core_base) >> buffer_window_bits);
}
constexpr std::int64_t next_core_offset(std::int64_t address) {
    return address & ((std::int64_t{1} << buffer_window_bits) - 1);
}

}  // namespace quatrain::isa
