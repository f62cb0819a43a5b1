// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/run/several_cores.hpp"

#include <gtest/gtest.h>

namespace quatrain::run {
namespace {

RunOptions with_scratchpad(std::int64_t cores, std::int64_t share) {
    RunOptions options = testing::options_of_cores(cores, training::BatchNormScope::per_core);
    options.architecture.scratchpad.bytes = cores * share;
    return options;
}

/// Bytes to and from one of the memories.
std::uint64_t traffic(const RunResult& result, Event read, Event write) {
    return (result.counts[read] + result.counts[write]) / 8;
}
std::uint64_t dram_bytes(const RunResult& result) {
    return traffic(result, Event::dram_read_bits, Event::dram_write_bits);
}
std::uint64_t scratchpad_bytes(const RunResult& result) {
    return traffic(result, Event::scratchpad_read_bits, Event::scratchpad_write_bits);
}

TEST(RunWithAScratchpad, MovesTrafficOffTheDramAndStaysBitExact) {
    for (const std::int64_t cores : {1, 2}) {
        const RunResult without = testing::run_silently(with_scratchpad(cores, 0));
        EXPECT_EQ(scratchpad_bytes(without), 0U);
        std::uint64_t before = dram_bytes(without);
        for (const std::int64_t share : {1 << 16, 1 << 20}) {
            const RunResult with = testing::run_silently(with_scratchpad(cores, share));
            EXPECT_GT(with.golden.elements, 2000U);
            EXPECT_EQ(with.golden.mismatches, 0U);
            EXPECT_EQ(with.golden.elements, without.golden.elements);
            EXPECT_EQ(dram_bytes(with) + scratchpad_bytes(with), dram_bytes(without));
            EXPECT_LE(dram_bytes(with), before);
            before = dram_bytes(with);
        }
        EXPECT_LT(before, dram_bytes(without) / 2) << cores << " cores";
    }
}

TEST(RunWithAScratchpad, FillsAsMuchOfEveryCoresShareAsTheCompilerSays) {
    const compiler::Program program = compile_step(with_scratchpad(2, 1 << 16));
    EXPECT_GT(program.scratchpad_bytes, 1 << 15);
    EXPECT_LE(program.scratchpad_bytes, 1 << 16);
    EXPECT_EQ(compile_step(with_scratchpad(2, 0)).scratchpad_bytes, 0);
}

}  // namespace
}  // namespace quatrain::run
