// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/buffer/clocked.hpp"
#include "sim/machine/clocked_dispatch.hpp"
#include "sim/machine/machine_params.hpp"
#include "sim/machine/waveform.hpp"

#include <set>
#include <string>

namespace quatrain::machine {

/// One core of clocked views: the block diagram in code, pin by pin.
class ClockedCore final : public sc_core::sc_module {
public:
    static constexpr std::size_t dma_engines = 2;  ///< load and store, as isa::Engine numbers them

    /// `queues`: as in sequencer::ClockedSequencer. `wires`: where its signals are kept, which must
    /// outlive it; `prefix`: what the names of its blocks have before them there.
    ClockedCore(const sc_core::sc_module_name& name, const MachineParams& params,
                std::array<std::vector<const isa::Queue*>, isa::engine_count> queues,
                sequencer::Observer& observer, Wires& wires, std::string prefix);

    sc_core::sc_in<bool> clock{"clock"};
    // Of the DMA engines.
    sc_core::sc_vector<sc_core::sc_out<BurstRequest>> requests{"requests", dma_engines};
    sc_core::sc_vector<sc_core::sc_in<BurstResponses>> responses{"responses", dma_engines};
    // Of the sequencer.
    sc_core::sc_out<sequencer::NeighbourSignals> to_next{"to_next"}, to_previous{"to_previous"};
    sc_core::sc_in<sequencer::NeighbourSignals> from_previous{"from_previous"},
        from_next{"from_next"};

    /// The memory of a buffer.
    MemoryPort& buffer(isa::BufferId id);
    const sequencer::ClockedSequencer& sequencer() const { return sequencer_; }
    /// Events that the units counted for the oldest instruction of an engine that is done and was
    /// not taken yet.
    EventCounts take_counts(isa::Engine engine, const isa::Instruction& instruction);
    /// The first error of a unit; null while all is well.
    std::exception_ptr failure() const;
    /// Shows the registers inside block `scope`, or all blocks for an empty scope.
    void probe(Probes& probes, const std::string& scope) const;

private:
    void wire_clock();
    void wire_neighbours();
    void wire_transfers();
    void wire_array(const buffer::Params& buffers);
    void wire_vector_queue();
    template <class Unit>
    void wire_transfer(std::size_t queue, Unit& unit, sc_core::sc_in<dma::Command>& command_pin,
                       sc_core::sc_out<dma::Command>& command_source);
    /// As Wires::wire(), between blocks of the core.
    template <class T>
    sc_core::sc_signal<T>& wire(const std::string& block, const std::string& name,
                                const std::set<std::string>& readers, const T& initial = T{}) {
        std::set<std::string> prefixed;
        for (const std::string& reader : readers) prefixed.insert(prefix_ + reader);
        return wires_.wire<T>(prefix_ + block, name, prefixed, initial);
    }

    Wires& wires_;
    std::string prefix_;

    sequencer::ClockedSequencer sequencer_;
    ClockedDispatch dispatch_;
    dma::ClockedLoad load_;
    dma::ClockedStore store_;
    buffer::ClockedBuffer moving_, stationary_;
    buffer::ClockedMemory accumulator_, vector_memory_, scalar_;
    operand_streamer::ClockedStreamer streamer_;
    mac_array::ClockedArray array_;
    scaling_unit::ClockedScalingUnit scaling_unit_;
    vector_unit::ClockedVectorUnit vector_unit_;
};

}  // namespace quatrain::machine
