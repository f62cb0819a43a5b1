// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <systemc>
#include <vector>

namespace quatrain {

/// What crosses from the operand streamer to the array in one cycle: element codes as they lie in
/// memory, 4 or 16 bits each. Codes of elements that do not exist (padding, lanes without a
/// reduction element, columns beyond the pass) are 0, which is zero in every format.
struct OperandBeat {
    bool valid = false;
    bool last = false;  ///< of its pass
    /// Moving side: element [row * lanes + lane]; stationary side: element [lane * cols + column].
    std::vector<std::uint16_t> codes;
    bool operator==(const OperandBeat&) const = default;
};

/// Requests to the banks of a buffer for one cycle, one per bank.
struct WordRequest {
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

// What sc_signal asks of its type.
std::ostream& operator<<(std::ostream& stream, const OperandBeat& beat);
std::ostream& operator<<(std::ostream& stream, const WordRequests& requests);
std::ostream& operator<<(std::ostream& stream, const WordGrants& grants);
/// Traces valid, last and the first 16 codes.
void sc_trace(sc_core::sc_trace_file* file, const OperandBeat& beat, const std::string& name);
/// Traces the banks' valid bits and words.
void sc_trace(sc_core::sc_trace_file* file, const WordRequests& requests, const std::string& name);
/// Traces the banks' grants.
void sc_trace(sc_core::sc_trace_file* file, const WordGrants& grants, const std::string& name);

}  // namespace quatrain
