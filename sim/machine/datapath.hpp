// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/scaling_unit/scratch.hpp"
#include "rtl_models/vector_unit/scratch.hpp"
#include "sim/machine/machine.hpp"

#include <vector>

namespace quatrain::machine {

/// Memory that instructions reuse while they are executed. One per thread of control.
struct Scratch {
    mac_array::Scratch array;
    scaling_unit::Scratch scaling;
    vector_unit::Scratch vector;
};

/// The data of one core: its buffers, wired to the blocks' function views, to its shares of the
/// DRAM and of the scratchpad and, where there are several cores, to the next core's buffers.
class Datapath {
public:
    /// `scratchpad`: null where the machine has none. Of the settings: threads, count_zeros
    /// and tile_passes.
    Datapath(const MachineParams& params, const Settings& settings, dram::DramImage& dram,
             scratchpad::ScratchpadImage* scratchpad, std::int64_t core);
    void connect_next(Datapath& next) { next_ = &next; }

    /// Does what the instruction does, at once. Adds the data-dependent events (zero_macs_*,
    /// fault_*, gradient_odd_clipped) to `events`.
    void execute(isa::Engine engine, const isa::Instruction& instruction, EventCounts& events) {
        execute(engine, instruction, events, scratch_);
    }
    /// The same with another scratch memory: several threads may each execute an instruction at a
    /// time, where none writes what another touches.
    void execute(isa::Engine engine, const isa::Instruction& instruction, EventCounts& events,
                 Scratch& scratch);

private:
    void run(isa::Engine engine, const isa::DmaTransfer& transfer);
    template <class Memory>
    void move(isa::Engine engine, const isa::DmaTransfer& transfer, std::int64_t base,
              Memory& memory, buffer::Buffer& buffer);
    void put(const isa::DmaTransfer& transfer, buffer::Buffer& from);
    void run(const isa::WeightStationaryPass& pass, EventCounts& events, Scratch& scratch);
    void run(const isa::OutputStationaryPass& pass, EventCounts& events, Scratch& scratch);
    void run(const isa::Drain& drain, EventCounts& events, Scratch& scratch);
    void run(const isa::VectorInstruction& instruction, EventCounts& events, Scratch& scratch);
    std::span<std::byte> bytes(isa::BufferId buffer) {
        return buffers_[static_cast<std::size_t>(buffer)].bytes();
    }

    const MachineParams& params_;
    dram::DramImage& dram_;
    scratchpad::ScratchpadImage* scratchpad_;
    std::int64_t dram_base_, scratchpad_base_;  ///< of the core's shares [bytes]
    Datapath* next_ = nullptr;
    int threads_, pass_threads_;
    bool count_zeros_, tile_passes_;
    std::vector<buffer::Buffer> buffers_;  ///< in isa::BufferId order
    Scratch scratch_;
};

/// The threads of the host that the settings ask for: at least 1.
int thread_count(const Settings& settings);

/// Those of all cores, each connected to the next; none with numerics off.
std::vector<Datapath> make_datapaths(const MachineParams& params, const Settings& settings,
                                     dram::DramImage& dram,
                                     scratchpad::ScratchpadImage* scratchpad);

}  // namespace quatrain::machine
