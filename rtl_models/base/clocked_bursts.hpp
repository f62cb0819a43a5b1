// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_probes.hpp"

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain {

// Widths of the bus between the DMA engines and the DRAM [bits].
/// The DRAM has at most 2^50 bytes (dram parameter `capacity_bytes`).
inline constexpr int dram_address_bits = 50;
/// A burst has at most 65536 bytes (dma parameter `burst_bytes`).
inline constexpr int burst_byte_bits = 17;
/// An engine has at most 65536 bursts in flight (dma parameter `outstanding`), and only those must
/// be told apart: tags wrap around.
inline constexpr int burst_tag_bits = 16;
/// Width of a count of bursts of one engine in flight.
inline constexpr int burst_count_bits = 17;

/// What a DMA engine asks of the DRAM in one cycle.
struct BurstRequest {
    bool valid = false;
    std::uint64_t tag = 0;     ///< number of the burst, modulo 2^burst_tag_bits
    std::int64_t address = 0;  ///< [bytes]
    std::int64_t bytes = 0;
    std::vector<std::byte> data;  ///< of a write
    bool operator==(const BurstRequest&) const = default;
};

/// What the DRAM answers in one cycle: several bursts can come back at once, in any order.
struct BurstResponse {
    std::uint64_t tag = 0;
    std::vector<std::byte> data;  ///< of a read
    bool operator==(const BurstResponse&) const = default;
};
struct BurstResponses {
    std::int64_t count = 0;
    std::vector<BurstResponse> bursts;
    bool operator==(const BurstResponses&) const = default;
};

// What sc_signal asks of its type.
std::ostream& operator<<(std::ostream& stream, const BurstRequest& request);
std::ostream& operator<<(std::ostream& stream, const BurstResponses& responses);
/// Traces valid and tag. Numbers that use all bits of their width are probes: SystemC takes the
/// highest bit of a signed number for its sign.
void sc_trace(sc_core::sc_trace_file* file, const BurstRequest& request, const std::string& name);
/// Nothing: all of it is shown by probes.
void sc_trace(sc_core::sc_trace_file* file, const BurstResponses& responses,
              const std::string& name);
/// Shows address, bytes, and the first 8 bytes of a write, the one at the lowest address in the
/// lowest bits.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<BurstRequest>& wire);
/// Shows the count, the tags of the first two bursts that come back in this cycle, and their data
/// likewise; 0 where none does.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<BurstResponses>& wire);

}  // namespace quatrain
