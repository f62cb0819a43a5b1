// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked_loop_stack.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <stdexcept>

namespace quatrain::sequencer {
namespace {

/// word + counter * stride, in 64 bits.
std::int64_t strided(std::int64_t word, std::int64_t counter, std::int64_t stride) {
    std::int64_t distance = 0, sum = 0;
    if (__builtin_mul_overflow(counter, stride, &distance) ||
        __builtin_add_overflow(word, distance, &sum))
        throw std::overflow_error(
            fmt::format("register sequencer instruction word = {} + {} * {}: holds 64 bits", word,
                        counter, stride));
    return sum;
}

/// An unsigned number as the checks of registers take it.
std::int64_t saturated(std::uint64_t value) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(value, largest));
}

}  // namespace

bool LoopStack::next(isa::Instruction& instruction) {
    while (!levels_.empty()) {
        Level& level = levels_.back();
        if (level.position == level.body->size()) {
            level.position = 0;
            if (++level.counter == level.count) levels_.pop_back();
            continue;
        }
        const isa::QueueElement& element = (*level.body)[level.position++];
        if (!element.loop.empty()) {
            enter(element.loop.front());
            continue;
        }
        instruction = element.instruction;
        apply_strides(element, instruction);
        return true;
    }
    return false;
}

void LoopStack::enter(const isa::Loop& loop) {
    in_range("sequencer loop stack", static_cast<std::int64_t>(levels_.size()), 0, loop_depth);
    in_unsigned("sequencer position", saturated(loop.body.size()), loop_counter_bits);
    const std::int64_t count =
        in_unsigned("sequencer loop counter", saturated(loop.count), loop_counter_bits);
    levels_.push_back({.body = &loop.body, .count = count});
}

void LoopStack::apply_strides(const isa::QueueElement& element,
                              isa::Instruction& instruction) const {
    std::vector<std::int64_t> words;
    for (std::size_t depth = 0; depth < element.strides.size(); ++depth) {
        const std::int64_t counter = levels_[levels_.size() - 1 - depth].counter;
        if (counter == 0 || element.strides[depth].empty()) continue;
        if (words.empty()) words = isa::encode(instruction);
        for (const isa::FieldStride& change : element.strides[depth])
            words[change.field] = strided(words[change.field], counter, change.stride);
    }
    if (!words.empty()) instruction = isa::decode(words);
}

}  // namespace quatrain::sequencer
