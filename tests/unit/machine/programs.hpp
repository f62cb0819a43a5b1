// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/program.hpp"
#include "sim/config/reader.hpp"
#include "sim/machine/machine.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace quatrain::machine {

/// A 4 x 4 array in FP32 with one multiplier per PE, small buffers, one channel of LPDDR5-6400.
inline MachineParams small_machine() {
    MachineParams params = config::load_architecture("edge-4bit", {});
    params.array = {.rows = 4,
                    .cols = 4,
                    .lanes_4bit = 1,
                    .lanes_8bit = 1,
                    .lanes_16bit = 1,
                    .accumulator = mac_array::Accumulator::fp32,
                    .chunk = 4};
    params.buffers = {.moving_bytes = 1024,
                      .stationary_bytes = 1024,
                      .accumulator_bytes = 1024,
                      .vector_bytes = 4096,
                      .scalar_bytes = 256,
                      .banks = 8,
                      .word_bytes = 32};
    params.dram.channels = 1;
    params.dram.ranks = 1;
    return params;
}

inline constexpr std::int64_t tile_vectors = 8;
inline constexpr std::int64_t moving_base = 0, stationary_base = 65536, result_base = 131072;
inline constexpr std::int64_t moving_tile_bytes = 16, stationary_tile_bytes = 8,
                              result_tile_bytes = 64;

/// The four instructions of one tile: result[8][4] (fp16) = moving[8][4] (uint4) * stationary[4][4]
/// (int4). Tiles alternate between the halves of every buffer.
struct TileProgram {
    std::array<std::vector<isa::Instruction>, isa::engine_count> queues;

    std::vector<isa::Instruction>& queue(isa::Engine engine) {
        return queues[static_cast<std::size_t>(engine)];
    }

    void append(std::int64_t tile) {
        using isa::Semaphore;
        const std::int64_t half = tile % 2;
        isa::Instruction moving, stationary, pass, drain, store;
        moving.body = isa::DmaTransfer{.buffer = isa::BufferId::moving,
                                       .buffer_address = 512 * half,
                                       .dram_address = moving_base + 1024 * tile,
                                       .extent = {moving_tile_bytes, 1, 1, 1}};
        moving.waits[0] = {Semaphore::moving_free, 1};
        moving.signals[0] = {Semaphore::moving_full, 1};
        stationary.body = isa::DmaTransfer{.buffer = isa::BufferId::stationary,
                                           .buffer_address = 512 * half,
                                           .dram_address = stationary_base + 1024 * tile,
                                           .extent = {stationary_tile_bytes, 1, 1, 1}};
        stationary.waits[0] = {Semaphore::stationary_free, 1};
        stationary.signals[0] = {Semaphore::stationary_full, 1};
        isa::Stream stream;
        stream.address = 512 * half;
        stream.width = stream.grid_width = tile_vectors;
        stream.channels = 4;
        pass.body = isa::WeightStationaryPass{.moving = stream,
                                              .k_count = 4,
                                              .vectors = tile_vectors,
                                              .stationary_address = 512 * half,
                                              .stationary_stride = 2,
                                              .columns = 4,
                                              .accumulator_address = 512 * half,
                                              .accumulator_stride = 16};
        pass.waits = {{{Semaphore::moving_full, 1},
                       {Semaphore::stationary_full, 1},
                       {Semaphore::accumulator_free, 1},
                       {}}};
        pass.signals = {{{Semaphore::moving_free, 1},
                         {Semaphore::stationary_free, 1},
                         {Semaphore::accumulator_full, 1},
                         {}}};
        drain.body = isa::Drain{.accumulator_address = 512 * half,
                                .accumulator_stride = 16,
                                .rows = tile_vectors,
                                .columns = 4,
                                .destination = 512 * half,
                                .destination_stride = 8};
        drain.waits = {{{Semaphore::accumulator_full, 1}, {Semaphore::drain_free, 1}, {}, {}}};
        drain.signals = {{{Semaphore::accumulator_free, 1}, {Semaphore::drain_full, 1}, {}, {}}};
        store.body = isa::DmaTransfer{.buffer = isa::BufferId::vector,
                                      .buffer_address = 512 * half,
                                      .dram_address = result_base + 1024 * tile,
                                      .extent = {result_tile_bytes, 1, 1, 1}};
        store.waits[0] = {Semaphore::drain_full, 1};
        store.signals[0] = {Semaphore::drain_free, 1};
        queue(isa::Engine::load).push_back(moving);
        queue(isa::Engine::load).push_back(stationary);
        queue(isa::Engine::array).push_back(pass);
        queue(isa::Engine::vector).push_back(drain);
        queue(isa::Engine::store).push_back(store);
    }

    isa::Queues rolled() const {
        isa::Queues result;
        for (std::size_t i = 0; i < isa::engine_count; ++i) result[i] = isa::roll(queues[i]);
        return result;
    }
};

/// Tiles [first, first + count) as one operator's queues.
inline isa::Queues tiles(std::int64_t first, std::int64_t count) {
    TileProgram program;
    for (std::int64_t tile = first; tile < first + count; ++tile) program.append(tile);
    return program.rolled();
}

/// Random operands of `count` tiles in a DRAM image; int4 codes never hold -8.
inline dram::DramImage random_operands(const MachineParams& params, std::int64_t count,
                                       unsigned seed = 17) {
    dram::DramImage image(dram::capacity_bytes(params.memory, params.dram));
    std::mt19937 random(seed);
    for (std::int64_t tile = 0; tile < count; ++tile) {
        std::array<std::byte, moving_tile_bytes> moving{};
        for (std::byte& byte : moving) byte = static_cast<std::byte>(random());
        image.write(moving_base + 1024 * tile, moving);
        std::array<std::byte, stationary_tile_bytes> stationary{};
        for (std::byte& byte : stationary) {
            const auto code = [&] { return static_cast<int>(random() % 15) - 7; };
            byte = static_cast<std::byte>((code() & 15) | ((code() & 15) << 4));
        }
        image.write(stationary_base + 1024 * tile, stationary);
    }
    return image;
}

/// The first bytes of the image; 0: all.
inline std::vector<std::byte> contents(const dram::DramImage& image, std::int64_t bytes = 0) {
    std::vector<std::byte> result(
        static_cast<std::size_t>(bytes > 0 ? bytes : image.capacity_bytes()));
    image.read(0, result);
    return result;
}

}  // namespace quatrain::machine
