// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain {

/// What a DMA engine asks of the DRAM in one cycle.
struct BurstRequest {
    bool valid = false;
    std::uint64_t tag = 0;     ///< number of the burst, counted by its engine
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
/// Traces valid, tag, address and bytes.
void sc_trace(sc_core::sc_trace_file* file, const BurstRequest& request, const std::string& name);
/// Traces the count.
void sc_trace(sc_core::sc_trace_file* file, const BurstResponses& responses,
              const std::string& name);

}  // namespace quatrain
