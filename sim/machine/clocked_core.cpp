// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/clocked_core.hpp"

#include "rtl_models/mac_array/function.hpp"

namespace quatrain::machine {
namespace {

constexpr auto load_queue = static_cast<std::size_t>(isa::Engine::load);
constexpr auto store_queue = static_cast<std::size_t>(isa::Engine::store);
constexpr auto array_queue = static_cast<std::size_t>(isa::Engine::array);
constexpr auto vector_queue = static_cast<std::size_t>(isa::Engine::vector);

buffer::BankedParams banked(const MachineParams& params, std::int64_t bytes) {
    return {.bytes = bytes,
            .banks = params.buffers.banks,
            .word_bytes = params.buffers.word_bytes,
            .read_ports = params.streamer.read_ports,
            .port_words = buffer::port_words(params.buffers.banks, params.buffers.word_bytes,
                                             params.dma.bytes_per_cycle)};
}

operand_streamer::ArrayShape shape(const mac_array::Params& array) {
    return {.rows = array.rows,
            .cols = array.cols,
            .lanes_4bit = array.lanes_4bit,
            .lanes_8bit = array.lanes_8bit,
            .lanes_16bit = array.lanes_16bit,
            .lanes_32bit = array.lanes_32bit};
}

}  // namespace

ClockedCore::ClockedCore(const sc_core::sc_module_name& name, const MachineParams& params,
                         std::array<std::vector<const isa::Queue*>, isa::engine_count> queues,
                         sequencer::Observer& observer, Wires& wires, std::string prefix)
    : sc_module(name),
      wires_(wires),
      prefix_(std::move(prefix)),
      sequencer_("sequencer", std::move(queues), observer),
      dispatch_("dispatch"),
      load_("load", params.dma),
      store_("store", params.dma),
      moving_("moving", banked(params, params.buffers.moving_bytes)),
      stationary_("stationary", banked(params, params.buffers.stationary_bytes)),
      accumulator_("accumulator", params.buffers.accumulator_bytes,
                   buffer::ClockedMemory::Halves::exclusive),
      vector_memory_("vector", params.buffers.vector_bytes),
      scalar_("scalar", params.buffers.scalar_bytes),
      streamer_("streamer", params.streamer, shape(params.array)),
      array_("array", params.array),
      scaling_unit_("scaling_unit", params.scaling_unit,
                    mac_array::accumulator_format(params.array.accumulator)),
      vector_unit_("vector_unit", params.vector_unit) {
    wire_clock();
    wire_neighbours();
    wire_transfers();
    wire_array(params.buffers);
    wire_vector_queue();
}

void ClockedCore::wire_clock() {
    sequencer_.clock(clock);
    dispatch_.clock(clock);
    load_.clock(clock);
    store_.clock(clock);
    moving_.clock(clock);
    stationary_.clock(clock);
    streamer_.clock(clock);
    array_.clock(clock);
    scaling_unit_.clock(clock);
    vector_unit_.clock(clock);
}

void ClockedCore::wire_neighbours() {
    sequencer_.to_next(to_next);
    sequencer_.to_previous(to_previous);
    sequencer_.from_previous(from_previous);
    sequencer_.from_next(from_next);
}

template <class Unit>
void ClockedCore::wire_transfer(std::size_t queue, Unit& unit,
                                sc_core::sc_in<dma::Command>& command_pin,
                                sc_core::sc_out<dma::Command>& command_source) {
    const std::string block = isa::name(static_cast<isa::Engine>(queue)).data();
    auto& start = wire<bool>("sequencer", block + "_start", {block, "dispatch"});
    sequencer_.start[queue](start);
    dispatch_.start[queue](start);
    unit.start(start);
    auto& command = wire<sequencer::Command>("sequencer", block + "_command", {"dispatch"});
    sequencer_.command[queue](command);
    dispatch_.command[queue](command);
    auto& transfer = wire<dma::Command>(block, "transfer", {"dispatch"});
    command_source(transfer);
    command_pin(transfer);
    auto& ready = wire<bool>(block, "ready", {"sequencer"});
    unit.ready(ready);
    sequencer_.ready[queue](ready);
    auto& done = wire<bool>(block, "done", {"sequencer"});
    unit.done(done);
    sequencer_.done[queue](done);
    unit.request(requests[queue]);
    unit.responses(responses[queue]);
    for (std::size_t i = 0; i < isa::buffer_count; ++i)
        unit.buffers[i](buffer(static_cast<isa::BufferId>(i)));
}

void ClockedCore::wire_transfers() {
    static_assert(load_queue < dma_engines && store_queue < dma_engines);
    wire_transfer(load_queue, load_, load_.command, dispatch_.load);
    wire_transfer(store_queue, store_, store_.command, dispatch_.store);
}

void ClockedCore::wire_array(const buffer::Params& buffers) {
    const auto banks = static_cast<std::size_t>(buffers.banks);
    const auto word_bytes = static_cast<std::size_t>(buffers.word_bytes);
    const auto join = [](auto& signal, auto&... pins) { (pins(signal), ...); };
    join(wire<bool>("sequencer", "array_start", {"array", "streamer", "dispatch"}),
         sequencer_.start[array_queue], dispatch_.start[array_queue], array_.start,
         streamer_.start);
    join(wire<sequencer::Command>("sequencer", "array_command", {"dispatch"}),
         sequencer_.command[array_queue], dispatch_.command[array_queue]);
    join(wire<mac_array::Command>("array", "pass", {"dispatch"}), dispatch_.array_pass,
         array_.pass);
    join(wire<operand_streamer::Command>("streamer", "pass", {"dispatch"}), dispatch_.streamer_pass,
         streamer_.pass);
    join(wire<bool>("array", "ready", {"sequencer"}), array_.ready, sequencer_.ready[array_queue]);
    join(wire<bool>("array", "done", {"sequencer"}), array_.done, sequencer_.done[array_queue]);
    join(wire<bool>("array", "preload_go", {"streamer"}), array_.preload_go, streamer_.preload_go);
    join(wire<bool>("array", "stream_go", {"streamer"}), array_.stream_go, streamer_.stream_go);
    join(wire<bool>("array", "stationary_ready", {"streamer"}), array_.stationary_ready,
         streamer_.stationary_ready);
    join(wire<bool>("array", "moving_ready", {"streamer"}), array_.moving_ready,
         streamer_.moving_ready);
    join(wire("streamer", "stationary", {"array"}, idle_beat(streamer_.stationary_codes())),
         streamer_.stationary, array_.stationary);
    join(wire("streamer", "moving", {"array"}, idle_beat(streamer_.moving_codes())),
         streamer_.moving, array_.moving);
    join(wire("streamer", "moving_requests", {"buffers"}, no_requests(banks)),
         streamer_.moving_requests, moving_.requests[0]);
    join(wire("buffers", "moving_grants", {"streamer"}, no_grants(banks, word_bytes)),
         moving_.grants[0], streamer_.moving_grants);
    join(wire("streamer", "stationary_requests", {"buffers"}, no_requests(banks)),
         streamer_.stationary_requests, stationary_.requests[0]);
    join(wire("buffers", "stationary_grants", {"streamer"}, no_grants(banks, word_bytes)),
         stationary_.grants[0], streamer_.stationary_grants);
    array_.accumulators(accumulator_);
}

void ClockedCore::wire_vector_queue() {
    const auto join = [](auto& signal, auto&... pins) { (pins(signal), ...); };
    join(wire<bool>("sequencer", "vector_start", {"dispatch"}), sequencer_.start[vector_queue],
         dispatch_.start[vector_queue]);
    join(wire<sequencer::Command>("sequencer", "vector_command", {"dispatch"}),
         sequencer_.command[vector_queue], dispatch_.command[vector_queue]);
    join(wire<bool>("dispatch", "vector_ready", {"sequencer"}), dispatch_.ready,
         sequencer_.ready[vector_queue]);
    join(wire<bool>("dispatch", "vector_done", {"sequencer"}), dispatch_.done,
         sequencer_.done[vector_queue]);
    // Nothing else uses the banks of the accumulator and vector buffers' halves: always ready.
    auto& always = wire("buffers", "always_ready", {"scaling_unit", "vector_unit"}, true);
    join(always, scaling_unit_.operands_ready, scaling_unit_.results_ready,
         vector_unit_.operands_ready, vector_unit_.results_ready);
    join(wire<bool>("scaling_unit", "start", {"dispatch"}), dispatch_.scaling_start,
         scaling_unit_.start);
    join(wire<scaling_unit::Command>("scaling_unit", "instruction", {"dispatch"}),
         dispatch_.scaling, scaling_unit_.instruction);
    join(wire<bool>("scaling_unit", "done", {"dispatch"}), scaling_unit_.done,
         dispatch_.scaling_done);
    join(wire<bool>("vector_unit", "start", {"dispatch"}), dispatch_.vector_start,
         vector_unit_.start);
    join(wire<vector_unit::Command>("vector_unit", "instruction", {"dispatch"}), dispatch_.vector,
         vector_unit_.instruction);
    join(wire<bool>("vector_unit", "done", {"dispatch"}), vector_unit_.done, dispatch_.vector_done);
    scaling_unit_.accumulator(accumulator_);
    scaling_unit_.vector(vector_memory_);
    scaling_unit_.scalar(scalar_);
    vector_unit_.vector(vector_memory_);
    vector_unit_.scalar(scalar_);
}

void ClockedCore::probe(Probes& probes, const std::string& scope) const {
    const auto show = [&](const std::string& name, const auto& module, const char* part = "") {
        const std::string block = prefix_ + name;
        if (scope.empty() || scope == block) module.probe(probes, block + part);
    };
    show("sequencer", sequencer_);
    show("dispatch", dispatch_);
    show("load", load_);
    show("store", store_);
    show("buffers", moving_, ".moving");
    show("buffers", stationary_, ".stationary");
    show("buffers", accumulator_, ".accumulator");
    show("buffers", vector_memory_, ".vector");
    show("buffers", scalar_, ".scalar");
    show("streamer", streamer_);
    show("array", array_);
    show("scaling_unit", scaling_unit_);
    show("vector_unit", vector_unit_);
}

MemoryPort& ClockedCore::buffer(isa::BufferId id) {
    switch (id) {
        case isa::BufferId::moving:
            return moving_;
        case isa::BufferId::stationary:
            return stationary_;
        case isa::BufferId::accumulator:
            return accumulator_;
        case isa::BufferId::vector:
            return vector_memory_;
        default:
            return scalar_;
    }
}

EventCounts ClockedCore::take_counts(isa::Engine engine, const isa::Instruction& instruction) {
    switch (engine) {
        case isa::Engine::load:
            return load_.take_counts();
        case isa::Engine::store:
            return store_.take_counts();
        case isa::Engine::array: {
            EventCounts counts = array_.take_counts();
            counts += streamer_.take_counts();
            return counts;
        }
        default:
            return for_scaling_unit(instruction) ? scaling_unit_.take_counts()
                                                 : vector_unit_.take_counts();
    }
}

std::exception_ptr ClockedCore::failure() const {
    for (const std::exception_ptr& one :
         {sequencer_.failure(), load_.failure(), store_.failure(), moving_.failure(),
          stationary_.failure(), streamer_.failure(), array_.failure(), scaling_unit_.failure(),
          vector_unit_.failure()})
        if (one) return one;
    return {};
}

}  // namespace quatrain::machine
