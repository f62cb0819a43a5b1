// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/buffer/timing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quatrain::buffer {
namespace {

TEST(VectorRegions, CutTheBufferIntoEighthsWithoutGapOrOverlap) {
    Params params;
    params.vector_bytes = 8000;
    const VectorRegions regions = vector_regions(params, 1);
    EXPECT_EQ(regions.drain[0], 0);
    EXPECT_EQ(regions.drain[1], regions.drain[0] + regions.drain_bytes);
    EXPECT_EQ(regions.tile[0], regions.drain[1] + regions.drain_bytes);
    EXPECT_EQ(regions.tile[1], regions.tile[0] + regions.tile_bytes);
    EXPECT_EQ(regions.parameters, regions.tile[1] + regions.tile_bytes);
    EXPECT_EQ(regions.parameters + regions.parameter_bytes, 8000);
    EXPECT_EQ(regions.drain_bytes, 1000);
    EXPECT_EQ(regions.tile_bytes, 2000);
    EXPECT_EQ(regions.parameter_bytes, 2000);
}

TEST(BufferParams, TheDefaultsAreValid) {
    EXPECT_NO_THROW(validate(Params{}));
}

TEST(BufferParams, ASizeThatIsNotAMultipleOfEightWordsIsRejectedByName) {
    Params params;
    params.stationary_bytes = 8 * params.word_bytes + 1;
    try {
        validate(params);
        FAIL();
    } catch (const ParamError& error) {
        EXPECT_STREQ(error.what(),
                     "stationary_bytes = 257: must be a multiple of 8 words, 256 bytes");
    }
}

TEST(BufferParams, EveryFieldIsDescribedInOrder) {
    std::vector<std::string_view> names;
    for (const ParameterInfo& info : parameter_info(Params{})) {
        names.push_back(info.name);
        EXPECT_FALSE(info.meaning.empty());
        EXPECT_LT(info.minimum, info.maximum);
    }
    EXPECT_THAT(names, testing::ElementsAre("moving_bytes", "stationary_bytes", "accumulator_bytes",
                                            "vector_bytes", "scalar_bytes", "banks", "word_bytes"));
}

TEST(Buffer, KeepsWhatWasWritten) {
    Buffer buffer("moving", 64);
    buffer.write(60, 4)[3] = std::byte{7};
    EXPECT_EQ(buffer.read(63, 1)[0], std::byte{7});
    EXPECT_EQ(buffer.read(0, 60)[0], std::byte{});
}

TEST(Buffer, AnAccessThatEndsOneByteTooFarIsRejected) {
    Buffer buffer("vector", 64);
    EXPECT_NO_THROW(buffer.read(32, 32));
    EXPECT_THROW(buffer.read(33, 32), BufferError);
    EXPECT_THROW(buffer.write(-1, 2), BufferError);
    EXPECT_THROW(buffer.read(0, INT64_MAX), BufferError);
    EXPECT_THROW(buffer.read(INT64_MAX, 2), BufferError);
    try {
        buffer.write(64, 1);
        FAIL();
    } catch (const BufferError& error) {
        EXPECT_STREQ(error.what(), "vector buffer: 1 bytes at 64 lie outside its 64 bytes");
    }
}

}  // namespace
}  // namespace quatrain::buffer
