// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/dma/function.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/function.hpp"

#include <gtest/gtest.h>
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

}  // namespace
}  // namespace quatrain::dma
