// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_memories.hpp"

#include "rtl_models/isa/address_map.hpp"

#include <fmt/format.h>

namespace quatrain::machine {
namespace {

constexpr std::size_t dma_engines = 2;
const std::string fork_block = "memory", dram_block = "dram", scratchpad_block = "scratchpad";

std::int64_t ports_of(const MachineParams& params) {
    return params.cores * static_cast<std::int64_t>(dma_engines);
}

/// The engine that a port is for.
std::string port_name(const MachineParams& params, std::size_t port) {
    const auto engine = isa::name(static_cast<isa::Engine>(port % dma_engines));
    if (params.cores == 1) return std::string(engine);
    return fmt::format("core{}_{}", port / dma_engines, engine);
}

}  // namespace

ClockedFork::ClockedFork(const sc_core::sc_module_name& name, std::size_t ports)
    : sc_module(name),
      requests("requests", ports),
      responses("responses", ports),
      dram_requests("dram_requests", ports),
      scratchpad_requests("scratchpad_requests", ports),
      dram_responses("dram_responses", ports),
      scratchpad_responses("scratchpad_responses", ports) {
    SC_HAS_PROCESS(ClockedFork);
    SC_METHOD(part);
    for (auto& one : requests) sensitive << one;
    SC_METHOD(join);
    for (auto& one : dram_responses) sensitive << one;
    for (auto& one : scratchpad_responses) sensitive << one;
}

void ClockedFork::part() {
    for (std::size_t port = 0; port < requests.size(); ++port) {
        BurstRequest request = requests[port].read();
        const bool aside =
            request.valid && isa::space_of(request.address) == isa::Space::scratchpad;
        dram_requests[port].write(aside ? BurstRequest{} : request);
        if (aside) request.address -= isa::scratchpad_base;
        scratchpad_requests[port].write(aside ? request : BurstRequest{});
    }
}

void ClockedFork::join() {
    for (std::size_t port = 0; port < responses.size(); ++port) {
        BurstResponses both = dram_responses[port].read();
        const BurstResponses& more = scratchpad_responses[port].read();
        both.bursts.insert(both.bursts.end(), more.bursts.begin(), more.bursts.end());
        both.count += more.count;
        responses[port].write(both);
    }
}

ClockedMemories::ClockedMemories(const MachineParams& params,
                                 const sc_core::sc_signal_in_if<bool>& clock,
                                 const sc_core::sc_signal_in_if<bool>& dram_clock, Wires& wires,
                                 dram::DramImage& dram, scratchpad::ScratchpadImage* scratchpad,
                                 const std::vector<dram::CommandObserver*>& channels)
    : dram_("dram", params.memory, params.dram, params.controller, ports_of(params),
            params.dma.outstanding, dram, channels) {
    dram_.clock(clock);
    dram_.dram_clock(dram_clock);
    if (params.scratchpad.bytes == 0) return;
    scratchpad_ = std::make_unique<scratchpad::ClockedScratchpad>(
        "scratchpad", params.scratchpad, ports_of(params), params.dma.outstanding, *scratchpad);
    scratchpad_->clock(clock);
    fork_ = std::make_unique<ClockedFork>("fork", static_cast<std::size_t>(ports_of(params)));
    wire_fork(params, wires);
}

void ClockedMemories::wire_fork(const MachineParams& params, Wires& wires) {
    const auto wire_memory = [&](const std::string& block, std::size_t port, auto& fork_requests,
                                 auto& fork_responses, auto& memory) {
        const std::string engine = port_name(params, port);
        auto& request =
            wires.wire<BurstRequest>(fork_block, block + "_" + engine + "_request", {block});
        fork_requests[port](request);
        memory.requests[port](request);
        auto& responses = wires.wire<BurstResponses>(block, engine + "_responses", {fork_block});
        memory.responses[port](responses);
        fork_responses[port](responses);
    };
    for (std::size_t port = 0; port < fork_->requests.size(); ++port) {
        wire_memory(dram_block, port, fork_->dram_requests, fork_->dram_responses, dram_);
        wire_memory(scratchpad_block, port, fork_->scratchpad_requests, fork_->scratchpad_responses,
                    *scratchpad_);
    }
}

MemoryPorts ClockedMemories::ports() {
    if (fork_) return {fork_block, fork_->requests, fork_->responses};
    return {dram_block, dram_.requests, dram_.responses};
}

std::exception_ptr ClockedMemories::failure() const {
    if (scratchpad_ && scratchpad_->failure()) return scratchpad_->failure();
    return dram_.failure();
}

void ClockedMemories::probe(Probes& core_domain, Probes& dram_domain,
                            const std::string& scope) const {
    if (scratchpad_ && (scope.empty() || scope == scratchpad_block))
        scratchpad_->probe(core_domain, scratchpad_block);
    if (scope.empty() || scope == dram_block) dram_.probe(dram_domain, dram_block);
}

}  // namespace quatrain::machine
