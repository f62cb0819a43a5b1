// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_probes.hpp"

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain {

// Widths of the pins between a block and the ring [bits].
/// A ring has at most 256 stops.
inline constexpr int ring_stop_bits = 8;
/// A burst of 65536 bytes, and as much again to say what is to be done with it.
inline constexpr int ring_byte_bits = 17;
/// The ring hands tags on and does not look at them.
inline constexpr int ring_tag_bits = 32;
/// Of each direction one message comes out at a stop in a cycle.
inline constexpr int ring_delivery_count_bits = 2;

/// What a block gives to its stop in one cycle.
struct RingMessage {
    bool valid = false;
    std::int64_t to = 0;  ///< stop
    std::uint64_t tag = 0;
    std::int64_t bytes = 0;  ///< that pass the links: payload, and what goes with it
    std::vector<std::byte> payload;
    bool operator==(const RingMessage&) const = default;
};

/// What comes out at a stop in one cycle: the message that came clockwise is before the other.
struct RingDelivery {
    std::int64_t from = 0;  ///< stop
    std::uint64_t tag = 0;
    std::int64_t bytes = 0;
    std::vector<std::byte> payload;
    bool operator==(const RingDelivery&) const = default;
};
struct RingDeliveries {
    std::int64_t count = 0;
    std::vector<RingDelivery> messages;
    bool operator==(const RingDeliveries&) const = default;
};

// What sc_signal asks of its type.
std::ostream& operator<<(std::ostream& stream, const RingMessage& message);
std::ostream& operator<<(std::ostream& stream, const RingDeliveries& deliveries);
/// Traces valid and tag; what is a signed number, a probe shows without its sign.
void sc_trace(sc_core::sc_trace_file* file, const RingMessage& message, const std::string& name);
/// Traces nothing.
void sc_trace(sc_core::sc_trace_file* file, const RingDeliveries& deliveries,
              const std::string& name);
/// Shows destination, bytes and the first 8 bytes of the payload, the first one in the lowest bits.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<RingMessage>& wire);
/// Shows the count, where the messages of this cycle come from, their tags and payloads likewise; 0
/// where there is none.
void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<RingDeliveries>& wire);

}  // namespace quatrain
