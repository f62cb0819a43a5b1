// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/function.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace quatrain::scratchpad {
namespace {

using Bytes = std::vector<std::byte>;

Bytes read(const ScratchpadImage& image, std::int64_t address, std::size_t count) {
    Bytes bytes(count, std::byte{99});
    image.read(address, bytes);
    return bytes;
}

TEST(Scratchpad, BytesAreZeroUntilTheyAreWritten) {
    ScratchpadImage image(8);
    EXPECT_EQ(image.capacity_bytes(), 8);
    EXPECT_EQ(read(image, 0, 8), Bytes(8));
    image.write(3, Bytes{std::byte{1}, std::byte{2}});
    EXPECT_EQ(read(image, 2, 4), (Bytes{std::byte{0}, std::byte{1}, std::byte{2}, std::byte{0}}));
}

std::string error_of(std::int64_t address, std::size_t count) {
    ScratchpadImage image(100);
    Bytes bytes(count);
    std::string text = "no error";
    try {
        image.read(address, bytes);
    } catch (const ScratchpadError& error) {
        text = error.what();
    }
    if (text == "no error")
        EXPECT_NO_THROW(image.write(address, bytes));
    else
        EXPECT_THROW(image.write(address, bytes), ScratchpadError);
    return text;
}

TEST(Scratchpad, AnAccessOutsideIsAnError) {
    EXPECT_EQ(error_of(0, 100), "no error");
    EXPECT_EQ(error_of(99, 1), "no error");
    EXPECT_EQ(error_of(100, 0), "no error");
    EXPECT_EQ(error_of(-1, 1), "scratchpad: 1 bytes at -1 lie outside its 100 bytes");
    EXPECT_EQ(error_of(0, 101), "scratchpad: 101 bytes at 0 lie outside its 100 bytes");
    EXPECT_EQ(error_of(99, 2), "scratchpad: 2 bytes at 99 lie outside its 100 bytes");
    EXPECT_EQ(error_of(INT64_MAX, 1),
              "scratchpad: 1 bytes at 9223372036854775807 lie outside its 100 bytes");
}

}  // namespace
}  // namespace quatrain::scratchpad
