// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/waveform.hpp"

namespace quatrain::machine {

void Wires::show(Probes& probes, const std::string& scope) const {
    for (const Wire& wire : wires_)
        if (scope.empty() || wire.blocks.contains(scope)) wire.show(probes);
}

std::set<std::string> Wires::blocks() const {
    std::set<std::string> all;
    for (const Wire& wire : wires_) all.insert(wire.blocks.begin(), wire.blocks.end());
    return all;
}

Sampler::Sampler(const sc_core::sc_module_name& name, const sc_core::sc_event& edge,
                 sc_core::sc_trace_file* file)
    : sc_module(name), probes_(file) {
    SC_HAS_PROCESS(Sampler);
    SC_METHOD(sample);
    sensitive << edge;
}

void Sampler::sample() {
    if (sc_core::sc_pending_activity_at_current_time())
        next_trigger(sc_core::SC_ZERO_TIME);
    else
        probes_.sample();
}

}  // namespace quatrain::machine
