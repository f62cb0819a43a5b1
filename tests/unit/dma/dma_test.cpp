// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dma/function.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/function.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <algorithm>
#include <random>

namespace quatrain::dma {
namespace {

constexpr Params params{.burst_bytes = 256, .outstanding = 4, .bytes_per_cycle = 64};

std::vector<std::pair<std::int64_t, std::int64_t>> bursts(const isa::DmaTransfer& transfer) {
    std::vector<std::pair<std::int64_t, std::int64_t>> all;
    for (BurstCursor cursor(params, transfer); !cursor.done();) {
        const Burst burst = cursor.next();
        all.emplace_back(burst.address, burst.bytes);
    }
    return all;
}

TEST(BurstCursor, CutsARunAtMultiplesOfTheBurst) {
    const isa::DmaTransfer transfer{.dram_address = 200, .extent = {400, 1, 1, 1}};
    EXPECT_EQ(bursts(transfer), (std::vector<std::pair<std::int64_t, std::int64_t>>{
                                    {200, 56}, {256, 256}, {512, 88}}));
}

TEST(BurstCursor, MergesRunsThatContinueEachOtherInDram) {
    const isa::DmaTransfer transfer{.extent = {32, 4, 4, 3}, .dram_stride = {32, 128, 4096}};
    EXPECT_EQ(bursts(transfer),
              (std::vector<std::pair<std::int64_t, std::int64_t>>{
                  {0, 256}, {256, 256}, {4096, 256}, {4352, 256}, {8192, 256}, {8448, 256}}));
    EXPECT_EQ(transfer_bytes(transfer), 1536);
    EXPECT_EQ(burst_count(params, transfer), 6);
}

TEST(BurstCursor, CoversExactlyTheBytesOfARandomTransfer) {
    std::mt19937_64 random(5);
    for (int trial = 0; trial < 500; ++trial) {
        const auto draw = [&](std::int64_t low, std::int64_t high) {
            return std::uniform_int_distribution<std::int64_t>(low, high)(random);
        };
        isa::DmaTransfer transfer{.dram_address = draw(0, 1000),
                                  .extent = {draw(1, 300), draw(1, 4), draw(1, 4), draw(1, 3)}};
        // each level starts behind the level below; often exactly behind
        std::int64_t size = transfer.extent[0];
        for (std::size_t i = 0; i < 3; ++i) {
            transfer.dram_stride[i] = size + (draw(0, 1) == 0 ? 0 : draw(1, 300));
            size = transfer.dram_stride[i] * transfer.extent[i + 1];
        }
        std::vector<std::int64_t> expected, actual;
        for_each_run(transfer, [&](std::int64_t address, std::int64_t) {
            for (std::int64_t i = 0; i < transfer.extent[0]; ++i) expected.push_back(address + i);
        });
        for (const auto& [address, bytes] : bursts(transfer)) {
            ASSERT_EQ(address / 256, (address + bytes - 1) / 256) << "crosses a boundary";
            for (std::int64_t i = 0; i < bytes; ++i) actual.push_back(address + i);
        }
        ASSERT_EQ(actual, expected);
        ASSERT_EQ(burst_count(params, transfer),
                  static_cast<std::int64_t>(bursts(transfer).size()));
    }
}

// Places within a burst repeat: 64 strides of 100 bytes, or fewer of others.
TEST(BurstCount, OfManyRunsIsThatOfTheCursor) {
    std::mt19937_64 random(8);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    for (int trial = 0; trial < 300; ++trial) {
        isa::DmaTransfer transfer{.dram_address = 1'000'000 + draw(0, 999),
                                  .extent = {draw(1, 600), draw(1, 150), draw(1, 9), draw(1, 3)}};
        for (std::int64_t& stride : transfer.dram_stride)
            stride = draw(0, 2) == 0 ? 256 * draw(-2, 3) : draw(-700, 700);
        ASSERT_EQ(burst_count(params, transfer),
                  static_cast<std::int64_t>(bursts(transfer).size()));
    }
}

TEST(BurstCursor, AnEmptyTransferHasNoBursts) {
    EXPECT_TRUE(bursts({}).empty());
}

TEST(BurstTimeline, ALoadIssuesOneBurstPerCycleUntilTooManyAreOutstanding) {
    BurstTimeline timeline(params, Direction::load);
    for (std::int64_t k = 0; k < 4; ++k) {
        EXPECT_EQ(timeline.issue_cycle(10), 10 + k);
        EXPECT_EQ(timeline.issue(10 + k, 256), 10 + k);
        EXPECT_EQ(timeline.complete(200, 256), 204 + 4 * k);  // through the port, 4 cycles each
    }
    EXPECT_EQ(timeline.issue_cycle(10), 204);
}

TEST(BurstTimeline, AStoreReachesDramBehindTheBufferPort) {
    BurstTimeline timeline(params, Direction::store);
    EXPECT_EQ(timeline.issue_cycle(10), 10);
    EXPECT_EQ(timeline.issue(10, 256), 14);
    EXPECT_EQ(timeline.complete(300, 256), 300);
    EXPECT_EQ(timeline.issue_cycle(10), 14);
    EXPECT_EQ(timeline.issue(14, 64), 15);
    EXPECT_EQ(timeline.complete(250, 64), 301) << "in order, one burst per cycle";
}

TEST(Copy, LoadThenStoreMovesEveryByteOfAStridedBox) {
    dram::DramImage image(1 << 20);
    std::vector<std::byte> source(4096);
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::byte>(i + 1);
    image.write(1000, source);
    buffer::Buffer buffer("vector", 512);
    const isa::DmaTransfer in{.buffer_address = 8,
                              .dram_address = 1000,
                              .extent = {10, 3, 2, 2},
                              .buffer_stride = {10, 30, 60},
                              .dram_stride = {100, 1000, 2000}};
    load(in, image, buffer);
    isa::DmaTransfer out = in;
    out.dram_address = 100'000;
    store(out, buffer, image);
    for_each_run(in, [&](std::int64_t address, std::int64_t) {
        std::array<std::byte, 10> expected{}, actual{};
        image.read(address, expected);
        image.read(address + 99'000, actual);
        EXPECT_EQ(actual, expected);
    });
}

/// A random transfer of runs of up to `longest` bytes; `dense`: each level behind the one below.
isa::DmaTransfer random_transfer(std::mt19937_64& random, std::int64_t longest, bool dense) {
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    isa::DmaTransfer transfer{.buffer_address = draw(0, 99),
                              .dram_address = draw(0, 99),
                              .extent = {draw(1, longest), draw(1, 5), draw(1, 4), draw(1, 3)}};
    std::int64_t size = transfer.extent[0];
    for (std::size_t i = 0; i < 3; ++i) {
        transfer.buffer_stride[i] = dense ? size + draw(0, 1) * draw(0, 9) : draw(0, 3 * longest);
        transfer.dram_stride[i] = transfer.buffer_stride[i] + draw(0, 3);
        size = transfer.buffer_stride[i] * transfer.extent[i + 1];
    }
    return transfer;
}

struct Byte {
    std::int64_t dram, buffer;
    bool operator==(const Byte&) const = default;
};

TEST(Pieces, CoverTheBytesOfATransferInDescriptorOrder) {
    std::mt19937_64 random(6);
    for (int trial = 0; trial < 300; ++trial) {
        const isa::DmaTransfer transfer = random_transfer(random, 60, trial % 2 == 0);
        std::vector<Byte> expected, actual;
        for_each_run(transfer, [&](std::int64_t dram, std::int64_t buffer) {
            for (std::int64_t i = 0; i < transfer.extent[0]; ++i)
                expected.push_back({dram + i, buffer + i});
        });
        const auto piece_bytes = static_cast<std::int64_t>(random() % 100) + 1;
        const Pieces pieces(transfer, piece_bytes);
        for (std::int64_t piece = 0; piece < pieces.count(); ++piece) {
            const std::size_t before = actual.size();
            pieces.for_each_run(piece,
                                [&](std::int64_t dram, std::int64_t buffer, std::int64_t bytes) {
                                    for (std::int64_t i = 0; i < bytes; ++i)
                                        actual.push_back({dram + i, buffer + i});
                                });
            EXPECT_GT(actual.size(), before);
            EXPECT_LE(std::ssize(actual) - static_cast<std::ptrdiff_t>(before), piece_bytes);
        }
        ASSERT_EQ(actual, expected);
        ASSERT_EQ(burst_count(params, transfer),
                  static_cast<std::int64_t>(bursts(transfer).size()));
    }
}

TEST(Runs, ThatAreCalledApartShareNoByte) {
    std::mt19937_64 random(7);
    int apart = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        const isa::DmaTransfer transfer = random_transfer(random, 6, trial % 2 == 0);
        std::vector<std::int64_t> bytes;
        for_each_run(transfer, [&](std::int64_t, std::int64_t buffer) {
            for (std::int64_t i = 0; i < transfer.extent[0]; ++i) bytes.push_back(buffer + i);
        });
        std::ranges::sort(bytes);
        const bool unique = std::ranges::adjacent_find(bytes) == bytes.end();
        const bool answer = runs_are_apart(transfer, transfer.buffer_stride);
        EXPECT_TRUE(unique || !answer);
        EXPECT_TRUE(answer || trial % 2 != 0) << "each level lies behind the one below";
        apart += answer ? 1 : 0;
    }
    EXPECT_GT(apart, 1000);
}

TEST(Copy, MovesTheSameBytesWithAnyNumberOfThreads) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    constexpr std::int64_t size = 4 << 20;
    std::vector<std::byte> source(static_cast<std::size_t>(size));
    std::mt19937_64 random(8);
    for (std::byte& byte : source) byte = static_cast<std::byte>(random());
    const isa::DmaTransfer transfers[] = {
        {.buffer_address = 5, .dram_address = 70'001, .extent = {1'000'003, 1, 1, 1}},
        {.buffer_address = 8,
         .dram_address = 3,
         .extent = {96, 100, 5, 19},
         .buffer_stride = {96, 9600, 48'000},
         .dram_stride = {200, 20'000, 100'000}},
        {.extent = {700, 999, 1, 1}, .buffer_stride = {100, 0, 0}, .dram_stride = {700, 0, 0}}};
    for (const isa::DmaTransfer& transfer : transfers) {
        std::vector<std::byte> first;
        for (const int threads : {1, 2, 3, 7}) {
            dram::DramImage image(size), result(size);
            image.write(0, source);
            buffer::Buffer buffer("vector", size);
            load(transfer, image, buffer, threads);
            store(transfer, buffer, result, threads);
            std::vector<std::byte> all(static_cast<std::size_t>(size));
            result.read(0, all);
            const std::span<const std::byte> held = buffer.bytes();
            all.insert(all.end(), held.begin(), held.end());
            if (first.empty()) first = all;
            EXPECT_TRUE(all == first) << threads;
        }
    }
}

}  // namespace
}  // namespace quatrain::dma
