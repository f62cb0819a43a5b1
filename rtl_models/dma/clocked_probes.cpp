// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dma/clocked.hpp"

namespace quatrain::dma {
namespace {

constexpr std::size_t buffer_characters = 12;
constexpr int transfer_bits = burst_count_bits + 1;  ///< one more than the open bursts

}  // namespace

void ClockedDma::probe(Probes& probes, const std::string& block) const {
    probes.number(block + ".transfers", transfer_bits, [this] { return transfers_.size(); });
    probes.flag(block + ".issuing",
                [this] { return !transfers_.empty() && !transfers_.back().all_issued; });
    probes.text(block + ".buffer", buffer_characters, [this] {
        return transfers_.empty() ? std::string_view{} : isa::name(transfers_.front().buffer);
    });
    probes.number(block + ".open_bursts", burst_count_bits, [this] { return open_.size(); });
    probes.number(block + ".next_tag", burst_tag_bits, [this] { return next_tag_; });
    probes.flag(block + ".port.oldest_responded",
                [this] { return !open_.empty() && open_.front().responded; });
    probes.number(block + ".port.oldest_bytes_passed", burst_byte_bits,
                  [this] { return open_.empty() ? 0 : open_.front().passed; });
    probes.number(block + ".port.newest_bytes_passed", burst_byte_bits,
                  [this] { return open_.empty() ? 0 : open_.back().passed; });
}

}  // namespace quatrain::dma
