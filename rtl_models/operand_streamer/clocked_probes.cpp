// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/clocked.hpp"

namespace quatrain::operand_streamer {
namespace {

constexpr int held_bits = 2;

}  // namespace

void ClockedStreamer::probe(Probes& probes, const std::string& block) const {
    probes.number(block + ".passes", held_bits, [this] { return slots_.size(); });
    for (std::size_t i = 0; i < pass_registers; ++i) {
        const std::string held = block + ".pass_" + std::to_string(i);
        const auto number = [&](const char* field, std::int64_t Slot::*member) {
            probes.number(held + field, count_bits, [this, i, member] {
                return i < slots_.size() ? static_cast<std::uint64_t>(slots_[i].*member) : 0;
            });
        };
        probes.flag(held + ".weight_stationary",
                    [this, i] { return i < slots_.size() && slots_[i].weight_stationary; });
        number(".preload_left", &Slot::preload_left);
        number(".beats_left", &Slot::beats_left);
        number(".vectors_left", &Slot::vectors_left);
        number(".rows_left", &Slot::rows_left);
    }
    const auto words = [&](const char* side, const StepRegisters& step) {
        probes.number(block + side, WordRequest::pending_bits,
                      [&step] { return static_cast<std::uint64_t>(step.words_left()); });
    };
    words(".moving_step.words_left", moving_step_);
    words(".stationary_step.words_left", stationary_step_);
}

}  // namespace quatrain::operand_streamer
