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

Sampler::Sampler(const sc_core::sc_module_name& name,
                 std::initializer_list<const sc_core::sc_clock*> clocks,
                 sc_core::sc_trace_file* file)
    : sc_module(name) {
    SC_HAS_PROCESS(Sampler);
    SC_METHOD(sample);
    for (const sc_core::sc_clock* clock : clocks) {
        domains_.push_back({clock, std::make_unique<Probes>(file)});
        sensitive << clock->posedge_event();
    }
}

void Sampler::sample() {
    if (sc_core::sc_pending_activity_at_current_time()) {
        next_trigger(sc_core::SC_ZERO_TIME);
        return;
    }
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    for (const Domain& domain : domains_)
        if (now % domain.clock->period() == sc_core::SC_ZERO_TIME) domain.probes->sample();
}

}  // namespace quatrain::machine
