// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/huge_pages.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace quatrain {
namespace {

template <class T>
using Memory = std::vector<T, HugePageAllocator<T>>;

template <class T>
std::uintptr_t place_of(const Memory<T>& memory) {
    return std::bit_cast<std::uintptr_t>(memory.data());
}

TEST(HugePages, LargeBlocksBeginWithAPageAndHoldEveryByte) {
    for (const std::size_t bytes :
         {huge_page_bytes, huge_page_bytes + 1, 2 * huge_page_bytes - 1}) {
        Memory<std::uint8_t> memory(bytes, 7);
        EXPECT_EQ(place_of(memory) % huge_page_bytes, 0U);
        memory.back() = 9;
        EXPECT_EQ(std::ranges::count(memory, 7), static_cast<std::ptrdiff_t>(bytes - 1));
    }
}

TEST(HugePages, BlocksGrowFromSmallToLargeAndKeepTheirElements) {
    Memory<std::uint32_t> memory;
    constexpr std::uint32_t count = 3 * huge_page_bytes / sizeof(std::uint32_t);
    for (std::uint32_t i = 0; i < count; ++i) memory.push_back(i);
    for (std::uint32_t i = 0; i < count; ++i) ASSERT_EQ(memory[i], i);
    memory.resize(1);
    memory.shrink_to_fit();
    EXPECT_EQ(memory, Memory<std::uint32_t>{0});
}

}  // namespace
}  // namespace quatrain
