// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_machine.hpp"

#include "sim/machine/ring_traffic.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

constexpr std::size_t core_domain = 0, dram_domain = 1;  ///< of the sampler
static_assert(static_cast<std::size_t>(isa::Engine::load) == dram::ClockedDram::load &&
              static_cast<std::size_t>(isa::Engine::store) == dram::ClockedDram::store);

sc_core::sc_time period(std::int64_t picoseconds) {
    return {static_cast<double>(picoseconds), sc_core::SC_PS};
}

std::array<std::vector<const isa::Queue*>, isa::engine_count> queues_of(
    std::span<const OperatorQueues> operators, std::int64_t core) {
    std::array<std::vector<const isa::Queue*>, isa::engine_count> queues;
    for (const OperatorQueues& one : operators)
        for (std::size_t e = 0; e < isa::engine_count; ++e) queues[e].push_back(&one.on(core)[e]);
    return queues;
}

}  // namespace

ClockedMachine::ClockedMachine(const sc_core::sc_module_name& name, const MachineParams& params,
                               std::span<const OperatorQueues> operators,
                               const std::vector<sequencer::Observer*>& observers,
                               dram::DramImage& dram, scratchpad::ScratchpadImage* scratchpad,
                               const std::vector<dram::CommandObserver*>& channels)
    : sc_module(name),
      // The first edge ends cycle 0.
      clock_("clock", period(params.clock_period_ps), 0.5, period(params.clock_period_ps), true),
      dram_clock_("dram_clock", period(params.memory.clock_period_ps), 0.5,
                  period(params.memory.clock_period_ps), true),
      memories_(params, clock_, dram_clock_, wires_, dram, scratchpad, channels) {
    for (std::int64_t i = 0; i < params.cores; ++i) {
        const std::string core = params.cores == 1 ? "core" : fmt::format("core{}", i);
        cores_.push_back(std::make_unique<ClockedCore>(
            core.c_str(), params, queues_of(operators, i), *observers[static_cast<std::size_t>(i)],
            wires_, params.cores == 1 ? "" : core + "."));
        cores_.back()->clock(clock_);
    }
    if (params.cores == 1)
        wire_only_core();
    else
        wire_cores(params);
}

void ClockedMachine::wire_only_core() {
    ClockedCore& core = *cores_.front();
    for (const isa::Engine engine : {isa::Engine::load, isa::Engine::store})
        wire_memory(core, engine);
    core.to_next(to_next_);
    core.from_previous(to_next_);
    core.to_previous(to_previous_);
    core.from_next(to_previous_);
}

/// The DMA engine of an only core meets the memory directly.
void ClockedMachine::wire_memory(ClockedCore& core, isa::Engine engine) {
    const std::string block{isa::name(engine)};
    const auto port = static_cast<std::size_t>(engine);
    const MemoryPorts memory = memories_.ports();
    auto& request = wires_.wire<BurstRequest>(block, "request", {memory.block});
    core.requests[port](request);
    memory.requests[port](request);
    auto& responses = wires_.wire<BurstResponses>(memory.block, block + "_responses", {block});
    memory.responses[port](responses);
    core.responses[port](responses);
}

void ClockedMachine::wire_cores(const MachineParams& params) {
    std::vector<ClockedRingPath::CorePins> pins(cores_.size());
    for (std::size_t core = 0; core < cores_.size(); ++core) {
        for (std::size_t engine = 0; engine < ClockedCore::dma_engines; ++engine) {
            pins[core].requests[engine] = &cores_[core]->requests[engine];
            pins[core].responses[engine] = &cores_[core]->responses[engine];
        }
        for (std::size_t i = 0; i < isa::buffer_count; ++i)
            pins[core].buffers[i] = &cores_[core]->buffer(static_cast<isa::BufferId>(i));
    }
    ring_path_ = std::make_unique<ClockedRingPath>(params, clock_, wires_, pins, memories_.ports());
    for (std::int64_t i = 0; i < params.cores; ++i) {
        const std::int64_t next = next_core(params, i);
        ClockedCore& here = core(static_cast<std::size_t>(i));
        ClockedCore& there = core(static_cast<std::size_t>(next));
        ring_path_->join_semaphores({i, "to_next", here.to_next},
                                    {next, "from_previous", there.from_previous});
        ring_path_->join_semaphores({next, "to_previous", there.to_previous},
                                    {i, "from_next", here.from_next});
    }
}

void ClockedMachine::trace_to(sc_core::sc_trace_file* file, const std::string& scope) {
    sampler_ = std::make_unique<Sampler>(
        "sampler", std::initializer_list<const sc_core::sc_clock*>{&clock_, &dram_clock_}, file);
    sc_core::sc_trace(file, clock_, "clock");
    sc_core::sc_trace(file, dram_clock_, "dram_clock");
    wires_.show(sampler_->probes(core_domain), scope);
    for (const auto& core : cores_) core->probe(sampler_->probes(core_domain), scope);
    if (ring_path_ && (scope.empty() || scope == "ring"))
        ring_path_->probe(sampler_->probes(core_domain), "ring");
    memories_.probe(sampler_->probes(core_domain), sampler_->probes(dram_domain), scope);
}

bool ClockedMachine::stuck() const {
    bool finished = true;
    for (const auto& core : cores_) {
        if (!core->sequencer().stuck() && !core->sequencer().finished()) return false;
        finished = finished && core->sequencer().finished();
    }
    return !finished && (!ring_path_ || ring_path_->signals_idle());
}

std::exception_ptr ClockedMachine::failure() const {
    for (const auto& core : cores_)
        if (std::exception_ptr one = core->failure()) return one;
    if (ring_path_)
        if (std::exception_ptr one = ring_path_->failure()) return one;
    return memories_.failure();
}

}  // namespace quatrain::machine
