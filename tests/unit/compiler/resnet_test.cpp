// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/setting.hpp"

#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <chrono>

namespace quatrain::compiler {
namespace {

TEST(resnet_50_at_batch_16, compiles_to_a_program_far_smaller_than_its_tensors) {
    const auto start = std::chrono::steady_clock::now();
    const auto graph =
        training::build(network::built_in("resnet50"), testing::four_bit_recipe(), 16);
    const auto program = compile(graph, Target{});
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::uint64_t instructions = 0;
    for (const auto& code : program.code)
        for (const auto& queue : code.queues) instructions += isa::executed_instructions(queue);
    fmt::print("ResNet-50, batch 16: {} operators, {} instructions, {} bytes, {:.1f} s\n",
               program.code.size(), instructions, program.encoded_bytes, elapsed.count());
    EXPECT_LT(program.encoded_bytes, 8U << 20U);
    EXPECT_GT(instructions * 8, program.encoded_bytes);
}

}  // namespace
}  // namespace quatrain::compiler
