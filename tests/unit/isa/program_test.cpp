// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/program.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <chrono>
#include <random>

namespace quatrain::isa {
namespace {

using Random = std::mt19937_64;

Instruction transfer(std::int64_t buffer_address, std::int64_t dram_address) {
    Instruction instruction;
    instruction.body = DmaTransfer{.buffer_address = buffer_address, .dram_address = dram_address};
    return instruction;
}

std::int64_t below(Random& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

/// A loop nest as a compiler would write it: leaves with random strides,
/// remainders at random levels.
void append_nest(std::vector<Instruction>& flat, Random& random, int depth, std::int64_t base) {
    const std::int64_t leaves = 1 + below(random, 3);
    std::vector<std::int64_t> stride, kind;
    for (std::int64_t i = 0; i < leaves; ++i) {
        stride.push_back(below(random, 100));
        kind.push_back(below(random, 2));
    }
    const std::int64_t count = 1 + below(random, 6);
    const std::uint64_t inner_seed = random();
    const bool remainder = below(random, 3) == 0;
    for (std::int64_t iteration = 0; iteration < count; ++iteration) {
        for (std::size_t i = 0; i < stride.size(); ++i) {
            Instruction instruction = transfer(base + iteration * stride[i], 7 * iteration + base);
            if (kind[i] == 0) instruction.body = Drain{.destination = base + iteration * stride[i]};
            if (remainder && iteration == count - 1) instruction.operator_index = 9;
            flat.push_back(instruction);
        }
        if (depth > 0) {
            Random inner(inner_seed);
            append_nest(flat, inner, depth - 1, base * 2 + 1000 * iteration);
        }
    }
}

void expect_same_execution(const std::vector<Instruction>& flat, const Queue& queue) {
    QueueCursor cursor(queue);
    Instruction instruction;
    for (std::size_t i = 0; i < flat.size(); ++i) {
        ASSERT_TRUE(cursor.next(instruction)) << "queue ends at instruction " << i;
        ASSERT_EQ(encode(instruction), encode(flat[i])) << "instruction " << i;
    }
    EXPECT_FALSE(cursor.next(instruction));
    EXPECT_FALSE(cursor.next(instruction));
    EXPECT_EQ(executed_instructions(queue), flat.size());
}

/// for a < 40: 2 transfers; for b < 30: 1 transfer; for c < 20: pass; drain.
std::vector<Instruction> three_level_nest() {
    std::vector<Instruction> flat;
    for (int a = 0; a < 40; ++a) {
        flat.push_back(transfer(a * 64, a * 4096));
        flat.push_back(transfer(1024 + a * 32, 1'000'000 + a * 128));
        for (int b = 0; b < 30; ++b) {
            flat.push_back(transfer(b * 16, a * 512 + b * 64));
            for (int c = 0; c < 20; ++c) {
                Instruction pass;
                pass.body = WeightStationaryPass{.moving = {},
                                                 .k_offset = c * 128,
                                                 .stationary_address = b * 7 + c,
                                                 .accumulate = c > 0};
                flat.push_back(pass);
            }
            Instruction drain;
            drain.body = Drain{.destination = a * 30 + b};
            flat.push_back(drain);
        }
    }
    return flat;
}

TEST(Roll, ExecutesExactlyTheFlatQueueForRandomNestsWithRemainders) {
    Random random(1);
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<Instruction> flat;
        const std::int64_t parts = 1 + below(random, 3);
        for (std::int64_t part = 0; part < parts; ++part) {
            append_nest(flat, random, static_cast<int>(below(random, 4)), below(random, 50));
        }
        expect_same_execution(flat, roll(flat));
        if (HasFatalFailure()) return;
    }
}

TEST(Roll, ExecutesExactlyTheFlatQueueWhenNothingRepeats) {
    Random random(2);
    std::vector<Instruction> flat;
    for (int i = 0; i < 2000; ++i)
        flat.push_back(transfer(below(random, 4), below(random, 1 << 30)));
    expect_same_execution(flat, roll(flat));
    EXPECT_TRUE(roll({}).empty());
}

TEST(Roll, FoldsAThreeLevelNestIntoThreeNestedLoops) {
    const std::vector<Instruction> flat = three_level_nest();
    const Queue queue = roll(flat);
    expect_same_execution(flat, queue);
    Queue unrolled;
    for (const Instruction& instruction : flat) unrolled.push_back({instruction, {}, {}});
    EXPECT_LT(encoded_bytes(queue) * 1000, encoded_bytes(unrolled));
    ASSERT_EQ(queue.size(), 1u);
    ASSERT_EQ(queue[0].loop.size(), 1u);
    EXPECT_EQ(queue[0].loop[0].count, 40u);
}

TEST(Roll, FoldsAPeriodOf256) {
    std::vector<Instruction> flat;
    Random random(3);
    std::vector<std::int64_t> base;
    for (int i = 0; i < 256; ++i) base.push_back(below(random, 1 << 20));
    for (int iteration = 0; iteration < 10; ++iteration) {
        for (const std::int64_t address : base)
            flat.push_back(transfer(address, address + 4096 * iteration));
    }
    const Queue queue = roll(flat);
    expect_same_execution(flat, queue);
    ASSERT_EQ(queue.size(), 1u);
    EXPECT_EQ(queue[0].loop[0].count, 10u);
}

TEST(Roll, CountsTheBytesOfWordsLoopsAndStrides) {
    std::vector<Instruction> flat;
    for (int i = 0; i < 5; ++i) flat.push_back(transfer(i * 8, 0));
    const std::uint64_t words = encode(flat[0]).size();
    EXPECT_EQ(encoded_bytes(roll(flat)), 8 * words + 16 + 12);
}

TEST(Roll, Handles200000InstructionsInSeconds) {
    Random random(4);
    std::vector<Instruction> flat;
    while (flat.size() < 200'000) {
        const std::vector<Instruction> nest = three_level_nest();
        flat.insert(flat.end(), nest.begin(), nest.end());
        for (int i = 0; i < 20'000; ++i)
            flat.push_back(transfer(below(random, 4), below(random, 1 << 30)));
    }
    const auto start = std::chrono::steady_clock::now();
    const Queue queue = roll(flat);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    EXPECT_GE(executed_instructions(queue), 200'000u);
    EXPECT_LT(wall.count(), 30.0);
}

}  // namespace
}  // namespace quatrain::isa
