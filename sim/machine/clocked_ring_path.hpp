// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/ring/clocked.hpp"
#include "rtl_models/sequencer/clocked_signals.hpp"
#include "sim/machine/clocked_core_stop.hpp"
#include "sim/machine/clocked_memories.hpp"
#include "sim/machine/clocked_memory_stop.hpp"
#include "sim/machine/clocked_wire.hpp"
#include "sim/machine/waveform.hpp"

#include <array>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace quatrain::machine {

/// What is between several cores and the memory: the ring with its stops, and beside it the wires
/// of requests, acknowledgements and semaphores, which take hop_cycles for each hop.
class ClockedRingPath final {
public:
    /// What it joins of a core: pins of the load and the store engine, and the buffers.
    struct CorePins {
        std::array<sc_core::sc_out<BurstRequest>*, 2> requests{};
        std::array<sc_core::sc_in<BurstResponses>*, 2> responses{};
        std::array<MemoryPort*, isa::buffer_count> buffers{};
    };

    /// Joins the cores and the memory's ports, two for each core in the order of cores, by signals
    /// that are kept in `wires`. `params`, `clock` and `wires` must outlive it.
    ClockedRingPath(const MachineParams& params, const sc_core::sc_signal_in_if<bool>& clock,
                    Wires& wires, const std::vector<CorePins>& cores, const MemoryPorts& memory);

    /// A pin of a core's sequencer, and its name.
    template <class Pin>
    struct SequencerPin {
        std::int64_t core = 0;
        std::string name;
        Pin& pin;
    };
    /// Leads what one core releases of a neighbour's semaphores there.
    void join_semaphores(const SequencerPin<sc_core::sc_out<sequencer::NeighbourSignals>>& source,
                         const SequencerPin<sc_core::sc_in<sequencer::NeighbourSignals>>& target);

    /// No signal to a semaphore is on its way.
    bool signals_idle() const;
    /// The first error; null while all is well.
    std::exception_ptr failure() const;
    /// Shows the registers of ring and stops.
    void probe(Probes& probes, const std::string& block) const;

private:
    template <class T>
    using WiresOf = std::vector<std::unique_ptr<ClockedWire<T>>>;
    /// Of a wire: the stop, the block whose pin it is, and the signal's name.
    struct End {
        std::int64_t stop = 0;
        std::string block, name;
    };

    void join_engines(std::size_t core, const CorePins& pins);
    void join_ports(std::size_t core, const MemoryPorts& memory);
    void join_puts(std::size_t core);
    void join_ring(std::size_t stop, sc_core::sc_out<RingMessage>& inject,
                   sc_core::sc_in<RingDeliveries>& deliver);
    /// A wire as long as the way from a stop to another. Returns the signal at its end.
    template <class T>
    sc_core::sc_signal<T>& join(WiresOf<T>& all, const End& from, sc_core::sc_out<T>& source,
                                const End& to, sc_core::sc_in<T>& target);

    const MachineParams& params_;
    const sc_core::sc_signal_in_if<bool>& clock_;
    Wires& wires_;
    ring::ClockedRing ring_;
    ClockedMemoryStop memory_stop_;
    std::vector<std::unique_ptr<ClockedCoreStop>> core_stops_;
    WiresOf<BurstRequest> requests_;
    WiresOf<BurstResponses> answers_;
    WiresOf<sequencer::NeighbourSignals> signals_;
};

}  // namespace quatrain::machine
