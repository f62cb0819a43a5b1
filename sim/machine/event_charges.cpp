// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/event_charges.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "sim/machine/ring_traffic.hpp"

#include <array>

namespace quatrain::machine {
namespace {

struct BufferEvents {
    Event read, write;
};
constexpr std::array<BufferEvents, 7> events_of_memory{{
    {Event::moving_read_bits, Event::moving_write_bits},
    {Event::stationary_read_bits, Event::stationary_write_bits},
    {Event::accumulator_read_bits, Event::accumulator_write_bits},
    {Event::vector_read_bits, Event::vector_write_bits},
    {Event::scalar_read_bits, Event::scalar_write_bits},
    {Event::dram_read_bits, Event::dram_write_bits},
    {Event::scratchpad_read_bits, Event::scratchpad_write_bits},
}};

class Charger {
public:
    Charger(const MachineParams& params, std::int64_t core, isa::Engine engine,
            const PassCost& cost, EventCounts& events)
        : params_(params), core_(core), engine_(engine), cost_(cost), events_(events) {}

    void operator()(const isa::DmaTransfer& transfer) const {
        add(Event::dma_bits, 8 * dma::transfer_bytes(transfer));
        if (isa::space_of(transfer.dram_address) == isa::Space::dram)
            add(Event::dram_bursts, dma::burst_count(params_.dma, transfer));
        add(Event::ring_bit_hops, ring_bit_hops(params_, core_, engine_, transfer));
    }

    void operator()(const isa::WeightStationaryPass& pass) const {
        add(mac_array::mac_events(pass.moving_format, pass.stationary_format).macs,
            pass.vectors * pass.k_count * pass.columns);
        add(Event::accumulator_adds, pass.vectors * pass.columns);
        add(Event::stationary_register_bits,
            pass.k_count * pass.columns * bits(pass.stationary_format));
        add_streamed_words();
    }

    void operator()(const isa::OutputStationaryPass& pass) const {
        const std::int64_t results = pass.outputs * pass.columns;
        add(mac_array::mac_events(pass.moving_format, pass.stationary_format).macs,
            results * pass.pixels);
        add(Event::accumulator_adds, results * ceil_div(pass.pixels, params_.array.chunk));
        add(Event::result_register_bits,
            (pass.resume ? 2 : 1) * results *
                mac_array::accumulator_bits(params_.array.accumulator));
        add_streamed_words();
    }

    void operator()(const isa::Drain& drain) const {
        add(Event::scaling_unit_elements, scaling_unit::elements(drain));
    }

    void operator()(const isa::VectorInstruction& instruction) const {
        if (scaling_unit::executes(instruction.operation)) {
            add(Event::scaling_unit_elements, scaling_unit::elements(instruction));
            return;
        }
        const vector_unit::Work work = vector_unit::work(instruction);
        add(Event::vector_unit_adds, work.adds);
        add(Event::vector_unit_multiplies, work.multiplies);
        add(Event::vector_unit_special, work.specials);
    }

private:
    void add(Event event, std::int64_t count) const {
        events_[event] += static_cast<std::uint64_t>(count);
    }
    void add_streamed_words() const {
        const std::int64_t word_bits = 8 * params_.streamer.word_bytes;
        add(Event::moving_read_bits, cost_.moving_words * word_bits);
        add(Event::stationary_read_bits, cost_.stationary_words * word_bits);
    }

    const MachineParams& params_;
    std::int64_t core_;
    isa::Engine engine_;
    const PassCost& cost_;
    EventCounts& events_;
};

}  // namespace

void charge(const MachineParams& params, std::int64_t core, isa::Engine engine,
            const isa::Instruction& instruction, const PassCost& cost, const Footprint& footprint,
            EventCounts& events) {
    ++events[Event::instructions];
    std::visit(Charger(params, core, engine, cost, events), instruction.body);
    for (const Access& access : footprint) {
        // The streamer reads whole words, some of them more than once: charged from its cost.
        const bool streamed = engine == isa::Engine::array && access.memory != Memory::accumulator;
        if (streamed) continue;
        const BufferEvents& pair = events_of_memory[static_cast<std::size_t>(access.memory)];
        events[access.write ? pair.write : pair.read] +=
            8 * static_cast<std::uint64_t>(access.region.bytes());
    }
}

}  // namespace quatrain::machine
