// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/dma/clocked.hpp"
#include "rtl_models/mac_array/clocked.hpp"
#include "rtl_models/operand_streamer/clocked.hpp"
#include "rtl_models/scaling_unit/clocked.hpp"
#include "rtl_models/sequencer/clocked.hpp"
#include "rtl_models/vector_unit/clocked.hpp"

#include <string>

// What a waveform shows of a command besides its id: the fields of the instruction. Those that the
// instruction at the pins does not have are 0; addresses that it does not use are all ones
// (isa::no_address). Texts are Probes::text().
namespace quatrain::machine {

/// Index of the operation among all that the core executes: transfer, weight- and output-stationary
/// pass, drain, then isa::VectorOperation in order.
inline constexpr int opcode_bits = 6;

/// The opcode, as a number and as text, and the operator.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<sequencer::Command>& wire);
/// Buffer, bytes of a run, and how many runs.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<dma::Command>& wire);
/// Dataflow, formats, shape and addresses.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<mac_array::Command>& wire);
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<operand_streamer::Command>& wire);
/// Operation, shape, and format and address of the first operand in and the first out; the first of
/// a drain are the accumulators.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<scaling_unit::Command>& wire);
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<vector_unit::Command>& wire);

}  // namespace quatrain::machine
