// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked_loop_stack.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/support/random_stream.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <vector>

namespace quatrain::sequencer {
namespace {

using test::below;
using test::Random;

/// A nest of loops with two drains in the innermost and one behind every loop. Field f of an
/// instruction moves by steps[l][f] in every iteration of loop l, outermost first.
struct Case {
    std::vector<std::int64_t> counts;
    std::vector<std::vector<std::int64_t>> steps;
};

Case random_case(std::uint64_t seed) {
    Random random(seed);
    Case one;
    const std::int64_t depth = 1 + below(random, 4);
    for (std::int64_t level = 0; level < depth; ++level) {
        one.counts.push_back(2 + below(random, 4));
        one.steps.push_back({below(random, 3) * below(random, 100), below(random, 2)});
    }
    return one;
}

isa::Instruction drain(std::int64_t kind, std::int64_t address, std::int64_t rows) {
    isa::Instruction instruction;
    instruction.operator_index = static_cast<std::uint32_t>(kind);
    instruction.body = isa::Drain{.accumulator_address = address, .rows = 1 + rows};
    return instruction;
}

/// The instructions in order: loops written out by recursion.
void unroll(const Case& one, std::size_t level, std::int64_t address, std::int64_t rows,
            std::vector<isa::Instruction>& flat) {
    if (level == one.counts.size()) {
        flat.push_back(drain(0, address, rows));
        flat.push_back(drain(1, 2 * address, rows));
        return;
    }
    for (std::int64_t i = 0; i < one.counts[level]; ++i)
        unroll(one, level + 1, address + i * one.steps[level][0], rows + i * one.steps[level][1],
               flat);
    flat.push_back(drain(2, address, rows));
}

std::optional<std::string> failure(const Case& one) {
    std::vector<isa::Instruction> flat;
    unroll(one, 0, 40, 0, flat);
    const isa::Queue queue = isa::roll(flat);
    if (queue.size() == flat.size()) return "no loop to test";
    LoopStack loops(queue);
    isa::Instruction instruction;
    for (std::size_t i = 0; i < flat.size(); ++i) {
        if (!loops.next(instruction)) return fmt::format("ends after {} instructions", i);
        if (isa::encode(instruction) != isa::encode(flat[i]))
            return fmt::format("instruction {} is {} instead of {}", i, isa::describe(instruction),
                               isa::describe(flat[i]));
    }
    if (loops.next(instruction) || loops.next(instruction)) return "does not end";
    return std::nullopt;
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t level = 0; level < one.counts.size(); ++level) {
        if (one.counts.size() > 1) {
            all.push_back(one);
            all.back().counts.erase(all.back().counts.begin() + static_cast<std::ptrdiff_t>(level));
            all.back().steps.erase(all.back().steps.begin() + static_cast<std::ptrdiff_t>(level));
        }
        if (one.counts[level] > 2) {
            all.push_back(one);
            --all.back().counts[level];
        }
        for (std::size_t field = 0; field < 2; ++field) {
            if (one.steps[level][field] == 0) continue;
            all.push_back(one);
            all.back().steps[level][field] /= 2;
        }
    }
    return all;
}

std::string describe(const Case& one) {
    std::string text;
    for (std::size_t level = 0; level < one.counts.size(); ++level)
        text += fmt::format(" {} times {} and {}", one.counts[level], one.steps[level][0],
                            one.steps[level][1]);
    return text;
}

TEST(ClockedLoopStack, FetchesTheInstructionsThatTheLoopsStandFor) {
    test::check_random_cases(500, random_case, failure, smaller, describe);
}

TEST(ClockedLoopStack, HasNothingToFetchFromAnEmptyQueue) {
    isa::Instruction instruction;
    EXPECT_FALSE(LoopStack().next(instruction));
    const isa::Queue none;
    LoopStack loops(none);
    EXPECT_FALSE(loops.next(instruction));
    EXPECT_FALSE(loops.next(instruction));
}

}  // namespace
}  // namespace quatrain::sequencer
