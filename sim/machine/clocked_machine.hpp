// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/clocked_core.hpp"
#include "sim/machine/clocked_memories.hpp"
#include "sim/machine/clocked_ring_path.hpp"
#include "sim/machine/machine.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quatrain::machine {

/// The machine of clocked views: clocks, cores, memories and, for several cores, the ring. The
/// blocks of a core are called array, load and so on where there is one, core0.array, core0.load
/// where there are several.
class ClockedMachine final : public sc_core::sc_module {
public:
    /// `observers`: of the sequencers, by core. `scratchpad`: null where the machine has none.
    /// `channels`: of the DRAM's channels.
    ClockedMachine(const sc_core::sc_module_name& name, const MachineParams& params,
                   std::span<const OperatorQueues> operators,
                   const std::vector<sequencer::Observer*>& observers, dram::DramImage& dram,
                   scratchpad::ScratchpadImage* scratchpad,
                   const std::vector<dram::CommandObserver*>& channels);

    /// Traces the wires at block `scope` and the registers inside it (of all blocks when it is
    /// empty) from the start of the simulation on. To be called before that.
    void trace_to(sc_core::sc_trace_file* file, const std::string& scope);

    const ClockedCore& core(std::size_t index) const { return *cores_[index]; }
    ClockedCore& core(std::size_t index) { return *cores_[index]; }
    std::size_t cores() const { return cores_.size(); }
    /// No core can go on, nor will a signal from another let one.
    bool stuck() const;
    /// The first error of a unit; null while all is well.
    std::exception_ptr failure() const;
    const Wires& wires() const { return wires_; }
    dram::ClockedDram& dram() { return memories_.dram(); }
    const dram::ClockedDram& dram() const { return memories_.dram(); }

private:
    void wire_only_core();
    void wire_cores(const MachineParams& params);
    void wire_memory(ClockedCore& core, isa::Engine engine);

    Wires wires_;
    std::unique_ptr<Sampler> sampler_;  ///< null without a trace file

    sc_core::sc_clock clock_, dram_clock_;
    /// An only core is its own neighbour on either side.
    sc_core::sc_signal<sequencer::NeighbourSignals> to_next_{"to_next"},
        to_previous_{"to_previous"};
    ClockedMemories memories_;
    std::vector<std::unique_ptr<ClockedCore>> cores_;
    std::unique_ptr<ClockedRingPath> ring_path_;  ///< null with one core
};

}  // namespace quatrain::machine
