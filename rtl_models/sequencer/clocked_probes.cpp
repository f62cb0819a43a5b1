// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/sequencer/clocked.hpp"

namespace quatrain::sequencer {
namespace {

constexpr int operator_bits = 32;
constexpr int executing_bits = 17;
static_assert(ClockedSequencer::most_in_flight >> executing_bits == 0);
constexpr std::size_t semaphore_characters = 16;

}  // namespace

void ClockedSequencer::probe(Probes& probes, const std::string& block) const {
    for (std::size_t i = 0; i < isa::semaphore_count; ++i) {
        const auto semaphore = static_cast<isa::Semaphore>(i);
        if (semaphore == isa::Semaphore::none) continue;
        probes.number(block + ".semaphore." + std::string(isa::name(semaphore)), semaphore_bits,
                      [this, i] { return static_cast<std::uint64_t>(semaphores_[i]); });
    }
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        const Lane& lane = lanes_[e];
        const std::string engine =
            block + "." + std::string(isa::name(static_cast<isa::Engine>(e)));
        probes.flag(engine + ".valid", [&lane] { return lane.valid; });
        probes.number(engine + ".operator", operator_bits, [&lane] { return lane.queue; });
        probes.number(engine + ".instruction", command_id_bits, [&lane] { return lane.next_id; });
        probes.number(engine + ".executing", executing_bits,
                      [&lane] { return lane.executing.size(); });
        probes.text(engine + ".waits_for", semaphore_characters, [this, e] {
            const isa::Semaphore missing = decide().missing[e];
            return missing == isa::Semaphore::none ? std::string_view{} : isa::name(missing);
        });
    }
}

}  // namespace quatrain::sequencer
