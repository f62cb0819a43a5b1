// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_messages.hpp"

namespace quatrain {
namespace {

constexpr std::size_t most_deliveries = 2;

}  // namespace

std::ostream& operator<<(std::ostream& stream, const RingMessage& message) {
    if (!message.valid) return stream << "idle";
    return stream << "message " << message.tag << " to stop " << message.to << ", " << message.bytes
                  << " bytes";
}

std::ostream& operator<<(std::ostream& stream, const RingDeliveries& deliveries) {
    return stream << deliveries.count << " messages";
}

void sc_trace(sc_core::sc_trace_file* file, const RingMessage& message, const std::string& name) {
    sc_core::sc_trace(file, message.valid, name + ".valid");
    sc_core::sc_trace(file, message.tag, name + ".tag", ring_tag_bits);
}

void sc_trace(sc_core::sc_trace_file*, const RingDeliveries&, const std::string&) {}

void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<RingMessage>& wire) {
    probes.number(name + ".to", ring_stop_bits,
                  [&] { return static_cast<std::uint64_t>(wire.read().to); });
    probes.number(name + ".bytes", ring_byte_bits,
                  [&] { return static_cast<std::uint64_t>(wire.read().bytes); });
    probes.number(name + ".payload", shown_data_bits,
                  [&] { return shown_data(wire.read().payload); });
}

void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<RingDeliveries>& wire) {
    probes.number(name + ".count", ring_delivery_count_bits,
                  [&] { return static_cast<std::uint64_t>(wire.read().count); });
    for (std::size_t i = 0; i < most_deliveries; ++i) {
        const auto show = [&](const char* field, int bits, auto value) {
            probes.number(name + ".message_" + std::to_string(i) + field, bits, [&wire, i, value] {
                const auto& messages = wire.read().messages;
                return i < messages.size() ? value(messages[i]) : 0;
            });
        };
        show(".from", ring_stop_bits,
             [](const RingDelivery& one) { return static_cast<std::uint64_t>(one.from); });
        show(".tag", ring_tag_bits, [](const RingDelivery& one) { return one.tag; });
        show(".payload", shown_data_bits,
             [](const RingDelivery& one) { return shown_data(one.payload); });
    }
}

}  // namespace quatrain
