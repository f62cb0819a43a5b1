// SPDX-License-Identifier: Apache-2.0
#include "sim/run/step_image.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "sim/run/tensors.hpp"

#include <gtest/gtest.h>

namespace quatrain::run {
namespace {

/// A program with one tensor of four bytes at address 64.
compiler::Program one_tensor() {
    compiler::Program program;
    training::Tensor tensor;
    tensor.name = "images";
    tensor.format = numerics::Format::uint8;
    tensor.shape = {1, 1, 1, 4};
    program.graph.tensors = {tensor};
    program.graph.by_name = {{"images", 0}};
    program.placements = {{.dram_address = 64, .bytes = 4}};
    return program;
}

golden::Tensor bytes(std::vector<std::uint32_t> codes) {
    return {.format = "uint8", .shape = {1, 1, 1, 4}, .codes = std::move(codes)};
}

TEST(StepImage, EveryCoreHasItsTensorsInItsShare) {
    const compiler::Program program = one_tensor();
    constexpr std::int64_t share = 1 << 16;
    dram::DramImage dram(2 * share);
    load_image(dram, program, {{"images", bytes({1, 2, 3, 4})}});
    load_image(dram, program, {{"images", bytes({5, 6, 7, 8})}}, share);
    std::vector<std::byte> lain(4);
    dram.read(share + 64, lain);
    EXPECT_EQ(lain[0], std::byte{5});
    const scratchpad::ScratchpadImage none(0);
    EXPECT_EQ(read_tensor({dram, none}, program, 0).codes,
              (std::vector<std::uint32_t>{1, 2, 3, 4}));
    EXPECT_EQ(read_tensor({dram, none, share}, program, 0).codes,
              (std::vector<std::uint32_t>{5, 6, 7, 8}));
}

TEST(StepImage, ATensorThatIsPlacedInTheScratchpadIsReadFromTheCoresShareOfIt) {
    compiler::Program program = one_tensor();
    program.placements[0].dram_address = isa::scratchpad_base + 64;
    const dram::DramImage dram(1 << 16);
    constexpr std::int64_t share = 1 << 12;
    scratchpad::ScratchpadImage scratchpad(2 * share);
    scratchpad.write(share + 64,
                     std::vector{std::byte{9}, std::byte{8}, std::byte{7}, std::byte{6}});
    EXPECT_EQ(read_tensor({dram, scratchpad, 0, share}, program, 0).codes,
              (std::vector<std::uint32_t>{9, 8, 7, 6}));
    EXPECT_EQ(read_tensor({dram, scratchpad}, program, 0).codes,
              (std::vector<std::uint32_t>{0, 0, 0, 0}));
}

TEST(StepImage, AnOperatorRunsTheCodeOfAllCoresOrThatOfEach) {
    compiler::Program program;
    compiler::OperatorCode alike, of_each;
    alike.name = "conv";
    alike.kind = "convolution";
    of_each.of_core.resize(3);
    program.code = {alike, of_each};
    const auto queues = operator_queues(program);
    ASSERT_EQ(queues.size(), 2U);
    EXPECT_EQ(queues[0].name, "conv convolution");
    for (std::int64_t core = 0; core < 3; ++core) {
        EXPECT_EQ(&queues[0].on(core), &program.code[0].queues);
        EXPECT_EQ(&queues[1].on(core), &program.code[1].of_core[static_cast<std::size_t>(core)]);
    }
}

}  // namespace
}  // namespace quatrain::run
