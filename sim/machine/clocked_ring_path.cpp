// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_ring_path.hpp"

#include "sim/machine/ring_traffic.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

constexpr std::size_t load = dram::ClockedDram::load, store = dram::ClockedDram::store;
const std::string ring_block = "ring";

std::string core_name(std::size_t core) {
    return fmt::format("core{}", core);
}
std::size_t port(std::size_t core, std::size_t engine) {
    return 2 * core + engine;
}

}  // namespace

ClockedRingPath::ClockedRingPath(const MachineParams& params,
                                 const sc_core::sc_signal_in_if<bool>& clock, Wires& wires,
                                 const std::vector<CorePins>& cores, const MemoryPorts& memory)
    : params_(params),
      clock_(clock),
      wires_(wires),
      ring_("ring", params.ring, params.cores + 1, params.cores * params.dma.outstanding),
      memory_stop_("memory_stop", params) {
    ring_.clock(clock);
    memory_stop_.clock(clock);
    for (std::size_t core = 0; core < cores.size(); ++core) {
        core_stops_.push_back(std::make_unique<ClockedCoreStop>(
            fmt::format("core_stop_{}", core).c_str(), params, static_cast<std::int64_t>(core)));
        core_stops_.back()->clock(clock);
        for (std::size_t i = 0; i < isa::buffer_count; ++i)
            core_stops_.back()->buffers[i](*cores[core].buffers[i]);
        join_ring(core, core_stops_.back()->inject, core_stops_.back()->deliver);
    }
    join_ring(cores.size(), memory_stop_.inject, memory_stop_.deliver);
    for (std::size_t core = 0; core < cores.size(); ++core) {
        join_engines(core, cores[core]);
        join_ports(core, memory);
        join_puts(core);
    }
}

void ClockedRingPath::join_ring(std::size_t stop, sc_core::sc_out<RingMessage>& inject,
                                sc_core::sc_in<RingDeliveries>& deliver) {
    const std::string name = fmt::format("stop_{}_", stop);
    auto& message = wires_.wire<RingMessage>(ring_block, name + "inject");
    inject(message);
    ring_.inject[stop](message);
    auto& deliveries = wires_.wire<RingDeliveries>(ring_block, name + "deliver");
    ring_.deliver[stop](deliveries);
    deliver(deliveries);
}

template <class T>
sc_core::sc_signal<T>& ClockedRingPath::join(WiresOf<T>& all, const End& from,
                                             sc_core::sc_out<T>& source, const End& to,
                                             sc_core::sc_in<T>& target) {
    const std::int64_t hops = ring_hops(params_, from.stop, to.stop);
    all.push_back(std::make_unique<ClockedWire<T>>(sc_core::sc_gen_unique_name("long_wire"),
                                                   hops * params_.ring.hop_cycles));
    ClockedWire<T>& wire = *all.back();
    wire.clock(clock_);
    auto& sent = wires_.wire<T>(from.block, from.name, {ring_block});
    source(sent);
    wire.in(sent);
    auto& arrived = wires_.wire<T>(ring_block, to.name, {to.block});
    wire.out(arrived);
    target(arrived);
    return arrived;
}

void ClockedRingPath::join_engines(std::size_t core, const CorePins& pins) {
    ClockedCoreStop& stop = *core_stops_[core];
    const auto join_engine = [&](std::size_t engine, const std::string& name, auto& request_pin,
                                 auto& responses_pin) {
        const std::string block = core_name(core) + "." + name;
        auto& request = wires_.wire<BurstRequest>(block, "request", {ring_block});
        (*pins.requests[engine])(request);
        request_pin(request);
        auto& responses = wires_.wire<BurstResponses>(
            ring_block, core_name(core) + "_" + name + "_responses", {block});
        responses_pin(responses);
        (*pins.responses[engine])(responses);
    };
    join_engine(load, "load", stop.load_request, stop.load_responses);
    join_engine(store, "store", stop.store_request, stop.store_responses);
}

void ClockedRingPath::join_ports(std::size_t core, const MemoryPorts& memory) {
    ClockedCoreStop& stop = *core_stops_[core];
    const auto index = static_cast<std::int64_t>(core);
    const std::int64_t there = params_.cores;
    const std::string name = core_name(core);
    memory.requests[port(core, load)](
        join(requests_, {index, ring_block, name + "_load_asked"}, stop.load_asked,
             {there, memory.block, name + "_load_request"}, memory_stop_.load_asked[core]));
    join(requests_, {index, ring_block, name + "_store_asked"}, stop.store_asked,
         {there, ring_block, name + "_store_announced"}, memory_stop_.store_asked[core]);
    auto& request = wires_.wire<BurstRequest>(ring_block, name + "_store_request", {memory.block});
    memory_stop_.store_request[core](request);
    memory.requests[port(core, store)](request);
    auto& responses =
        wires_.wire<BurstResponses>(memory.block, name + "_load_responses", {ring_block});
    memory.responses[port(core, load)](responses);
    memory_stop_.load_responses[core](responses);
    join(answers_, {there, memory.block, name + "_store_responses"},
         memory.responses[port(core, store)], {index, ring_block, name + "_stored"}, stop.stored);
}

void ClockedRingPath::join_puts(std::size_t core) {
    const auto index = static_cast<std::int64_t>(core);
    const std::int64_t next = next_core(params_, index);
    ClockedCoreStop& stop = *core_stops_[core];
    ClockedCoreStop& next_stop = *core_stops_[static_cast<std::size_t>(next)];
    const std::string name = core_name(core);
    join(requests_, {index, ring_block, name + "_put_asked"}, stop.put_asked,
         {next, ring_block, name + "_put_announced"}, next_stop.previous_asked);
    join(answers_, {next, ring_block, name + "_put_written"}, next_stop.previous_done,
         {index, ring_block, name + "_put_done"}, stop.put_done);
}

void ClockedRingPath::join_semaphores(
    const SequencerPin<sc_core::sc_out<sequencer::NeighbourSignals>>& source,
    const SequencerPin<sc_core::sc_in<sequencer::NeighbourSignals>>& target) {
    const std::string from = core_name(static_cast<std::size_t>(source.core));
    const std::string to = core_name(static_cast<std::size_t>(target.core));
    join(signals_, {source.core, from + ".sequencer", source.name}, source.pin,
         {target.core, to + ".sequencer", to + "_" + target.name}, target.pin);
}

bool ClockedRingPath::signals_idle() const {
    return std::ranges::all_of(signals_, [](const auto& wire) { return wire->idle(); });
}

std::exception_ptr ClockedRingPath::failure() const {
    for (const auto& stop : core_stops_)
        if (std::exception_ptr one = stop->failure()) return one;
    if (std::exception_ptr one = memory_stop_.failure()) return one;
    return ring_.failure();
}

void ClockedRingPath::probe(Probes& probes, const std::string& block) const {
    ring_.probe(probes, block);
    memory_stop_.probe(probes, block + ".memory");
    for (std::size_t core = 0; core < core_stops_.size(); ++core)
        core_stops_[core]->probe(probes, block + "." + core_name(core));
}

}  // namespace quatrain::machine
