// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_messages.hpp"
#include "rtl_models/ring/clocked_link.hpp"
#include "rtl_models/ring/clocked_stop.hpp"
#include "rtl_models/ring/timing.hpp"

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::ring {

/// Widths of the parameters, as parameter_info() bounds them [bits].
inline constexpr int bytes_per_cycle_bits = 17;
inline constexpr std::int64_t most_hop_cycles = 1000;
inline constexpr std::int64_t most_stops = std::int64_t{1} << ring_stop_bits;

/// The ring with its stops and its arbiter.
///
/// Pins, cycle t: `inject` is read at the edge that ends t, and the whole way of a message is
/// reserved there, stop by stop from 0 on; its first flit can enter the first link at that edge.
/// What the edge that ends t takes from the last link shows at `deliver` in t + 1: a whole message,
/// in the cycle behind its last flit.
///
/// Widths: those of the pins in clocked_messages.hpp, of the counts of cycles in clocked_link.hpp.
/// A value that does not fit stops the ring with std::overflow_error, which names the register.
class ClockedRing final : public sc_core::sc_module {
public:
    /// `waiting`: messages of a stop that have not entered whole, for each direction. Throws
    /// std::overflow_error when a parameter does not fit its register.
    ClockedRing(const sc_core::sc_module_name& name, const Params& params, std::int64_t stops,
                std::int64_t waiting);

    sc_core::sc_in<bool> clock{"clock"};
    // One per stop.
    sc_core::sc_vector<sc_core::sc_in<RingMessage>> inject;
    sc_core::sc_vector<sc_core::sc_out<RingDeliveries>> deliver;

    /// The first error, after which the module stands still: std::overflow_error for a value beyond
    /// its register or a message beyond its FIFO, std::logic_error for a message to its own stop,
    /// or one with more payload than bytes.
    std::exception_ptr failure() const { return failure_; }
    /// Shows of every stop, for each direction, the messages that wait, and of the link that leaves
    /// it the reservation and the flit that has entered.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// One direction; by stop, a link by the one that it leaves.
    struct Side {
        std::vector<ClockedLink> links;
        std::vector<ClockedEntry> entries;
        std::vector<ClockedExit> exits;
    };
    static constexpr std::size_t clockwise = 0, anticlockwise = 1;

    void edge();
    void move();
    std::size_t next(std::size_t side, std::size_t stop) const;
    /// The side with the shorter way.
    std::size_t side_of(std::size_t from, std::size_t to) const;
    void accept(std::size_t from, const RingMessage& message);
    /// Reserves the way for `flits` flits; returns in how many cycles the first enters.
    std::int64_t reserve(std::size_t side, std::size_t from, std::size_t to, std::int64_t flits);
    /// Moves the flits on the links and those that enter; completed messages go to `shown`.
    void advance(std::size_t side, std::vector<RingDeliveries>& shown);

    Params params_;
    std::size_t stops_;
    std::array<Side, 2> sides_;
    std::exception_ptr failure_;
};

}  // namespace quatrain::ring
