// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/function.hpp"
#include "rtl_models/dram/timing.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <boost/mp11/list.hpp>
#include <thread>
#include <vector>

namespace quatrain::dram {
namespace {

template <class Described>
std::size_t fields() {
    using Fields = boost::describe::describe_members<Described, boost::describe::mod_public>;
    return boost::mp11::mp_size<Fields>::value;
}

TEST(DramParams, EveryFieldIsDescribed) {
    EXPECT_EQ(parameter_info(Params{}).size(), fields<Params>());
    EXPECT_EQ(parameter_info(ControllerParams{}).size(), fields<ControllerParams>());
}

// An edge is seen by the first flip-flop whose own edge is later, and comes out behind the last
// one.
TEST(Crossing, IsWhatAChainOfFlipFlopsDoes) {
    for (const std::int64_t from : {625, 1000, 1250, 999}) {
        for (const std::int64_t to : {625, 1000, 1250, 333}) {
            for (std::int64_t edge = 0; edge < 50; ++edge) {
                const std::int64_t time = edge * from;
                std::int64_t capture = 0;  // the edge of the first flip-flop
                while (capture * to <= time) ++capture;
                for (const std::int64_t stages : {1, 2, 7}) {
                    // Behind flip-flop s a change shows from edge capture + s - 1 on: in that
                    // cycle.
                    EXPECT_EQ(crossing(edge, from, to, stages), capture + stages - 1);
                }
            }
        }
    }
}

TEST(DramImage, UnwrittenBytesAreZeroAndTakeNoMemory) {
    DramImage image(1LL << 40);
    std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
    image.read((1LL << 40) - 3, bytes);
    EXPECT_EQ(bytes, (std::array<std::byte, 3>{}));
    EXPECT_EQ(image.allocated_bytes(), 0);
}

TEST(DramImage, KeepsARangeThatCrossesPages) {
    constexpr std::int64_t page = huge_page_bytes;
    DramImage image(5 * page);
    std::vector<std::byte> written(2 * page + 100), read(written.size());
    for (std::size_t i = 0; i < written.size(); ++i) written[i] = static_cast<std::byte>(i * 7 / 5);
    image.write(page - 6, written);
    image.read(page - 6, read);
    EXPECT_EQ(read, written);
    EXPECT_EQ(image.allocated_bytes(), 4 * page);
}

TEST(DramImage, ThreadsThatWriteToOneNewPageLoseNothing) {
    for (int trial = 0; trial < 50; ++trial) {
        DramImage image(huge_page_bytes);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&image, i] {
                const std::vector<std::byte> bytes(40'000, static_cast<std::byte>(i + 1));
                image.write(40'000 * i, bytes);
            });
        for (std::thread& thread : threads) thread.join();
        std::vector<std::byte> all(160'000);
        image.read(0, all);
        for (std::size_t i = 0; i < all.size(); ++i)
            ASSERT_EQ(all[i], static_cast<std::byte>(i / 40'000 + 1));
        EXPECT_EQ(image.allocated_bytes(), static_cast<std::int64_t>(huge_page_bytes));
    }
}

TEST(DramImage, AnAccessThatEndsOneByteTooFarIsRejected) {
    DramImage image(100'000);
    const std::vector<std::byte> bytes(8);
    EXPECT_NO_THROW(image.write(99'992, bytes));
    try {
        image.write(99'993, bytes);
        FAIL();
    } catch (const DramError& error) {
        EXPECT_STREQ(error.what(), "dram: 8 bytes at 99993 lie outside its 100000 bytes");
    }
    EXPECT_THROW(image.write(-1, bytes), DramError);
}

}  // namespace
}  // namespace quatrain::dram
