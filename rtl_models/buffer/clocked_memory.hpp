// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/base/clocked_probes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::buffer {

/// A half of a memory was used by two processes at one edge: one line with memory and half.
struct HalfError : std::logic_error {
    using std::logic_error::logic_error;
};

/// A memory without banks (accumulator, vector, scalar buffer), zero at first: a channel to which
/// every client binds a port of its own. The ports are independent of each other: nothing waits,
/// and what a client moves in one cycle is limited by the width of its port (ClockedPort) alone.
/// What a process writes is there after the edge, in the order of its writes; two processes never
/// write the same bit at one edge (the machine's hazards). Throws BufferError for an access outside
/// the memory, std::invalid_argument for a number of bits outside 1..32, both where the access is
/// made.
class ClockedMemory : public sc_core::sc_prim_channel, public MemoryPort {
public:
    enum class Halves : std::uint8_t {
        shared,    ///< any client anywhere at any time
        exclusive  ///< in a half, one process per edge: another's access throws HalfError
    };
    ClockedMemory(const char* name, std::int64_t bytes, Halves halves = Halves::shared);

    std::uint32_t read(std::int64_t bit_address, int bits) const override;
    void write(std::int64_t bit_address, int bits, std::uint32_t value) override;
    void read_bytes(std::int64_t address, std::span<std::byte> bytes) const override;
    void write_bytes(std::int64_t address, std::span<const std::byte> bytes) override;

    /// All bytes, to load and observe from outside the clocked world.
    std::span<std::byte> bytes() { return cells_; }
    std::span<const std::byte> bytes() const { return cells_; }

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
    /// The running process uses bytes [first, last].
    void use(std::int64_t first, std::int64_t last) const;

    /// Who used a half at the latest edge at which it was used.
    struct User {
        sc_core::sc_time edge = sc_core::sc_max_time();
        const sc_core::sc_process_b* process = nullptr;
    };

    std::vector<std::byte> cells_;
    std::vector<Write> writes_;       ///< of the present edge
    std::vector<Write> last_writes_;  ///< of the edge at last_write_
    sc_core::sc_time last_write_;
    Halves halves_;
    mutable std::array<User, 2> users_;
};

}  // namespace quatrain::buffer
