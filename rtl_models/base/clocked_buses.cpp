// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_buses.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace quatrain {
namespace {

void require_size(std::size_t size, const std::string& name) {
    if (size == 0) throw std::logic_error("waveform: bus " + name + " has no size yet");
}

}  // namespace

OperandBeat idle_beat(std::size_t codes) {
    return {.valid = false, .last = false, .codes = std::vector<std::uint32_t>(codes)};
}

WordRequests no_requests(std::size_t banks) {
    return {std::vector<WordRequest>(banks)};
}

WordGrants no_grants(std::size_t banks, std::size_t word_bytes) {
    const WordGrant none{.granted = false, .data = std::vector<std::byte>(word_bytes)};
    return {std::vector(banks, none)};
}

std::ostream& operator<<(std::ostream& stream, const OperandBeat& beat) {
    stream << (beat.valid ? "valid" : "idle") << (beat.last ? " last" : "");
    for (const std::uint32_t code : beat.codes) stream << ' ' << code;
    return stream;
}

std::ostream& operator<<(std::ostream& stream, const WordRequests& requests) {
    for (const WordRequest& one : requests.banks) {
        if (one.valid)
            stream << one.word << " (of " << one.pending << ") ";
        else
            stream << "- ";
    }
    return stream;
}

std::ostream& operator<<(std::ostream& stream, const WordGrants& grants) {
    for (const WordGrant& one : grants.banks) stream << (one.granted ? '1' : '0');
    return stream;
}

void sc_trace(sc_core::sc_trace_file* file, const OperandBeat& beat, const std::string& name) {
    require_size(beat.codes.size(), name);
    sc_core::sc_trace(file, beat.valid, name + ".valid");
    sc_core::sc_trace(file, beat.last, name + ".last");
    for (std::size_t i = 0; i < std::min(beat.codes.size(), OperandBeat::traced_codes); ++i)
        sc_core::sc_trace(file, beat.codes[i], name + ".code_" + std::to_string(i));
}

void sc_trace(sc_core::sc_trace_file* file, const WordRequests& requests, const std::string& name) {
    require_size(requests.banks.size(), name);
    for (std::size_t i = 0; i < requests.banks.size(); ++i) {
        const std::string bank = name + ".bank_" + std::to_string(i);
        sc_core::sc_trace(file, requests.banks[i].valid, bank + ".valid");
        sc_core::sc_trace(file, requests.banks[i].word, bank + ".word", WordRequest::word_bits);
        sc_core::sc_trace(file, requests.banks[i].pending, bank + ".pending",
                          WordRequest::pending_bits);
    }
}

void sc_trace(sc_core::sc_trace_file* file, const WordGrants& grants, const std::string& name) {
    require_size(grants.banks.size(), name);
    for (std::size_t i = 0; i < grants.banks.size(); ++i)
        sc_core::sc_trace(file, grants.banks[i].granted,
                          name + ".bank_" + std::to_string(i) + ".granted");
}

}  // namespace quatrain
