// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/address_map.hpp"
#include "sim/run/timeline.hpp"
#include "tests/unit/run/several_cores.hpp"

#include <gtest/gtest.h>

namespace quatrain::run {
namespace {

isa::Instruction store_to(std::int64_t address) {
    isa::DmaTransfer transfer;
    transfer.dram_address = address;
    transfer.extent = {64, 2, 1, 1};
    isa::Instruction instruction;
    instruction.body = transfer;
    instruction.signals[0] = {isa::Semaphore::tile_free, 1};
    return instruction;
}

TEST(TimelineOfCores, TellsWhoseInstructionItIsAndWhereAStoreGoes) {
    const RunOptions options = testing::options_of_cores(2, training::BatchNormScope::per_core);
    compiler::Program program;
    program.code.resize(1);
    TimelineRecorder recorder(options.architecture, program);
    const isa::Instruction to_dram = store_to(0);
    const isa::Instruction put = store_to(isa::in_next_core(isa::BufferId::vector, 0));
    recorder.add({isa::Engine::store, 0, &put, 20, 40, 1});
    recorder.add({isa::Engine::store, 0, &to_dram, 10, 40, 0});
    const Timeline timeline = recorder.take();
    EXPECT_EQ(timeline.cores, 2);
    EXPECT_EQ(timeline.engines.size(), isa::engine_count);
    ASSERT_EQ(timeline.slices.size(), 2U);
    EXPECT_EQ(timeline.slices[0].core, 0) << "of one end, in the order of the cores";
    EXPECT_EQ(timeline.slices[0].space, isa::Space::dram);
    EXPECT_EQ(timeline.slices[1].core, 1);
    EXPECT_EQ(timeline.slices[1].space, isa::Space::next_core);
    EXPECT_EQ(timeline.slices[1].bytes, 128U);
    ASSERT_EQ(timeline.occupancy.size(), 2U);
    EXPECT_EQ(timeline.occupancy[0].core, 1);
    EXPECT_EQ(timeline.occupancy[1].core, 0);
    EXPECT_LT(timeline.occupancy[0].bytes, 0);
}

}  // namespace
}  // namespace quatrain::run
