// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_bursts.hpp"

namespace quatrain {

std::ostream& operator<<(std::ostream& stream, const BurstRequest& request) {
    if (!request.valid) return stream << "idle";
    return stream << "burst " << request.tag << " at " << request.address << ", " << request.bytes
                  << " bytes";
}

std::ostream& operator<<(std::ostream& stream, const BurstResponses& responses) {
    return stream << responses.count << " bursts";
}

void sc_trace(sc_core::sc_trace_file* file, const BurstRequest& request, const std::string& name) {
    sc_core::sc_trace(file, request.valid, name + ".valid");
    sc_core::sc_trace(file, request.tag, name + ".tag");
    sc_core::sc_trace(file, request.address, name + ".address");
    sc_core::sc_trace(file, request.bytes, name + ".bytes");
}

void sc_trace(sc_core::sc_trace_file* file, const BurstResponses& responses,
              const std::string& name) {
    sc_core::sc_trace(file, responses.count, name + ".count");
}

}  // namespace quatrain
