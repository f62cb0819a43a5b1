// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/base/clocked_probes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quatrain::buffer {

/// A memory without banks (accumulator, vector, scalar buffer), zero at first: a channel that any
/// number of sc_port<MemoryPort> bind to. What a process writes is there after the edge, in the
/// order of its writes; two processes never write the same bit at one edge (the machine's hazards).
/// Throws BufferError for an access outside the memory, std::invalid_argument for a number of bits
/// outside 1..32, both where the access is made. Counts nothing: its users count.
class ClockedMemory : public sc_core::sc_prim_channel, public MemoryPort {
public:
    ClockedMemory(const char* name, std::int64_t bytes);

    std::uint32_t read(std::int64_t bit_address, int bits) const override;
    void write(std::int64_t bit_address, int bits, std::uint32_t value) override;
    void read_bytes(std::int64_t address, std::span<std::byte> bytes) const override;
    void write_bytes(std::int64_t address, std::span<const std::byte> bytes) override;

    /// All bytes, to load and observe from outside the clocked world.
    std::span<std::byte> bytes() { return cells_; }
    std::span<const std::byte> bytes() const { return cells_; }

    /// Happens when writes have taken effect.
    const sc_core::sc_event& written_event() const { return written_; }
    /// Shows the writes of the latest edge: how many, and the first one's address and value.
    void probe(Probes& probes, const std::string& block) const;

private:
    struct Write {
        std::int64_t bit_address;
        int bits;
        std::uint32_t value;
    };

    void update() override;
    /// Writes made at the edge that began this cycle.
    std::size_t writes_now() const;
    void check_bits(std::int64_t bit_address, int bits) const;

    std::vector<std::byte> cells_;
    std::vector<Write> writes_;       ///< of the present edge
    std::vector<Write> last_writes_;  ///< of the edge at last_write_
    sc_core::sc_time last_write_;
    sc_core::sc_event written_;
};

}  // namespace quatrain::buffer
