// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <systemc>
#include <vector>

namespace quatrain {

/// What crosses from the operand streamer to the array in one cycle: element codes as they lie in
/// memory, 4, 8, 16 or 32 bits each. Codes of elements that do not exist (padding, lanes without a
/// reduction element, columns beyond the pass) are 0, which is zero in every format.
struct OperandBeat {
    static constexpr std::size_t traced_codes = 16;  ///< codes that a waveform shows
    bool valid = false;
    bool last = false;  ///< of its pass
    /// Moving side: element [row * lanes + lane]; stationary side: element [lane * cols + column].
    std::vector<std::uint32_t> codes;
    bool operator==(const OperandBeat&) const = default;
};

/// Requests to the banks of a buffer for one cycle, one per bank.
struct WordRequest {
    static constexpr int word_bits = 30;     ///< buffers have 2^30 bytes at most
    static constexpr int pending_bits = 17;  ///< a step has an element per row and lane: 2^16
    bool valid = false;
    std::int64_t word = 0;     ///< index of the word in the buffer; its bank is word modulo banks
    std::int64_t pending = 0;  ///< requests that wait for this bank, this one included
    bool operator==(const WordRequest&) const = default;
};
struct WordRequests {
    std::vector<WordRequest> banks;
    bool operator==(const WordRequests&) const = default;
};

/// The answers, in the same cycle.
struct WordGrant {
    bool granted = false;
    std::vector<std::byte> data;  ///< the word, when granted
    bool operator==(const WordGrant&) const = default;
};
struct WordGrants {
    std::vector<WordGrant> banks;
    bool operator==(const WordGrants&) const = default;
};

/// What the buses show when nothing is on them. A signal that starts with this has its size from
/// the beginning, as tracing asks.
OperandBeat idle_beat(std::size_t codes);
WordRequests no_requests(std::size_t banks);
WordGrants no_grants(std::size_t banks, std::size_t word_bytes);

// What sc_signal asks of its type. A trace file keeps addresses: what is traced must have its size,
// which later values keep. Throws std::logic_error, naming the bus, when it has none.
std::ostream& operator<<(std::ostream& stream, const OperandBeat& beat);
std::ostream& operator<<(std::ostream& stream, const WordRequests& requests);
std::ostream& operator<<(std::ostream& stream, const WordGrants& grants);
/// Traces valid, last and the first traced_codes codes.
void sc_trace(sc_core::sc_trace_file* file, const OperandBeat& beat, const std::string& name);
/// Traces the banks' valid bits, words and numbers of pending requests.
void sc_trace(sc_core::sc_trace_file* file, const WordRequests& requests, const std::string& name);
/// Traces the banks' grants.
void sc_trace(sc_core::sc_trace_file* file, const WordGrants& grants, const std::string& name);

}  // namespace quatrain
