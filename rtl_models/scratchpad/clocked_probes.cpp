// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/clocked.hpp"

namespace quatrain::scratchpad {
namespace {

constexpr int waiting_bits = 32;

}  // namespace

void ClockedScratchpad::probe(Probes& probes, const std::string& block) const {
    for (std::size_t port = 0; port < open_.size(); ++port)
        probes.number(block + ".port_" + std::to_string(port) + ".bursts", burst_count_bits,
                      [this, port] { return open_[port].size(); });
    probes.number(block + ".waiting", waiting_bits, [this] { return waiting_.size(); });
    probes.number(block + ".bytes_left", burst_byte_bits, [this] {
        return waiting_.empty() ? 0 : static_cast<std::uint64_t>(waiting_.front().bytes_left);
    });
}

}  // namespace quatrain::scratchpad
