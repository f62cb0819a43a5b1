// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

constexpr Format every_format[] = {
    Format::fp32, Format::fp16,  Format::dlfloat16, Format::bf16,  Format::fp8_143, Format::fp8_152,
    Format::int4, Format::uint4, Format::fp4_r4,    Format::uint8, Format::int32};

std::vector<std::byte> random_bytes(std::size_t size, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator() & 255U);
    return bytes;
}

/// A valid code of the format: random bits, but no -8.
std::uint32_t random_code(Format format, std::mt19937& generator) {
    const auto word = static_cast<std::uint32_t>(generator());
    const std::uint32_t code = bits(format) == 32 ? word : word & ((1U << bits(format)) - 1);
    return format == Format::int4 && code == 8 ? 0 : code;
}

TEST(Pack, PackedBytesRoundUpToWholeBytes) {
    EXPECT_EQ(packed_bytes(Format::int4, 0), 0);
    EXPECT_EQ(packed_bytes(Format::int4, 1), 1);
    EXPECT_EQ(packed_bytes(Format::uint4, 2), 1);
    EXPECT_EQ(packed_bytes(Format::fp4_r4, 5'000'000'001), 2'500'000'001);
    EXPECT_EQ(packed_bytes(Format::fp8_143, 3), 3);
    EXPECT_EQ(packed_bytes(Format::bf16, 3), 6);
    EXPECT_EQ(packed_bytes(Format::fp32, 3), 12);
}

TEST(Pack, LowNibbleComesFirstAndWordsAreLittleEndian) {
    std::byte data[4]{};
    store_code(data, Format::uint4, 0, 0x1);
    store_code(data, Format::uint4, 1, 0x2);
    EXPECT_EQ(data[0], std::byte{0x21});
    store_code(data, Format::fp16, 1, 0xABCD);
    EXPECT_EQ(data[2], std::byte{0xCD});
    EXPECT_EQ(data[3], std::byte{0xAB});
    store_code(data, Format::int32, 0, 0x01020304);
    EXPECT_EQ(data[0], std::byte{0x04});
    EXPECT_EQ(data[3], std::byte{0x01});
}

TEST(Pack, StoreWritesItsElementAndNoOtherBit) {
    for (Format format : every_format) {
        std::mt19937 generator(8);
        for (std::int64_t index = 0; index < 7; ++index) {
            std::vector<std::byte> data = random_bytes(32, 9);
            const std::vector<std::byte> before = data;
            const std::uint32_t code = random_code(format, generator);
            store_code(data.data(), format, index, code);
            EXPECT_EQ(load_code(data.data(), format, index), code);
            for (std::int64_t other = 0; other < 8; ++other) {
                if (other == index) continue;
                EXPECT_EQ(load_code(data.data(), format, other),
                          load_code(before.data(), format, other))
                    << name(format);
            }
        }
    }
}

/// Calls check(first, count) for every alignment and length of a short row.
template <class Check>
void for_each_row(Check check) {
    for (std::int64_t first = 0; first < 5; ++first) {
        for (std::size_t count = 0; count < 12; ++count) check(first, count);
    }
}

TEST(Pack, UnpackGivesTheIntegerOfEveryCodeAtEveryAlignment) {
    const std::vector<std::byte> data = random_bytes(16, 10);
    std::vector<std::byte> signed_data = data;
    for (std::int64_t i = 0; i < 32; ++i) {
        if (load_code(data.data(), Format::int4, i) == 8)
            store_code(signed_data.data(), Format::int4, i, 9);
    }
    for_each_row([&](std::int64_t first, std::size_t count) {
        std::vector<std::int8_t> int4(count);
        std::vector<std::uint8_t> uint4(count);
        std::vector<std::int16_t> fp4(count);
        unpack_int4(signed_data.data(), first, int4);
        unpack_uint4(data.data(), first, uint4);
        unpack_fp4_r4(data.data(), first, fp4);
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t index = first + static_cast<std::int64_t>(i);
            const std::uint32_t code = load_code(data.data(), Format::uint4, index);
            const auto signed_code =
                static_cast<int>(load_code(signed_data.data(), Format::int4, index));
            ASSERT_EQ(uint4[i], code);
            ASSERT_EQ(int4[i], signed_code > 7 ? signed_code - 16 : signed_code);
            ASSERT_EQ(fp4[i], integer_value(static_cast<std::uint8_t>(code)));
        }
    });
}

