// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/clocked.hpp"

namespace quatrain::buffer {
namespace {

constexpr int writes_bits = 16;  ///< of all writers at one edge
constexpr int value_bits = 32;

}  // namespace

/// sample() is called in the time step of the edge.
std::size_t ClockedMemory::writes_now() const {
    return last_write_ == sc_core::sc_time_stamp() ? last_writes_.size() : 0;
}

void ClockedMemory::probe(Probes& probes, const std::string& block) const {
    const auto first = [&](const char* field, int bits, auto value) {
        probes.number(block + field, bits, [this, value] {
            return writes_now() == 0 ? 0 : static_cast<std::uint64_t>(value(last_writes_.front()));
        });
    };
    probes.number(block + ".writes", writes_bits, [this] { return writes_now(); });
    first(".bit_address", buffer_bit_address_bits,
          [](const Write& one) { return one.bit_address; });
    first(".value", value_bits, [](const Write& one) { return one.value; });
}

void ClockedBuffer::probe(Probes& probes, const std::string& block) const {
    memory_.probe(probes, block);
    for (std::int64_t half = 0; half < 2; ++half) {
        for (std::int64_t bank = 0; bank < params_.banks; ++bank) {
            const auto place = static_cast<std::size_t>(half * params_.banks + bank);
            probes.flag(block + ".half_" + std::to_string(half) + ".bank_" + std::to_string(bank) +
                            ".taken",
                        [this, place] { return taken_by_port_[place].edge == cycle_start_; });
        }
    }
}

}  // namespace quatrain::buffer
