// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_bursts.hpp"

namespace quatrain {
namespace {

constexpr std::size_t shown_responses = 2;

}  // namespace

std::ostream& operator<<(std::ostream& stream, const BurstRequest& request) {
    if (!request.valid) return stream << "idle";
    return stream << "burst " << request.tag << " at " << request.address << ", " << request.bytes
                  << " bytes";
}

std::ostream& operator<<(std::ostream& stream, const BurstResponses& responses) {
    return stream << responses.count << " bursts";
}

void sc_trace(sc_core::sc_trace_file* file, const BurstRequest& request, const std::string& name) {
    sc_core::sc_trace(file, request.valid, name + ".valid");
    sc_core::sc_trace(file, request.tag, name + ".tag", burst_tag_bits);
}

void sc_trace(sc_core::sc_trace_file*, const BurstResponses&, const std::string&) {}

void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<BurstRequest>& wire) {
    probes.number(name + ".address", dram_address_bits,
                  [&] { return static_cast<std::uint64_t>(wire.read().address); });
    probes.number(name + ".bytes", burst_byte_bits,
                  [&] { return static_cast<std::uint64_t>(wire.read().bytes); });
    probes.number(name + ".data", shown_data_bits, [&] { return shown_data(wire.read().data); });
}

void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<BurstResponses>& wire) {
    probes.number(name + ".count", burst_count_bits,
                  [&] { return static_cast<std::uint64_t>(wire.read().count); });
    for (std::size_t i = 0; i < shown_responses; ++i) {
        const std::string burst = name + ".burst_" + std::to_string(i);
        probes.number(burst + ".tag", burst_tag_bits, [&wire, i] {
            const auto& bursts = wire.read().bursts;
            return i < bursts.size() ? bursts[i].tag : 0;
        });
        probes.number(burst + ".data", shown_data_bits, [&wire, i] {
            const auto& bursts = wire.read().bursts;
            return i < bursts.size() ? shown_data(bursts[i].data) : 0;
        });
    }
}

}  // namespace quatrain
