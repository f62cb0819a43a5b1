// SPDX-License-Identifier: Apache-2.0
#include "sim/run/mapping_cost.hpp"

#include "sim/machine/forecast.hpp"

namespace quatrain::run {
namespace {

/// The events of a GEMM that are the same with all of its mappings.
EventCounts of_every_mapping(const EventCounts& events) {
    EventCounts same;
    for (const MacEvents& kind : mac_kinds()) same[kind.macs] = events[kind.macs];
    for (const Event event : {Event::accumulator_adds, Event::scaling_unit_elements,
                              Event::vector_read_bits, Event::vector_write_bits})
        same[event] = events[event];
    return same;
}

}  // namespace

GemmCost::GemmCost(const config::Architecture& architecture, const config::Technology& technology,
                   MappingObjective objective, int threads)
    : architecture_(architecture),
      pass_costs_(static_cast<std::size_t>(threads), machine::PassCosts(architecture_)),
      energy_(technology, architecture, energy::dram_costs(architecture)),
      objective_(objective) {}

compiler::MappingCost::OfCode GemmCost::of(const isa::Queues& code, std::size_t worker) const {
    const isa::Queues nothing;
    machine::OperatorQueues queues{.queues = &code, .name = "gemm"};
    queues.of_core.assign(static_cast<std::size_t>(architecture_.cores), &nothing);
    queues.of_core.front() = &code;
    const machine::MachineResult result =
        machine::forecast(architecture_, {&queues, 1},
                          {.count_events = objective_ != MappingObjective::cycles,
                           .dram_sharers = architecture_.cores},
                          pass_costs_[worker]);
    return {cost(result.cycles, result.events), result.events};
}

double GemmCost::least(const compiler::MappingWork& work, const EventCounts& same_gemm) const {
    EventCounts events = of_every_mapping(same_gemm);
    const auto bits = [](std::int64_t bytes) { return 8 * static_cast<std::uint64_t>(bytes); };
    const auto word_bits = bits(architecture_.streamer.word_bytes);
    events[Event::moving_read_bits] = static_cast<std::uint64_t>(work.moving_words) * word_bits;
    events[Event::stationary_read_bits] =
        static_cast<std::uint64_t>(work.stationary_words) * word_bits;
    events[Event::moving_write_bits] = bits(work.moving_bytes);
    events[Event::stationary_write_bits] = bits(work.stationary_bytes);
    events[Event::dma_bits] = bits(work.moving_bytes + work.stationary_bytes + work.output_bytes);
    // Tensors in the scratchpad cost less.
    if (architecture_.scratchpad.bytes == 0) {
        events[Event::dram_read_bits] = bits(work.moving_bytes + work.stationary_bytes);
        events[Event::dram_write_bits] = bits(work.output_bytes);
    }
    return cost(work.cycles, events);
}

double GemmCost::cost(std::int64_t cycles, const EventCounts& events) const {
    if (objective_ == MappingObjective::cycles) return static_cast<double>(cycles);
    EventCounts of_all_cores;
    for (std::int64_t core = 0; core < architecture_.cores; ++core) of_all_cores += events;
    const auto energy = static_cast<double>(
        energy_.account(of_all_cores, static_cast<std::uint64_t>(cycles)).total());
    return objective_ == MappingObjective::energy ? energy : energy * static_cast<double>(cycles);
}

}  // namespace quatrain::run
