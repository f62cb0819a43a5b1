// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/core_state.hpp"
#include "sim/machine/memory_system.hpp"

#include <vector>

namespace quatrain::machine {

/// Hears how its transfers get on.
class TransferListener {
public:
    virtual ~TransferListener() = default;
    virtual void last_burst_issued() = 0;  ///< the next transfer may start in this cycle
    virtual void transfer_complete() = 0;  ///< the oldest open transfer is complete
};

/// The SystemC shell of MemorySystem: it lets the memory run as far as the kernel knows of nothing
/// else to do, and wakes for the next notice.
class MemoryController final : public sc_core::sc_module {
public:
    MemoryController(const sc_core::sc_module_name& name, MachineState& machine,
                     const Settings& settings);

    void connect(std::int64_t core, dma::Direction direction, TransferListener& listening);
    /// Starts a transfer in this cycle, see MemorySystem::start().
    void start(std::int64_t core, dma::Direction direction, const isa::DmaTransfer& transfer);
    /// See MemorySystem::finish().
    std::vector<dram::ChannelStatistics> finish(std::int64_t cycle) {
        return memory_.finish(cycle);
    }

private:
    void update();
    void look_ahead();

    TransferListener*& listener(std::int64_t core, dma::Direction direction) {
        return listeners_[static_cast<std::size_t>(2 * core) + static_cast<std::size_t>(direction)];
    }

    MachineState& machine_;
    MemorySystem memory_;
    std::vector<TransferListener*> listeners_;
    sc_core::sc_event update_event_{"update_event"};
};

}  // namespace quatrain::machine
