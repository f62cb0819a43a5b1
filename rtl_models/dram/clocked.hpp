// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/dram/address_mapping.hpp"
#include "rtl_models/dram/clocked_controller.hpp"
#include "rtl_models/dram/clocked_crossing.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/dram/timing.hpp"

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <systemc>
#include <utility>
#include <vector>

namespace quatrain::dram {

/// The DRAM between the core's clock and its own: in the core's, DMA bursts are cut into DRAM
/// bursts and put together again; in the DRAM's, every channel has its controller; between them,
/// asynchronous FIFOs. The contents move at the core's edge that ends the cycle in which a request
/// shows. docs/dram.md has the cycles ("The two clocks"); cycle 0 of either clock ends with its
/// first edge.
class ClockedDram final : public sc_core::sc_module {
public:
    static constexpr std::size_t load = 0, store = 1;  ///< index of a core's ports, even and odd

    /// `ports`: two for every core. `bursts_in_flight`: that a port's DMA engine has at most (its
    /// `outstanding`). `observers`: of the channels' commands; fewer than channels, or null, where
    /// nobody looks. Throws ParamError for a mapping that is none, std::overflow_error when a
    /// parameter does not fit its register.
    ClockedDram(const sc_core::sc_module_name& name, const Standard& standard, const Params& params,
                const ControllerParams& controller, std::int64_t ports,
                std::int64_t bursts_in_flight, DramImage& image,
                const std::vector<CommandObserver*>& observers = {});

    sc_core::sc_in<bool> clock{"clock"};  ///< of the core
    sc_core::sc_in<bool> dram_clock{"dram_clock"};
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>> requests;
    sc_core::sc_vector<sc_core::sc_out<BurstResponses>> responses;

    /// The machine has stopped: every channel runs `cycles` DRAM cycles from the start, more than
    /// so far, and on until no channel holds a request; then all stand still.
    void stop_after(std::int64_t cycles) { stop_after_ = cycles; }
    bool stopped() const { return stopped_; }
    /// DRAM cycles so far.
    std::int64_t cycles() const { return channels_.front()->controller.cycle(); }

    /// The first error, after which the module stands still: DramError, std::overflow_error for a
    /// value beyond its register or an entry beyond its queue.
    std::exception_ptr failure() const { return failure_; }
    /// Shows of every port its open bursts and of every channel what crosses and its controller.
    void probe(Probes& probes, const std::string& block) const;

private:
    struct BurstId {
        std::size_t port = 0;
        std::uint64_t tag = 0;
    };
    struct OpenBurst {
        std::int64_t parts_left = 0;  ///< DRAM bursts whose answers have not crossed
        std::vector<std::byte> data;  ///< of a read
    };
    /// A DRAM burst on its way to a controller.
    struct Part {
        bool is_write = false;
        ClockedRequest request;
    };
    struct Channel {
        ClockedController controller;
        ClockedCrossing<Part> requests;
        std::vector<Part> arrived;  ///< in the current DRAM cycle
        ClockedCrossing<std::uint64_t> answers;
    };

    static bool is_store(std::size_t port) { return port % 2 == store; }
    static std::uint64_t request_id(const BurstId& burst);
    static BurstId burst_of(std::uint64_t request_id);

    void core_edge();
    void dram_edge();
    bool idle() const;
    void accept(std::size_t port, const BurstRequest& request);
    void cut(const BurstId& id, OpenBurst& burst, const BurstRequest& request);
    void respond();

    std::int64_t burst_bytes_;  ///< of a DRAM burst
    std::int64_t bursts_in_flight_;
    AddressMapping mapping_;
    DramImage& image_;
    std::unique_ptr<CommandObserver> nobody_;
    /// By port and tag: those without a response yet.
    std::vector<std::map<std::uint64_t, OpenBurst>> open_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::optional<std::int64_t> stop_after_;
    bool stopped_ = false;
    std::exception_ptr failure_;
};

}  // namespace quatrain::dram
