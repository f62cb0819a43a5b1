// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/waveform.hpp"

namespace quatrain::machine {

void Wires::trace(sc_core::sc_trace_file* file, const std::string& scope) const {
    for (const Wire& wire : wires_)
        if (scope.empty() || wire.blocks.contains(scope)) wire.trace(file);
}

std::set<std::string> Wires::blocks() const {
    std::set<std::string> all;
    for (const Wire& wire : wires_) all.insert(wire.blocks.begin(), wire.blocks.end());
    return all;
}

}  // namespace quatrain::machine
