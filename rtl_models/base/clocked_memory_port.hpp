// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <systemc>

namespace quatrain {

/// Width of a byte address: an on-chip memory has at most 2^30 bytes (parameters of the buffers)
/// [bits].
inline constexpr int buffer_address_bits = 30;
/// Width of a bit address [bits].
inline constexpr int buffer_bit_address_bits = buffer_address_bits + 3;

/// The pins of one port of an on-chip memory, as a channel: address and data out, data in, all
/// within one cycle. A process that runs on a clock edge reads what the memory held before that
/// edge; what it writes is there after the edge, in whatever order the processes run.
class MemoryPort : public virtual sc_core::sc_interface {
public:
    /// `bits` (1..32) from `bit_address` on, least significant bit first.
    virtual std::uint32_t read(std::int64_t bit_address, int bits) const = 0;
    /// Writes the low `bits` (1..32) of `value` and no other bit.
    virtual void write(std::int64_t bit_address, int bits, std::uint32_t value) = 0;
    /// Whole bytes.
    virtual void read_bytes(std::int64_t address, std::span<std::byte> bytes) const = 0;
    virtual void write_bytes(std::int64_t address, std::span<const std::byte> bytes) = 0;
};

}  // namespace quatrain
