// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "sim/machine/machine_params.hpp"

#include <vector>

namespace quatrain::machine {

/// The data of one core: its buffers, wired to the blocks' function views and to the DRAM.
class Datapath {
public:
    /// `threads` of the host for one instruction; 0: all.
    Datapath(const MachineParams& params, dram::DramImage& dram, int threads);

    /// Does what the instruction does, at once. Adds the data-dependent events (zero_macs_*,
    /// fault_*, gradient_odd_clipped) to `events`.
    void execute(isa::Engine engine, const isa::Instruction& instruction, EventCounts& events);

private:
    void run(isa::Engine engine, const isa::DmaTransfer& transfer, EventCounts& events);
    void run(isa::Engine engine, const isa::WeightStationaryPass& pass, EventCounts& events);
    void run(isa::Engine engine, const isa::OutputStationaryPass& pass, EventCounts& events);
    void run(isa::Engine engine, const isa::Drain& drain, EventCounts& events);
    void run(isa::Engine engine, const isa::VectorInstruction& instruction, EventCounts& events);
    std::span<std::byte> bytes(isa::BufferId buffer) {
        return buffers_[static_cast<std::size_t>(buffer)].bytes();
    }

    const MachineParams& params_;
    dram::DramImage& dram_;
    int threads_;
    std::vector<buffer::Buffer> buffers_;  ///< in isa::BufferId order
    mac_array::Scratch scratch_;
};

}  // namespace quatrain::machine