TEST(Pack, UnpackCoversEveryCode) {
    std::byte data[8];
    for (std::uint32_t code = 0; code < 16; ++code) store_code(data, Format::uint4, code, code);
    std::int16_t fp4[16];
    unpack_fp4_r4(data, 0, fp4);
    const std::int16_t expected[16] = {0, 1,  4,  16,  64,  256,  1024,  4096,
                                       0, -1, -4, -16, -64, -256, -1024, -4096};
    EXPECT_TRUE(std::ranges::equal(fp4, expected));
}

TEST(Pack, PackCodesKeepsTheNeighboursInSharedBytes) {
    for_each_row([](std::int64_t first, std::size_t count) {
        std::vector<std::byte> data = random_bytes(16, 11);
        std::vector<std::byte> expected = data;
        std::vector<std::uint8_t> codes;
        for (std::size_t i = 0; i < count; ++i) {
            codes.push_back(
                static_cast<std::uint8_t>(37 * i + 250));  // high bits that must not leak
            store_code(expected.data(), Format::uint4, first + static_cast<std::int64_t>(i),
                       codes.back());
        }
        pack_codes(data.data(), first, codes);
        ASSERT_EQ(data, expected) << first << " " << count;
    });
}

TEST(Pack, RowsDecodeAndEncodeAsTheirElements) {
    for (Format format : every_format) {
        for_each_row([format](std::int64_t first, std::size_t count) {
            std::mt19937 generator(12);
            std::vector<std::byte> data(80);
            for (std::int64_t i = 0; i < 20; ++i)
                store_code(data.data(), format, i, random_code(format, generator));
            std::vector<float> values(count);
            decode_row(format, data.data(), first, values);
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint32_t code =
                    load_code(data.data(), format, first + static_cast<std::int64_t>(i));
                ASSERT_PRED2(reference::same, values[i], decode(format, code)) << name(format);
                values[i] = static_cast<float>(generator() % 2001) / 100 - 10;
            }
            std::vector<std::byte> expected = data;
            for (std::size_t i = 0; i < count; ++i) {
                store_code(expected.data(), format, first + static_cast<std::int64_t>(i),
                           encode(format, values[i]));
            }
            encode_row(format, data.data(), first, values);
            ASSERT_EQ(data, expected) << name(format) << " " << first << " " << count;
        });
    }
}

TEST(Pack, EncodingARowCountsItsFaults) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float values[] = {1, std::numeric_limits<float>::quiet_NaN(), infinity, 1e30F};
    std::byte data[16];
    for (Format format : every_format) {
        if (format == Format::int32) continue;  // throws instead of clamping
        Faults faults;
        encode_row(format, data, 0, values, &faults);
        const bool overflows = format == Format::fp16 || format == Format::dlfloat16 ||
                               format == Format::fp8_143 || format == Format::fp8_152;
        EXPECT_EQ(faults, (Faults{1, 1, overflows ? 1U : 0U})) << name(format);
    }
}

TEST(Pack, MinusEightIsRejectedInRows) {
    std::byte data[2] = {std::byte{0x80}, std::byte{0x11}};
    std::int8_t codes[3];
    float values[3];
    EXPECT_THROW(unpack_int4(data, 0, codes), std::invalid_argument);
    EXPECT_THROW(decode_row(Format::int4, data, 1, values), std::invalid_argument);
    EXPECT_NO_THROW(unpack_int4(data, 2, std::span(codes, 2)));
}

TEST(Pack, BulkSixteenBitRowsDecodeEveryCode) {
    for (const reference::FloatFormat& format :
         {reference::fp16, reference::dlfloat16, reference::bf16}) {
        std::vector<std::byte> data(2 * 65536);
        for (std::uint32_t code = 0; code < 65536; ++code)
            store_code(data.data(), format.format, code, code);
        std::vector<float> values(65536);
        decode_row(format.format, data.data(), 0, values);
        for (std::uint32_t code = 0; code < 65536; ++code) {
            ASSERT_PRED2(reference::same, values[code], reference::value(format, code));
        }
    }
}

}  // namespace
}  // namespace quatrain::numerics
