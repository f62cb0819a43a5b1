// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/scratchpad/function.hpp"
#include "rtl_models/scratchpad/timing.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::scratchpad {

/// Widths of addresses and of the parameters, as parameter_info() bounds them [bits].
inline constexpr int address_bits = 30;
inline constexpr int bytes_per_cycle_bits = 17;
inline constexpr std::int64_t most_latency_cycles = 1000;

/// The scratchpad: a FIFO of bursts, one memory port that serves the oldest, and a shift register
/// of latency_cycles places that answers go through.
///
/// Pins, cycle t: `requests` are read at the edge that ends t, port 0 first; addresses are those in
/// the scratchpad, from 0 on. There the contents move, whole bursts, and there the memory port is
/// done with up to bytes_per_cycle bytes of the oldest burst, which may have shown in t. A burst
/// whose last bytes it is done with at the edge that ends t shows at `responses` in t + 1 +
/// latency_cycles; so there is at most one answer a cycle.
///
/// Widths: those of the pins in clocked_bursts.hpp, but `address_bits` of address. A value that
/// does not fit stops the scratchpad with std::overflow_error, which names the register.
class ClockedScratchpad final : public sc_core::sc_module {
public:
    static constexpr std::size_t load = 0, store = 1;  ///< index of a core's ports, even and odd

    /// `ports`: two for every core. `bursts_in_flight`: that a port's DMA engine has at most (its
    /// `outstanding`). Throws std::overflow_error when a parameter does not fit its register.
    ClockedScratchpad(const sc_core::sc_module_name& name, const Params& params, std::int64_t ports,
                      std::int64_t bursts_in_flight, ScratchpadImage& image);

    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>> requests;
    sc_core::sc_vector<sc_core::sc_out<BurstResponses>> responses;

    /// The first error, after which the module stands still: ScratchpadError, std::overflow_error
    /// for a value beyond its register or more bursts than can be in flight, std::logic_error for a
    /// tag that is in flight, or a store whose data is not as long as it says.
    std::exception_ptr failure() const { return failure_; }
    /// Shows of every port its open bursts, and of the memory port the bursts that wait and what is
    /// left of the oldest.
    void probe(Probes& probes, const std::string& block) const;

private:
    struct Burst {
        std::size_t port = 0;
        std::int64_t bytes_left = 0;  ///< burst_byte_bits
        BurstResponse answer;
    };

    static bool is_store(std::size_t port) { return port % 2 == store; }

    void edge();
    void accept(std::size_t port, const BurstRequest& request);
    void open(std::size_t port, std::uint64_t tag);
    /// The burst that the memory port is done with at this edge, if any.
    std::optional<Burst> serve();
    /// Shows the burst whose answer leaves the shift register, which `served` enters.
    void respond(std::optional<Burst> served);

    std::int64_t bytes_per_cycle_;
    std::int64_t bursts_in_flight_;
    ScratchpadImage& image_;
    std::vector<std::set<std::uint64_t>> open_;  ///< by port: tags without a response yet
    ClockedFifo<Burst> waiting_;                 ///< the one that is served included
    std::deque<std::optional<Burst>> answers_;   ///< in the order in which one goes through them
    std::exception_ptr failure_;
};

}  // namespace quatrain::scratchpad
