// SPDX-License-Identifier: Apache-2.0
// encode_row() and decode_row() against the scalar codec, on every instruction set that the host
// has: rows of any length, behind an odd byte, and of 4-bit codes behind half a byte.
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "tests/support/highway_targets.hpp"
#include "tests/unit/numerics/row_inputs.hpp"

#include <gtest/gtest.h>
#include <cstring>

namespace quatrain::numerics {
namespace {

constexpr Format formats_of_few_bits[] = {Format::fp16,    Format::dlfloat16, Format::bf16,
                                          Format::fp8_143, Format::fp8_152,   Format::int4,
                                          Format::uint4,   Format::fp4_r4,    Format::uint8};

class RowCodec : public ::testing::TestWithParam<Format> {};

struct Encoded {
    std::uint32_t code;
    Faults faults;
};

std::vector<Encoded> encode_each(Format format, std::span<const float> values) {
    std::vector<Encoded> codes;
    codes.reserve(values.size());
    for (const float value : values) {
        Faults faults;
        codes.push_back({encode(format, value, &faults), faults});
    }
    return codes;
}

/// Encodes values as rows at an odd byte of a buffer and compares codes, faults, and every bit
/// beside them.
void check_encoding(Format format, std::span<const float> values,
                    std::span<const Encoded> expected) {
    row_inputs::for_each_row(values.size(), [&](std::size_t first, std::size_t length) {
        const auto element = static_cast<std::int64_t>(first % 2);
        const auto elements = static_cast<std::int64_t>(length);
        const auto bytes = static_cast<std::size_t>(packed_bytes(format, element + elements) + 2);
        std::vector<std::byte> data(bytes, std::byte{0x5A}), expected_data = data;
        Faults expected_faults, faults;
        for (std::size_t i = 0; i < length; ++i) {
            store_code(expected_data.data() + 1, format, element + static_cast<std::int64_t>(i),
                       expected[first + i].code);
            expected_faults += expected[first + i].faults;
        }
        encode_row(format, data.data() + 1, element, values.subspan(first, length), &faults);
        ASSERT_EQ(data, expected_data)
            << name(format) << ", values from " << first << ", " << length;
        ASSERT_EQ(faults, expected_faults) << name(format) << ", values from " << first;
        encode_row(format, data.data() + 1, element, values.subspan(first, length));
        ASSERT_EQ(data, expected_data) << name(format) << ", without faults";
    });
}

TEST_P(RowCodec, EncodesEveryKindOfValueAsTheScalarCodec) {
    const std::vector<float> values = row_inputs::all(3'000'000);
    const std::vector<Encoded> expected = encode_each(GetParam(), values);
    test::on_every_target([&] { check_encoding(GetParam(), values, expected); });
}

TEST_P(RowCodec, DecodesEveryCodeAsTheScalarCodec) {
    const Format format = GetParam();
    const std::uint32_t codes = 1U << bits(format);
    const std::uint32_t elements = std::max(codes, 4096U);
    std::vector<std::byte> data(static_cast<std::size_t>(packed_bytes(format, elements)) + 1);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < elements; ++i) {
        std::uint32_t code = i % codes;
        if (format == Format::int4 && code == 8) code = i / codes % 8;
        store_code(data.data() + 1, format, i, code);
        expected.push_back(std::bit_cast<std::uint32_t>(decode(format, code)));
    }
    test::on_every_target([&] {
        row_inputs::for_each_row(elements, [&](std::size_t first, std::size_t length) {
            std::vector<float> values(length + 1, 77.0F);
            decode_row(format, data.data() + 1, static_cast<std::int64_t>(first),
                       std::span(values).first(length));
            for (std::size_t i = 0; i < length; ++i)
                ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]), expected[first + i])
                    << name(format) << ", element " << first + i;
            ASSERT_EQ(values[length], 77.0F);
        });
    });
}

INSTANTIATE_TEST_SUITE_P(Formats, RowCodec, ::testing::ValuesIn(formats_of_few_bits),
                         [](const auto& format) { return std::string(name(format.param)); });

