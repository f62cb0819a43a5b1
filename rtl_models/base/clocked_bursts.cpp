// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_bursts.hpp"

#include <algorithm>
#include <span>

namespace quatrain {
namespace {

constexpr int shown_data_bits = 64;
constexpr std::size_t shown_responses = 2;

std::uint64_t first_bytes(std::span<const std::byte> data) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(data.size(), shown_data_bits / 8); ++i)
        value |= std::to_integer<std::uint64_t>(data[i]) << (8 * i);
    return value;
}

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
    sc_core::sc_trace(file, request.address, name + ".address", dram_address_bits);
    sc_core::sc_trace(file, request.bytes, name + ".bytes", burst_byte_bits);
}

void sc_trace(sc_core::sc_trace_file* file, const BurstResponses& responses,
              const std::string& name) {
    sc_core::sc_trace(file, responses.count, name + ".count", burst_count_bits);
}

void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<BurstRequest>& wire) {
    probes.number(name + ".data", shown_data_bits, [&] { return first_bytes(wire.read().data); });
}

void probe(Probes& probes, const std::string& name,
           const sc_core::sc_signal_in_if<BurstResponses>& wire) {
    for (std::size_t i = 0; i < shown_responses; ++i) {
        const std::string burst = name + ".burst_" + std::to_string(i);
        probes.number(burst + ".tag", burst_tag_bits, [&wire, i] {
            const auto& bursts = wire.read().bursts;
            return i < bursts.size() ? bursts[i].tag : 0;
        });
        probes.number(burst + ".data", shown_data_bits, [&wire, i] {
            const auto& bursts = wire.read().bursts;
            return i < bursts.size() ? first_bytes(bursts[i].data) : 0;
        });
    }
}

}  // namespace quatrain
