// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/base/clocked_messages.hpp"
#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "sim/machine/machine_params.hpp"

#include <exception>
#include <string>
#include <systemc>

namespace quatrain::machine {

/// Where a core's DMA engines meet the ring: what they ask goes out in the cycle in which it shows,
/// what comes shows at the engines in the same cycle. A request's address, size and number go over
/// wires; the data of a store follow as a message, in the same order, so that the other end has
/// them put together by a FIFO. The core's base registers make an address of its share one of the
/// DRAM or of the scratchpad.
///
/// A put from the previous core that shows at `deliver` in cycle t is written to its buffer at the
/// edge that ends t, whole, and acknowledged in t.
class ClockedCoreStop final : public sc_core::sc_module {
public:
    ClockedCoreStop(const sc_core::sc_module_name& name, const MachineParams& params,
                    std::int64_t core);

    sc_core::sc_in<bool> clock{"clock"};
    // The core's engines, and its buffers in isa::BufferId order.
    sc_core::sc_in<BurstRequest> load_request{"load_request"}, store_request{"store_request"};
    sc_core::sc_out<BurstResponses> load_responses{"load_responses"},
        store_responses{"store_responses"};
    sc_core::sc_vector<ClockedPort> buffers{"buffers", isa::buffer_count};
    // The ring.
    sc_core::sc_out<RingMessage> inject{"inject"};
    sc_core::sc_in<RingDeliveries> deliver{"deliver"};
    // Wires to the memory and back. Requests have no data.
    sc_core::sc_out<BurstRequest> load_asked{"load_asked"}, store_asked{"store_asked"};
    sc_core::sc_in<BurstResponses> stored{"stored"};
    // Wires to the next core and back, and the other ends of the previous core's.
    sc_core::sc_out<BurstRequest> put_asked{"put_asked"};
    sc_core::sc_in<BurstResponses> put_done{"put_done"};
    sc_core::sc_in<BurstRequest> previous_asked{"previous_asked"};
    sc_core::sc_out<BurstResponses> previous_done{"previous_done"};

    /// The first error, after which the module stands still: dram::DramError or
    /// scratchpad::ScratchpadError for an address beyond the core's share, dram::DramError for one
    /// in no buffer, buffer::BufferError for one beyond its buffer.
    std::exception_ptr failure() const { return failure_; }
    /// Shows how many puts are announced.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// What the core has of a memory.
    struct Share {
        std::int64_t bytes, base;
    };

    void send();
    void receive();
    void edge();
    /// The same request as the memory's stop gets it.
    BurstRequest to_memory(const BurstRequest& request) const;
    void write_put(const RingDelivery& put);
    template <class Body>
    void guarded(Body&& body) {
        if (failure_) return;
        try {
            body();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    std::int64_t memory_, next_, previous_;  ///< stops
    Share dram_, scratchpad_;
    ClockedFifo<BurstRequest> announced_;  ///< puts of the previous core, oldest first
    std::exception_ptr failure_;
};

}  // namespace quatrain::machine