TEST(RowsOfWords, Fp32KeepsEveryBitAndCountsItsFaults) {
    const std::vector<float> values = row_inputs::all(10'000);
    const std::vector<Encoded> expected = encode_each(Format::fp32, values);
    test::on_every_target([&] {
        check_encoding(Format::fp32, values, expected);
        std::vector<std::byte> data(values.size() * 4 + 1);
        encode_row(Format::fp32, data.data() + 1, 0, values);
        std::vector<float> decoded(values.size());
        decode_row(Format::fp32, data.data() + 1, 0, decoded);
        ASSERT_EQ(std::memcmp(decoded.data(), values.data(), values.size() * 4), 0);
    });
}

TEST(RowsOfWords, Int32RoundsToFp32AndThrowsBeyondItsRange) {
    std::mt19937 generator(24);
    std::vector<std::byte> data(4 * 1000);
    for (std::int64_t i = 0; i < 1000; ++i)
        store_code(data.data(), Format::int32, i, static_cast<std::uint32_t>(generator()));
    test::on_every_target([&] {
        std::vector<float> values(999);
        decode_row(Format::int32, data.data(), 1, values);
        for (std::size_t i = 0; i < values.size(); ++i)
            ASSERT_EQ(values[i],
                      decode(Format::int32, load_code(data.data(), Format::int32,
                                                      static_cast<std::int64_t>(i) + 1)));
        std::vector<std::byte> room(16);
        const float fitting[] = {-0x1p31F, 2.5F, 3.5F};
        encode_row(Format::int32, room.data(), 1, fitting);
        EXPECT_EQ(load_code(room.data(), Format::int32, 1), 0x8000'0000U);
        EXPECT_EQ(load_code(room.data(), Format::int32, 2), 2U);
        EXPECT_EQ(load_code(room.data(), Format::int32, 3), 4U);
        const float beyond[] = {0x1p31F};
        EXPECT_THROW(encode_row(Format::int32, room.data(), 0, beyond), std::overflow_error);
    });
}

TEST(RowsOfNibbles, MinusEightIsRejectedWhereverItStandsAndWritten) {
    test::on_every_target([] {
        for (std::int64_t place = 0; place < 1100; place += place < 100 ? 1 : 111) {
            std::vector<std::byte> data(600, std::byte{0x19});
            store_code(data.data(), Format::int4, place, 8);
            std::vector<float> values(1100);
            std::vector<std::int8_t> integers(1100);
            for (const std::int64_t first : {std::int64_t{0}, std::int64_t{1}}) {
                if (first > place) continue;
                EXPECT_THROW(decode_row(Format::int4, data.data(), first, values),
                             std::invalid_argument);
                EXPECT_THROW(unpack_int4(data.data(), first, integers), std::invalid_argument);
                EXPECT_EQ(values[static_cast<std::size_t>(place - first)], -8.0F);
                EXPECT_EQ(integers[static_cast<std::size_t>(place - first)], -8);
            }
            const auto behind = static_cast<std::size_t>(1100 - place - 1);
            EXPECT_NO_THROW(
                decode_row(Format::int4, data.data(), place + 1, std::span(values).first(behind)));
            EXPECT_NO_THROW(unpack_int4(data.data(), 0, std::span(integers).first(1099 - behind)));
        }
    });
}

TEST(RowsOfNibbles, PackCodesWritesItsCodesAndNoOtherBit) {
    std::mt19937 generator(25);
    std::vector<std::uint8_t> codes(20'000);
    for (std::uint8_t& code : codes) code = static_cast<std::uint8_t>(generator());
    test::on_every_target([&] {
        row_inputs::for_each_row(codes.size(), [&](std::size_t first, std::size_t length) {
            std::vector<std::byte> data(length / 2 + 3, std::byte{0xC3}), expected = data;
            const auto element = static_cast<std::int64_t>(first % 3);
            for (std::size_t i = 0; i < length; ++i)
                store_code(expected.data(), Format::uint4, element + static_cast<std::int64_t>(i),
                           codes[first + i]);
            pack_codes(data.data(), element, std::span(codes).subspan(first, length));
            ASSERT_EQ(data, expected) << first << " " << length;
        });
    });
}

}  // namespace
}  // namespace quatrain::numerics
