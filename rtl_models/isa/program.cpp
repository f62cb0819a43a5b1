// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/program.hpp"

namespace quatrain::isa {
namespace {

constexpr std::uint64_t word_bytes = 8;
constexpr std::uint64_t loop_header_bytes = 16;
constexpr std::uint64_t stride_bytes = 12;

std::uint64_t encoded_bytes(const QueueElement& element) {
    if (!element.loop.empty()) return loop_header_bytes + encoded_bytes(element.loop.front().body);
    std::uint64_t bytes = word_bytes * encode(element.instruction).size();
    for (const auto& strides : element.strides) bytes += stride_bytes * strides.size();
    return bytes;
}

}  // namespace

QueueCursor::QueueCursor(const Queue& queue) {
    levels_.push_back({&queue, 0, 0, 1});
}

bool QueueCursor::next(Instruction& instruction) {
    while (true) {
        Level& level = levels_.back();
        if (level.position == level.body->size()) {
            level.position = 0;
            if (++level.counter < level.count) continue;
            level.position = level.body->size();  // a further call at the end finds the end again
            if (levels_.size() == 1) return false;
            levels_.pop_back();
            continue;
        }
        const QueueElement& element = (*level.body)[level.position++];
        if (!element.loop.empty()) {
            const Loop& loop = element.loop.front();
            levels_.push_back({&loop.body, 0, 0, loop.count});
            continue;
        }
        instruction = element.instruction;
        std::vector<std::int64_t> words;
        for (std::size_t depth = 0; depth < element.strides.size(); ++depth) {
            const auto counter =
                static_cast<std::int64_t>(levels_[levels_.size() - 1 - depth].counter);
            if (counter == 0 || element.strides[depth].empty()) continue;
            if (words.empty()) words = encode(instruction);
            for (const FieldStride& change : element.strides[depth]) {
                words[change.field] += counter * change.stride;
            }
        }
        if (!words.empty()) instruction = decode(words);
        return true;
    }
}

std::uint64_t executed_instructions(const Queue& queue) {
    std::uint64_t count = 0;
    for (const QueueElement& element : queue) {
        count += element.loop.empty() ? 1
                                      : element.loop.front().count *
                                            executed_instructions(element.loop.front().body);
    }
    return count;
}

std::uint64_t encoded_bytes(const Queue& queue) {
    std::uint64_t bytes = 0;
    for (const QueueElement& element : queue) bytes += encoded_bytes(element);
    return bytes;
}

}  // namespace quatrain::isa
