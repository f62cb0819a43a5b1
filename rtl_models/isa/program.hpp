// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace quatrain::isa {

struct Loop;

/// One element of an engine's queue: an instruction, or a loop over further elements.
///
/// Inside loops an instruction's fields are affine in the loop counters: field f has the value
/// words[f] + sum over enclosing loops l of counter_l * stride_l[f]. `strides` holds one entry per
/// enclosing loop, innermost first; an entry is empty when no field changes with that loop.
struct QueueElement {
    Instruction instruction;                        ///< when `loop` is empty
    std::vector<std::vector<FieldStride>> strides;  ///< of `instruction`, innermost loop first
    std::vector<Loop> loop;                         ///< empty, or exactly one loop
};

struct Loop {
    std::uint64_t count = 0;  ///< iterations, at least 2
    std::vector<QueueElement> body;
};

using Queue = std::vector<QueueElement>;

/// One queue per engine, in Engine order. Between operators queues are simply concatenated.
using Queues = std::array<Queue, engine_count>;

/// Visits the instructions of a queue in execution order, one at a time, without expanding the
/// queue in memory. This is what the sequencer does in hardware: a stack of loop counters.
class QueueCursor {
public:
    explicit QueueCursor(const Queue& queue);
    /// Writes the next instruction and returns true, or returns false at the end of the queue.
    bool next(Instruction& instruction);

private:
    struct Level {
        const std::vector<QueueElement>* body;
        std::size_t position;
        std::uint64_t counter;
        std::uint64_t count;
    };
    std::vector<Level> levels_;
};

/// Folds repetitions of a flat queue into loops (nested where the repetitions nest). Executing the
/// result visits exactly the instructions of `flat`, in order: QueueCursor(roll(flat)) is the
/// identity.
Queue roll(const std::vector<Instruction>& flat);

/// Instructions that executing the queue issues.
std::uint64_t executed_instructions(const Queue& queue);

/// Size of the queue as stored [bytes]: instruction words of 8 bytes, a loop header of 16, a stride
/// of 12.
std::uint64_t encoded_bytes(const Queue& queue);

}  // namespace quatrain::isa
