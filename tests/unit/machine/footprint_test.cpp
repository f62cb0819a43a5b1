// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/footprint.hpp"

#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "sim/machine/buffer_hazards.hpp"
#include "sim/machine/operand_roles.hpp"
#include "tests/unit/machine/programs.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

/// Bytes of the moving buffer that a pass over this stream may read.
Region moving(const isa::Stream& stream, std::int64_t k_offset, std::int64_t k_count,
              std::int64_t vectors) {
    isa::Instruction instruction;
    instruction.body = isa::WeightStationaryPass{.moving_format = numerics::Format::fp16,
                                                 .moving = stream,
                                                 .k_offset = k_offset,
                                                 .k_count = k_count,
                                                 .vectors = vectors,
                                                 .columns = 1};
    return footprint(small_machine(), isa::Engine::array, instruction).front().region;
}

/// The same by walking over every element, as isa::Stream defines it.
Region walked(const isa::Stream& s, std::int64_t k_offset, std::int64_t k_count,
              std::int64_t vectors) {
    std::int64_t first = INT64_MAX, last = -1;
    for (std::int64_t t = 0; t < vectors; ++t) {
        const std::int64_t q = s.first_pixel + t;
        const std::int64_t gx = q % s.grid_width, gy = q / s.grid_width % s.grid_height,
                           n = q / s.grid_width / s.grid_height;
        for (std::int64_t k = k_offset; k < k_offset + k_count; ++k) {
            const std::int64_t ky = k / (s.kernel_width * s.channels),
                               kx = k / s.channels % s.kernel_width;
            const std::int64_t y = gy * s.row_step + s.row_offset + ky * s.row_kernel_step;
            const std::int64_t x = gx * s.column_step + s.column_offset + kx * s.column_kernel_step;
            if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
            first = std::min(first, n * s.height + y - s.first_row);
            last = std::max(last, n * s.height + y - s.first_row);
        }
    }
    const std::int64_t row_bytes = s.width * s.channels * 2;
    if (last < 0) return {};
    return {s.address + first * row_bytes, {(last + 1 - first) * row_bytes, 1, 1, 1}, {0, 0, 0}};
}

TEST(Footprint, OfAMovingStreamIsTheTensorRowsThatItReads) {
    isa::Stream conv;
    conv.address = 64;
    conv.height = 8, conv.width = 6, conv.channels = 3;
    conv.grid_height = 8, conv.grid_width = 6;
    conv.kernel_height = conv.kernel_width = 3;
    conv.row_offset = conv.column_offset = -1;
    isa::Stream backward = conv;  // a phase of a strided dX: kernel rows run backward
    backward.row_offset = backward.column_offset = 1;
    backward.row_kernel_step = backward.column_kernel_step = -1;
    for (const isa::Stream& base : {conv, backward}) {
        for (std::int64_t pixel = 0; pixel < 96; pixel += 5) {
            for (const std::int64_t vectors : {1, 6, 13, 30}) {
                for (const std::int64_t k : {0, 9, 18}) {
                    isa::Stream stream = base;
                    stream.first_pixel = pixel;
                    const Region expected = walked(stream, k, 9, vectors);
                    const Region actual = moving(stream, k, 9, vectors);
                    if (expected.bytes() == 0) continue;
                    ASSERT_LE(actual.begin(), expected.begin());
                    ASSERT_GE(actual.end(), expected.end());
                    // no more than one row too many at either end, where a whole image border is
                    // padding
                    ASSERT_LE(actual.bytes(), expected.bytes() + 2 * 36);
                }
            }
        }
    }
}

TEST(Footprint, OfATransferIsInTheMemoryThatItsAddressSays) {
    isa::Instruction load;
    load.body = isa::DmaTransfer{.buffer = isa::BufferId::vector,
                                 .dram_address = isa::scratchpad_base + 64,
                                 .extent = {32, 1, 1, 1}};
    const Footprint touched = footprint(small_machine(), isa::Engine::load, load);
    ASSERT_EQ(touched.size(), 2u);
    EXPECT_EQ(describe(touched[0]), "writes vector [0, 32)");
    EXPECT_EQ(describe(touched[1]), "reads scratchpad [64, 96)");
}

TEST(Footprint, InTheScratchpadStaysInTheCoresShareOfIt) {
    MachineParams params = small_machine();
    params.cores = 2;
    params.scratchpad.bytes = 2 << 16;
    const auto bytes_at = [](std::int64_t address, std::int64_t bytes) {
        return Footprint{
            {.memory = Memory::scratchpad, .region = {address, {bytes, 1, 1, 1}, {0, 0, 0}}}};
    };
    EXPECT_NO_THROW(check_bounds(params, bytes_at((1 << 16) - 64, 64)));
    EXPECT_THROW(check_bounds(params, bytes_at((1 << 16) - 64, 65)), scratchpad::ScratchpadError);
    params.scratchpad.bytes = 0;
    EXPECT_THROW(check_bounds(params, bytes_at(0, 1)), scratchpad::ScratchpadError);
}

