// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dma/clocked.hpp"
#include "rtl_models/mac_array/clocked.hpp"
#include "rtl_models/operand_streamer/clocked.hpp"
#include "rtl_models/scaling_unit/clocked.hpp"
#include "rtl_models/sequencer/clocked.hpp"
#include "rtl_models/vector_unit/clocked.hpp"

namespace quatrain::machine {

/// The wires between the sequencer's four queues and the units: takes an instruction apart, and
/// makes one engine of the two units of the vector queue, of which one works at a time.
/// Combinational but for one register: the vector queue is busy.
class ClockedDispatch final : public sc_core::sc_module {
public:
    explicit ClockedDispatch(const sc_core::sc_module_name& name);

    sc_core::sc_in<bool> clock{"clock"};
    // From the sequencer, in isa::Engine order.
    sc_core::sc_vector<sc_core::sc_in<bool>> start{"start", isa::engine_count};
    sc_core::sc_vector<sc_core::sc_in<sequencer::Command>> command{"command", isa::engine_count};
    // To the units; those with one queue to themselves take the sequencer's start.
    sc_core::sc_out<dma::Command> load{"load"}, store{"store"};
    sc_core::sc_out<mac_array::Command> array_pass{"array_pass"};
    sc_core::sc_out<operand_streamer::Command> streamer_pass{"streamer_pass"};
    sc_core::sc_out<bool> scaling_start{"scaling_start"}, vector_start{"vector_start"};
    sc_core::sc_out<scaling_unit::Command> scaling{"scaling"};
    sc_core::sc_out<vector_unit::Command> vector{"vector"};
    // The vector queue's answer.
    sc_core::sc_in<bool> scaling_done{"scaling_done"}, vector_done{"vector_done"};
    sc_core::sc_out<bool> ready{"ready"}, done{"done"};

    /// Shows the register.
    void probe(Probes& probes, const std::string& block) const {
        probes.flag(block + ".vector_busy", [this] { return busy_.read(); });
    }

private:
    void split_transfers();
    void split_pass();
    void split_vector();
    void answer();
    void edge();

    sc_core::sc_signal<bool> busy_{"busy"};
};

/// True when the scaling units execute what the vector queue holds.
bool for_scaling_unit(const isa::Instruction& instruction);

}  // namespace quatrain::machine
