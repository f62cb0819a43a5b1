// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/clocked.hpp"

namespace quatrain::ring {
namespace {

constexpr int waiting_bits = 32;

}  // namespace

void ClockedRing::probe(Probes& probes, const std::string& block) const {
    for (std::size_t stop = 0; stop < stops_; ++stop)
        for (const std::size_t side : {clockwise, anticlockwise}) {
            const ClockedEntry& entry = sides_[side].entries[stop];
            const ClockedLink& link = sides_[side].links[stop];
            const std::string name = block + ".stop_" + std::to_string(stop) +
                                     (side == clockwise ? ".clockwise" : ".anticlockwise");
            probes.number(name + ".waiting", waiting_bits, [&entry] { return entry.size(); });
            probes.number(name + ".enters_in", reservation_bits,
                          [&entry] { return static_cast<std::uint64_t>(entry.enters_in()); });
            probes.number(name + ".free_in", reservation_bits,
                          [&link] { return static_cast<std::uint64_t>(link.free_in()); });
            probes.flag(name + ".valid", [&link] { return link.first().has_value(); });
            probes.flag(name + ".last", [&link] { return link.first() && link.first()->last; });
            probes.number(name + ".to", ring_stop_bits, [&link] {
                return link.first() ? static_cast<std::uint64_t>(link.first()->to) : 0;
            });
            probes.number(name + ".tag", ring_tag_bits,
                          [&link] { return link.first() ? link.first()->tag : 0; });
        }
}

}  // namespace quatrain::ring
