// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"

namespace quatrain::dram {
namespace {

constexpr int queue_bits = burst_count_bits + 1;  ///< places for the bursts of both engines

}  // namespace

void ClockedDram::probe(Probes& probes, const std::string& block) const {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        const ClockedFifo<Part>& queue = channels_[i];
        const std::string channel = block + ".channel_" + std::to_string(i);
        const auto of_front = [&](const char* field, int bits, auto value) {
            probes.number(channel + field, bits, [&queue, value] {
                return queue.empty() ? 0 : static_cast<std::uint64_t>(value(queue.front()));
            });
        };
        probes.number(channel + ".bursts", queue_bits, [&queue] { return queue.size(); });
        probes.flag(channel + ".store",
                    [&queue] { return !queue.empty() && queue.front().burst.first == store; });
        of_front(".tag", burst_tag_bits, [](const Part& part) { return part.burst.second; });
        of_front(".address", dram_address_bits,
                 [this](const Part& part) { return open_.at(part.burst).address; });
        of_front(".millibytes_left", millibyte_bits,
                 [](const Part& part) { return part.millibytes_left; });
    }
    probes.number(block + ".delay_line.bursts", queue_bits, [this] { return delay_line_.size(); });
}

}  // namespace quatrain::dram
