// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/function.hpp"
#include "rtl_models/dram/timing.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/mp11/list.hpp>

namespace quatrain::dram {
namespace {

constexpr Params one_channel{.channels = 1,
                             .channel_millibytes_per_cycle = 12800,
                             .latency_cycles = 100,
                             .interleave_bytes = 256,
                             .capacity_bytes = 1 << 20};

TEST(DramParams, EveryFieldIsDescribed) {
    using Fields = boost::describe::describe_members<Params, boost::describe::mod_public>;
    EXPECT_EQ(parameter_info(Params{}).size(), boost::mp11::mp_size<Fields>::value);
}

TEST(Channels, AnUnloadedRequestTakesItsTransferPlusTheLatency) {
    Channels channels(one_channel);
    EXPECT_EQ(channels.serve(0, 256, 1000), 1000 + 20 + 100);  // 256 B / 12.8 B per cycle
}

TEST(Channels, BandwidthIsExactOverManyRequestsThatTakeFractionsOfACycle) {
    Params params = one_channel;
    params.channel_millibytes_per_cycle = 7000;  // a request of 32 bytes takes 4 4/7 cycles
    Channels channels(params);
    std::int64_t last = 0;
    for (int i = 0; i < 700; ++i) last = channels.serve(32 * i, 32, 0);
    EXPECT_EQ(last, 700 * 32 / 7 + 100);
}

TEST(Channels, AnIdleChannelStartsWithTheArrival) {
    Channels channels(one_channel);
    channels.serve(0, 256, 0);  // busy until 20
    EXPECT_EQ(channels.serve(0, 256, 19), 20 + 20 + 100);
    EXPECT_EQ(channels.serve(0, 256, 500), 500 + 20 + 100);
}

TEST(Channels, NeighbouringBlocksUseDifferentChannels) {
    Params params = one_channel;
    params.channels = 4;
    Channels channels(params);
    for (int block = 0; block < 4; ++block) EXPECT_EQ(channels.serve(256 * block, 256, 0), 120);
    EXPECT_EQ(channels.serve(256 * 4, 256, 0), 140);  // the first channel again
}

TEST(Channels, ARequestOverTwoChannelsIsAnsweredWithItsLastPart) {
    Params params = one_channel;
    params.channels = 2;
    Channels channels(params);
    EXPECT_EQ(channels.serve(128, 384, 0), 120);  // 128 bytes on one, 256 on the other
}

TEST(DramImage, UnwrittenBytesAreZeroAndTakeNoMemory) {
    DramImage image(1LL << 40);
    std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
    image.read((1LL << 40) - 3, bytes);
    EXPECT_EQ(bytes, (std::array<std::byte, 3>{}));
    EXPECT_EQ(image.allocated_bytes(), 0);
}

TEST(DramImage, KeepsARangeThatCrossesPages) {
    DramImage image(1 << 20);
    std::vector<std::byte> written(200'000), read(200'000);
    for (std::size_t i = 0; i < written.size(); ++i) written[i] = static_cast<std::byte>(i + 1);
    image.write(65'530, written);
    image.read(65'530, read);
    EXPECT_EQ(read, written);
    EXPECT_EQ(image.allocated_bytes(), 5 * 65'536);
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
