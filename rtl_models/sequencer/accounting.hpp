// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <optional>

namespace quatrain::sequencer {

/// The counter of an engine's busy cycles: those in which an instruction executes. Instructions
/// that overlap share their cycles; each is charged those in which it is the oldest.
Event busy_event(isa::Engine engine);

/// The counter of a cycle in which the engine could issue, but waits for `semaphore`; nullopt for
/// the DMA engines, whose waits are nobody's loss. `first_of_operator`: the waiting instruction is
/// its operator's first, which comes when the operators before it are done, whatever carries it: a
/// dependency.
std::optional<Event> stall_event(isa::Engine engine, isa::Semaphore semaphore,
                                 bool first_of_operator);

}  // namespace quatrain::sequencer
