// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/accounting.hpp"

namespace quatrain::sequencer {
namespace {

using isa::Semaphore;

enum class StallKind : std::uint8_t { dram, buffer, dependency };

StallKind stall_kind(Semaphore semaphore) {
    switch (semaphore) {
        case Semaphore::moving_full:
        case Semaphore::stationary_full:
        case Semaphore::tile_full:
        case Semaphore::parameters_full:
        case Semaphore::scalars_loaded:
            return StallKind::dram;
        case Semaphore::moving_free:
        case Semaphore::stationary_free:
        case Semaphore::accumulator_free:
        case Semaphore::drain_free:
        case Semaphore::tile_free:
        case Semaphore::parameters_free:
        case Semaphore::outgoing_free:
            return StallKind::buffer;
        default:
            return StallKind::dependency;
    }
}

}  // namespace

Event busy_event(isa::Engine engine) {
    switch (engine) {
        case isa::Engine::load:
            return Event::load_busy_cycles;
        case isa::Engine::store:
            return Event::store_busy_cycles;
        case isa::Engine::array:
            return Event::array_busy_cycles;
        default:
            return Event::vector_busy_cycles;
    }
}

std::optional<Event> stall_event(isa::Engine engine, Semaphore semaphore, bool first_of_operator) {
    const StallKind kind = first_of_operator ? StallKind::dependency : stall_kind(semaphore);
    const auto offset = static_cast<int>(kind);
    if (engine == isa::Engine::array)
        return static_cast<Event>(static_cast<int>(Event::array_stall_dram_cycles) + offset);
    if (engine == isa::Engine::vector)
        return static_cast<Event>(static_cast<int>(Event::vector_stall_dram_cycles) + offset);
    return std::nullopt;
}

}  // namespace quatrain::sequencer
