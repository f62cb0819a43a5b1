// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/buffer/clocked_memory.hpp"

#include <exception>
#include <stdexcept>

namespace quatrain::buffer {

/// More accesses of a bank in one cycle than it serves: one line with buffer, bank, word and limit.
struct BankError : std::logic_error {
    using std::logic_error::logic_error;
};

/// Words of one bank that `bytes_per_cycle` bytes next to each other can touch, wherever they
/// start: 1 where the banks together are a word wider than that.
std::int64_t port_words(std::int64_t banks, std::int64_t word_bytes, std::int64_t bytes_per_cycle);

/// The moving or the stationary buffer.
struct BankedParams {
    std::int64_t bytes = 0;  ///< both halves
    std::int64_t banks = 8;
    std::int64_t word_bytes = 32;
    std::int64_t read_ports = 4;   ///< words per cycle, over all read groups
    std::int64_t read_groups = 1;  ///< readers with pins of their own
    std::int64_t port_words = 1;   ///< words of a bank per cycle, for those at the MemoryPort
};

/// A buffer of two halves, each with banks of its own; word i of the buffer lies in bank i modulo
/// `banks` of its half. In a cycle a bank serves either one word of one read group, or the
/// MemoryPort.
///
/// Readers: in every cycle each group shows at most one request per bank and sees the grants in the
/// same cycle. At most read_ports requests are granted: groups in order, within a group the largest
/// `pending` first, then the lowest bank. The greedy choice is as good as any: words that wait for
/// their banks are all read after max(ceil(words / read_ports), words in the fullest bank) cycles.
///
/// Writers and other readers: the MemoryPort, bound to this module. An access made at an edge takes
/// its bank for the cycle after that edge: it wins, and a request for the same bank of the same
/// half waits. (In the machine they are in different halves.) At one edge, port_words words of a
/// bank at most: the access that is too much throws BankError, where it is made.
class ClockedBuffer : public sc_core::sc_module, public MemoryPort {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_vector<sc_core::sc_in<WordRequests>> requests;  ///< one per read group
    sc_core::sc_vector<sc_core::sc_out<WordGrants>> grants;     ///< one per read group

    ClockedBuffer(const sc_core::sc_module_name& name, const BankedParams& params);

    std::uint32_t read(std::int64_t bit_address, int bits) const override;
    void write(std::int64_t bit_address, int bits, std::uint32_t value) override;
    void read_bytes(std::int64_t address, std::span<std::byte> bytes) const override;
    void write_bytes(std::int64_t address, std::span<const std::byte> bytes) override;

    /// All bytes, to load and observe from outside the clocked world.
    std::span<std::byte> bytes() { return memory_.bytes(); }
    std::span<const std::byte> bytes() const { return memory_.bytes(); }

    /// What stopped the module: a request outside the buffer, or for a word of another bank.
    std::exception_ptr failure() const { return failure_; }
    /// Shows the writes of the latest edge, as ClockedMemory does, and of either half the banks
    /// that they take.
    void probe(Probes& probes, const std::string& block) const;

private:
    void edge();
    void arbitrate();
    void grant_group(std::size_t group, std::int64_t& free_ports);
    std::size_t place(std::int64_t word) const;  ///< of the word's bank, over both halves
    void take_banks(std::int64_t first_byte, std::int64_t last_byte) const;
    void check(const WordRequests& requests) const;

    BankedParams params_;
    ClockedMemory memory_;
    /// What the MemoryPort took of a bank at the latest edge at which it took any.
    struct Taken {
        sc_core::sc_time edge = sc_core::sc_max_time();
        std::vector<std::int64_t> words;
    };
    // Reads take banks too.
    mutable std::vector<Taken> taken_by_port_;  ///< by place
    mutable sc_core::sc_time latest_access_ = sc_core::sc_max_time();
    mutable sc_core::sc_event banks_change_;  ///< some are taken, or free again
    sc_core::sc_time cycle_start_;            ///< the latest edge
    // Of one call of arbitrate(), kept for their memory.
    std::vector<bool> taken_;          ///< by place
    std::vector<std::size_t> order_;   ///< banks with a request, in order of priority
    std::vector<WordGrants> answers_;  ///< by group
    std::exception_ptr failure_;
};

}  // namespace quatrain::buffer
