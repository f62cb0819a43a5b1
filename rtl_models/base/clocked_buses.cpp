// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_buses.hpp"

#include <algorithm>
#include <string>

namespace quatrain {

std::ostream& operator<<(std::ostream& stream, const OperandBeat& beat) {
    stream << (beat.valid ? "valid" : "idle") << (beat.last ? " last" : "");
    for (const std::uint16_t code : beat.codes) stream << ' ' << code;
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

// A trace file keeps the addresses of what it traces. Vectors must therefore keep their size: every
// module sizes its buses before elaboration ends.
void sc_trace(sc_core::sc_trace_file* file, const OperandBeat& beat, const std::string& name) {
    sc_core::sc_trace(file, beat.valid, name + ".valid");
    sc_core::sc_trace(file, beat.last, name + ".last");
    for (std::size_t i = 0; i < std::min<std::size_t>(beat.codes.size(), 16); ++i)
        sc_core::sc_trace(file, beat.codes[i], name + ".code_" + std::to_string(i));
}

void sc_trace(sc_core::sc_trace_file* file, const WordRequests& requests, const std::string& name) {
    for (std::size_t i = 0; i < requests.banks.size(); ++i) {
        const std::string bank = name + ".bank_" + std::to_string(i);
        sc_core::sc_trace(file, requests.banks[i].valid, bank + ".valid");
        sc_core::sc_trace(file, requests.banks[i].word, bank + ".word");
    }
}

void sc_trace(sc_core::sc_trace_file* file, const WordGrants& grants, const std::string& name) {
    for (std::size_t i = 0; i < grants.banks.size(); ++i)
        sc_core::sc_trace(file, grants.banks[i].granted,
                          name + ".bank_" + std::to_string(i) + ".granted");
}

}  // namespace quatrain
