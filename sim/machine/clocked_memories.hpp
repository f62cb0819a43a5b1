// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/dram/clocked.hpp"
#include "rtl_models/scratchpad/clocked.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/waveform.hpp"

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace quatrain::machine {

/// Pins that the DMA engines' bursts come to, two for every core, as of one memory; and whose block
/// they are.
struct MemoryPorts {
    std::string block;
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>>& requests;
    sc_core::sc_vector<sc_core::sc_out<BurstResponses>>& responses;
};

/// Where the ways to the DRAM and to the scratchpad part. Combinational: a request shows at the
/// memory that its address is in, answers of both show together.
class ClockedFork final : public sc_core::sc_module {
public:
    ClockedFork(const sc_core::sc_module_name& name, std::size_t ports);

    // The DMA engines' side.
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>> requests;
    sc_core::sc_vector<sc_core::sc_out<BurstResponses>> responses;
    // The memories'. Addresses in the scratchpad are from 0 on.
    sc_core::sc_vector<sc_core::sc_out<BurstRequest>> dram_requests, scratchpad_requests;
    sc_core::sc_vector<sc_core::sc_in<BurstResponses>> dram_responses, scratchpad_responses;

private:
    void part();
    void join();
};

/// DRAM and, where the machine has one, scratchpad.
class ClockedMemories final {
public:
    /// `scratchpad`: null where the machine has none. `channels`: of the DRAM's channels. Signals
    /// are kept in `wires`, which must outlive it, as the images and the clocks must.
    ClockedMemories(const MachineParams& params, const sc_core::sc_signal_in_if<bool>& clock,
                    const sc_core::sc_signal_in_if<bool>& dram_clock, Wires& wires,
                    dram::DramImage& dram, scratchpad::ScratchpadImage* scratchpad,
                    const std::vector<dram::CommandObserver*>& channels = {});

    MemoryPorts ports();
    dram::ClockedDram& dram() { return dram_; }
    const dram::ClockedDram& dram() const { return dram_; }
    /// The first error; null while all is well.
    std::exception_ptr failure() const;
    /// Shows the registers inside block `scope`, or all blocks for an empty scope: at the edges of
    /// the core's clock, and of the DRAM's.
    void probe(Probes& core_domain, Probes& dram_domain, const std::string& scope) const;

private:
    void wire_fork(const MachineParams& params, Wires& wires);

    dram::ClockedDram dram_;
    std::unique_ptr<scratchpad::ClockedScratchpad> scratchpad_;
    std::unique_ptr<ClockedFork> fork_;  ///< null without a scratchpad
};

}  // namespace quatrain::machine
