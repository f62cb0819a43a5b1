// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/buffer/clocked.hpp"
#include "rtl_models/dram/clocked.hpp"
#include "sim/machine/clocked_dispatch.hpp"
#include "sim/machine/machine_params.hpp"
#include "sim/machine/waveform.hpp"

#include <memory>

namespace quatrain::machine {

/// One core and its DRAM, of clocked views: the block diagram in code, pin by pin.
class ClockedCore final : public sc_core::sc_module {
public:
    /// `queues`: as in sequencer::ClockedSequencer. `channels`: observers of the DRAM's channels.
    ClockedCore(const sc_core::sc_module_name& name, const MachineParams& params,
                std::array<std::vector<const isa::Queue*>, isa::engine_count> queues,
                sequencer::Observer& observer, dram::DramImage& image,
                const std::vector<dram::CommandObserver*>& channels);

    /// Traces the wires at block `scope` and the registers inside it (of all blocks when it is
    /// empty) from the start of the simulation on. To be called before that.
    void trace_to(sc_core::sc_trace_file* file, const std::string& scope);

    const sequencer::ClockedSequencer& sequencer() const { return sequencer_; }
    /// Events that the units counted for the oldest instruction of an engine that is done and was
    /// not taken yet.
    EventCounts take_counts(isa::Engine engine, const isa::Instruction& instruction);
    /// The first error of a unit; null while all is well.
    std::exception_ptr failure() const;
    const Wires& wires() const { return wires_; }
    dram::ClockedDram& dram() { return dram_; }

private:
    void wire_clock();
    void wire_transfers();
    void wire_array(const buffer::Params& buffers);
    void wire_vector_queue();
    template <class Unit>
    void wire_transfer(std::size_t queue, Unit& unit, sc_core::sc_in<dma::Command>& command_pin,
                       sc_core::sc_out<dma::Command>& command_source);
    void probe_blocks(Probes& probes, const std::string& scope) const;

    Wires wires_;
    std::unique_ptr<Sampler> sampler_;  ///< null without a trace file

    sc_core::sc_clock clock_, dram_clock_;
    sequencer::ClockedSequencer sequencer_;
    ClockedDispatch dispatch_;
    dma::ClockedLoad load_;
    dma::ClockedStore store_;
    dram::ClockedDram dram_;
    buffer::ClockedBuffer moving_, stationary_;
    buffer::ClockedMemory accumulator_, vector_memory_, scalar_;
    operand_streamer::ClockedStreamer streamer_;
    mac_array::ClockedArray array_;
    scaling_unit::ClockedScalingUnit scaling_unit_;
    vector_unit::ClockedVectorUnit vector_unit_;
};

}  // namespace quatrain::machine
