// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/program.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quatrain::sequencer {

/// Width of a loop counter and of a position in a loop's body or a queue [bits]: an operator has
/// fewer than 2^32 instructions per engine.
inline constexpr int loop_counter_bits = 32;
/// Loops around an instruction at most. A loop has two iterations at least, so more of them would
/// execute more than 2^32 instructions.
inline constexpr std::int64_t loop_depth = loop_counter_bits;

/// The loop stack of one engine's front end: goes through a queue instruction by instruction, with
/// a position and a counter for every loop that it is in, and adds the strides to the fields. A
/// field is a word of 64 bits, as in the instruction memory (isa::encoded_bytes()).
class LoopStack {
public:
    /// Nothing to fetch.
    LoopStack() = default;
    /// `queue` must outlive this.
    explicit LoopStack(const isa::Queue& queue) : levels_{Level{.body = &queue}} {}

    /// Writes the next instruction and returns true, or returns false at the end of the queue.
    /// Throws std::overflow_error when a counter, the depth or a field does not fit.
    bool next(isa::Instruction& instruction);

private:
    struct Level {
        const isa::Queue* body = nullptr;
        std::size_t position = 0;  ///< of the next element
        std::int64_t counter = 0;  ///< iterations behind
        std::int64_t count = 1;    ///< iterations
    };
    void enter(const isa::Loop& loop);
    void apply_strides(const isa::QueueElement& element, isa::Instruction& instruction) const;

    std::vector<Level> levels_;  ///< the queue itself, then the loops, outermost first
};

}  // namespace quatrain::sequencer
