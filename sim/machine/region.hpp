// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace quatrain::machine {

/// The memories that instructions address: the buffers in isa::BufferId order, and a core's shares
/// of the DRAM and of the scratchpad.
enum class Memory : std::uint8_t {
    moving,
    stationary,
    accumulator,
    vector,
    scalar,
    dram,
    scratchpad
};
std::string_view name(Memory memory);

/// A set of bytes in one memory: `extent[0]` contiguous bytes, repeated with three strides as in
/// isa::DmaTransfer.
struct Region {
    std::int64_t address = 0;
    std::array<std::int64_t, 4> extent{0, 1, 1, 1};
    std::array<std::int64_t, 3> stride{0, 0, 0};

    bool operator==(const Region&) const = default;
    std::int64_t begin() const;  ///< lowest byte
    std::int64_t end() const;    ///< one past the highest byte
    /// The same set with strides that are positive and ascend, and with neighbouring or overlapping
    /// runs made one where the levels of repetition allow it: of contiguous bytes, extent[0] alone
    /// is not 1.
    Region merged() const;
    std::int64_t bytes() const { return extent[0] * extent[1] * extent[2] * extent[3]; }
};

/// True when the two regions of one memory have a byte in common. Exact: interleaved regions that
/// do not touch the same bytes do not overlap.
bool overlap(const Region& a, const Region& b);

/// What an instruction does to one region while it executes.
struct Access {
    Memory memory = Memory::vector;
    Region region;
    bool write = false;
    bool in_next_core = false;  ///< a put: the buffer is the next core's
};

/// "writes moving [0, 512)"
std::string describe(const Access& access);

}  // namespace quatrain::machine
