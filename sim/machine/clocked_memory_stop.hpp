// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/base/clocked_messages.hpp"
#include "sim/machine/machine_params.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::machine {

/// Where the memory's ports meet the ring. A store shows at its port in the cycle in which its data
/// show at `deliver`; what it is was announced over the core's wire. Loads come over wires to their
/// ports directly, and this module only looks on.
///
/// The answers to loads that show in cycle t are sent from t on, one a cycle, in order of t, then
/// of cores, then of the core's requests: the first in the cycle in which it shows, when nobody
/// waits.
class ClockedMemoryStop final : public sc_core::sc_module {
public:
    ClockedMemoryStop(const sc_core::sc_module_name& name, const MachineParams& params);

    sc_core::sc_in<bool> clock{"clock"};
    // By core. Wires from its stop: requests of loads, as they show at the memory's port, and of
    // stores, without data.
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>> load_asked, store_asked;
    // The memory's ports: stores, and answers to loads.
    sc_core::sc_vector<sc_core::sc_out<BurstRequest>> store_request;
    sc_core::sc_vector<sc_core::sc_in<BurstResponses>> load_responses;
    // The ring.
    sc_core::sc_out<RingMessage> inject{"inject"};
    sc_core::sc_in<RingDeliveries> deliver{"deliver"};

    /// The first error, after which the module stands still.
    std::exception_ptr failure() const { return failure_; }
    /// Shows the answers that wait, and of every core the stores that are announced and the loads
    /// that are open.
    void probe(Probes& probes, const std::string& block) const;

private:
    struct Answer {
        std::int64_t core = 0;
        BurstResponse burst;
    };
    /// A core's loads since the oldest without an answer. Their tags count up, so that a tag's
    /// distance from the oldest tells their order.
    struct Loads {
        std::uint64_t oldest_tag = 0;
        std::deque<bool> answered;  ///< since the oldest one; at most `outstanding`
    };

    void send();
    void receive();
    void edge();
    /// What shows in this cycle, in the order in which it is sent.
    std::vector<Answer> arriving() const;
    std::uint64_t distance(const Loads& loads, std::uint64_t tag) const;
    void open_load(Loads& loads, std::uint64_t tag) const;
    void close_load(Loads& loads, std::uint64_t tag) const;
    template <class Body>
    void guarded(Body&& body) {
        if (failure_) return;
        try {
            body();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    std::int64_t outstanding_;
    std::vector<ClockedFifo<BurstRequest>> announced_;  ///< stores by core, oldest first
    std::vector<Loads> loads_;                          ///< by core
    ClockedFifo<Answer> waiting_;                       ///< oldest first
    sc_core::sc_signal<bool> changed_{"changed"};
    std::exception_ptr failure_;
};

}  // namespace quatrain::machine