TEST(Footprint, OfAccumulatingOperationsReadsWhatItContinues) {
    isa::VectorInstruction sum{
        .operation = isa::VectorOperation::column_sum, .rows = 8, .columns = 16};
    sum.in[0] = {0, numerics::Format::fp16};
    sum.out[0] = {1024, numerics::Format::fp32};
    isa::Instruction instruction;
    instruction.body = sum;
    const Footprint fresh = footprint(small_machine(), isa::Engine::vector, instruction);
    ASSERT_EQ(fresh.size(), 2u);
    EXPECT_EQ(fresh[0].region.bytes(), 256);
    EXPECT_EQ(fresh[1].region.bytes(), 64);
    EXPECT_TRUE(fresh[1].write);
    sum.accumulate = true;
    instruction.body = sum;
    EXPECT_EQ(footprint(small_machine(), isa::Engine::vector, instruction).size(), 3u);
}

isa::Instruction put_to(std::int64_t address, std::int64_t bytes = 64) {
    isa::Instruction instruction;
    instruction.body = isa::DmaTransfer{
        .buffer = isa::BufferId::vector, .dram_address = address, .extent = {bytes, 1, 1, 1}};
    return instruction;
}

TEST(Footprint, OfAPutWritesTheNextCoresBuffer) {
    MachineParams params = small_machine();
    params.cores = 2;
    const isa::Instruction put = put_to(isa::in_next_core(isa::BufferId::scalar, 128));
    Footprint own = footprint(params, isa::Engine::store, put);
    const Footprint in_next = split_off_next_core(own);
    ASSERT_EQ(own.size(), 1u);
    EXPECT_EQ(own[0].memory, Memory::vector);
    EXPECT_FALSE(own[0].write);
    ASSERT_EQ(in_next.size(), 1u);
    EXPECT_EQ(in_next[0].memory, Memory::scalar);
    EXPECT_TRUE(in_next[0].write);
    EXPECT_EQ(in_next[0].region.begin(), 128);
    EXPECT_EQ(in_next[0].region.end(), 192);
}

TEST(Footprint, NothingIsAtAddressesOfTheNextCoreButItsMail) {
    MachineParams params = small_machine();
    params.cores = 2;
    const isa::Instruction put = put_to(isa::in_next_core(isa::BufferId::vector, 0));
    EXPECT_NO_THROW(footprint(params, isa::Engine::store, put));
    EXPECT_THROW(footprint(params, isa::Engine::load, put), dram::DramError);
    EXPECT_THROW(footprint(small_machine(), isa::Engine::store, put), dram::DramError);
    constexpr std::int64_t window = std::int64_t{1} << isa::buffer_window_bits;
    for (const std::int64_t index : {0, 1, 2, 5, 256, 259})
        EXPECT_THROW(
            footprint(params, isa::Engine::store, put_to(isa::next_core_base + index * window)),
            dram::DramError)
            << index;
    const isa::Instruction beyond =
        put_to(isa::in_next_core(isa::BufferId::vector, params.buffers.vector_bytes - 63));
    EXPECT_THROW(check_bounds(params, footprint(params, isa::Engine::store, beyond)),
                 buffer::BufferError);
}

// The store engines of two cores are two: one reads its mail while the other writes into it.
TEST(BufferHazards, AreBetweenTheSameEnginesOfTwoCoresToo) {
    MachineParams params = small_machine();
    params.cores = 2;
    const std::string name = "layer";
    const isa::Instruction put = put_to(isa::in_next_core(isa::BufferId::vector, 0));
    Footprint own = footprint(params, isa::Engine::store, put);
    const Footprint in_next = split_off_next_core(own);
    const isa::Instruction store = put_to(0);
    const Footprint reads = footprint(params, isa::Engine::store, store);
    BufferHazards hazards;
    const BufferHazards::Party sender{.core = 0, .engine = isa::Engine::store};
    const auto id = hazards.begin(sender, name, put, in_next);
    EXPECT_NO_THROW(hazards.end(hazards.begin(sender, name, store, reads)));
    EXPECT_THROW(hazards.begin({.core = 1, .engine = isa::Engine::store}, name, store, reads),
                 HazardError);
    hazards.end(id);
    EXPECT_NO_THROW(hazards.begin({.core = 1, .engine = isa::Engine::store}, name, store, reads));
}

TEST(OperandRoles, OfPoolingCountTheBandsOfAllImages) {
    isa::VectorInstruction pool{
        .operation = isa::VectorOperation::max_pool, .rows = 2 * 2 * 4, .columns = 5};
    pool.window.input_rows = 5, pool.window.input_width = 8;
    pool.window.output_rows = 2, pool.window.output_width = 4;
    EXPECT_EQ(operand_elements(pool, 'x'), 2 * 5 * 8 * 5);
    EXPECT_EQ(operand_elements(pool, 't'), 16 * 5);
    pool.operation = isa::VectorOperation::max_pool_backward;
    pool.window.result_rows = 3;
    pool.rows = 2 * 3 * 8;
    EXPECT_EQ(operand_elements(pool, 'y'), 2 * 2 * 4 * 5);
}

}  // namespace
}  // namespace quatrain::machine
