// SPDX-License-Identifier: Apache-2.0
// A program whose transfers, pass, drain and vector instruction are large enough for several host
// threads.
#include "tests/unit/machine/programs.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

namespace quatrain::machine {
namespace {

using isa::Semaphore;

constexpr std::int64_t vectors = 20'001;
constexpr std::int64_t dram_bytes = 1 << 20;

MachineParams large_machine() {
    MachineParams params = small_machine();
    params.array.rows = 32;
    params.array.cols = 16;
    params.buffers.moving_bytes = 1 << 20;
    params.buffers.stationary_bytes = 1 << 16;
    params.buffers.accumulator_bytes = 1 << 21;
    params.buffers.vector_bytes = 1 << 21;
    return params;
}

/// One pass of 20001 vectors, uint4 x int4, its drain, a ReLU in place and the store of the result.
isa::Queues one_large_tile() {
    TileProgram program;
    isa::Instruction moving, stationary, pass, drain, relu, store;
    moving.body =
        isa::DmaTransfer{.buffer = isa::BufferId::moving, .extent = {vectors * 16, 1, 1, 1}};
    moving.signals[0] = {Semaphore::moving_full, 1};
    stationary.body = isa::DmaTransfer{.buffer = isa::BufferId::stationary,
                                       .dram_address = vectors * 16,
                                       .extent = {256, 1, 1, 1}};
    stationary.signals[0] = {Semaphore::stationary_full, 1};
    isa::Stream stream;
    stream.width = stream.grid_width = vectors;
    stream.channels = 32;
    isa::WeightStationaryPass product;
    product.moving = stream;
    product.k_count = 32;
    product.vectors = vectors;
    product.stationary_stride = 8;
    product.columns = 16;
    product.accumulator_stride = 64;
    pass.body = product;
    pass.waits = {{{Semaphore::moving_full, 1}, {Semaphore::stationary_full, 1}, {}, {}}};
    pass.signals[0] = {Semaphore::accumulator_full, 1};
    drain.body = isa::Drain{.accumulator_stride = 64,
                            .rows = vectors,
                            .columns = 16,
                            .destination = 32,
                            .destination_stride = 32};
    drain.waits[0] = {Semaphore::accumulator_full, 1};
    isa::VectorInstruction in_place;
    in_place.operation = isa::VectorOperation::relu;
    in_place.rows = vectors;
    in_place.columns = 16;
    in_place.in[0] = in_place.out[0] = {32, numerics::Format::fp16};
    relu.body = in_place;
    relu.signals[0] = {Semaphore::drain_full, 1};
    store.body = isa::DmaTransfer{.buffer_address = 32,
                                  .dram_address = dram_bytes,
                                  .extent = {32, 100, vectors / 100, 1},
                                  .buffer_stride = {32, 3200, 0},
                                  .dram_stride = {48, 4800, 0}};
    store.waits[0] = {Semaphore::drain_full, 1};
    program.queue(isa::Engine::load) = {moving, stationary};
    program.queue(isa::Engine::array) = {pass};
    program.queue(isa::Engine::vector) = {drain, relu};
    program.queue(isa::Engine::store) = {store};
    return program.rolled();
}

dram::DramImage random_image(const MachineParams& params) {
    dram::DramImage image(dram::capacity_bytes(params.memory, params.dram));
    std::vector<std::byte> bytes(vectors * 16 + 256);
    std::mt19937 random(19);
    for (std::byte& byte : bytes) {
        const auto code = [&] { return static_cast<unsigned>(random() % 7); };  // valid in int4
        byte = static_cast<std::byte>(code() | code() << 4);
    }
    image.write(0, bytes);
    return image;
}

TEST(UntimedMachine, GivesTheSameBytesAndEventsWithAnyNumberOfThreads) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    const MachineParams params = large_machine();
    const isa::Queues queues = one_large_tile();
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    std::vector<std::byte> first;
    EventCounts events;
    for (const int threads : {1, 2, 3, 7}) {
        dram::DramImage image = random_image(params);
        Settings settings;
        settings.threads = threads;
        const MachineResult result = run_untimed(params, operators, settings, image);
        std::vector<std::byte> bytes(2 * dram_bytes);
        image.read(dram_bytes / 2, bytes);
        if (first.empty()) {
            first = bytes;
            events = result.events;
        }
        EXPECT_TRUE(bytes == first) << threads;
        EXPECT_EQ(result.events, events) << threads;
    }
    EXPECT_GT(events[Event::zero_macs_uint4_int4], 0U);
    EXPECT_NE(first, std::vector<std::byte>(first.size()));
}

}  // namespace
}  // namespace quatrain::machine
