// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/function.hpp"

#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/int4.hpp"
#include "tests/support/random_stream.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace quatrain::operand_streamer {
namespace {

using numerics::Format;
using numerics::ProductKind;
using test::below;
using test::Random;
using test::RandomStream;

double integer_or_value(Format format, std::uint32_t code) {
    if (format == Format::fp4_r4) return numerics::integer_value(static_cast<std::uint8_t>(code));
    return static_cast<double>(numerics::decode(format, code));
}

void expect_gathered(const RandomStream& source, ProductKind kind, Random& random) {
    const Block block{.first = below(random, source.vectors),
                      .count = 0,
                      .k_offset = below(random, source.depth),
                      .k_count = 0};
    Block part = block;
    part.count = 1 + below(random, source.vectors - block.first);
    part.k_count = 1 + below(random, source.depth - block.k_offset);
    const std::int64_t stride = part.k_count + below(random, 5);
    numerics::DecodedBuffer memory;
    const numerics::DecodedRows rows = memory.zeroed(kind, part.count, stride);
    gather(source.stream, source.format, source.buffer, part, rows, stride);
    std::visit(
        [&](const auto* elements) {
            for (std::int64_t t = 0; t < part.count; ++t) {
                for (std::int64_t k = 0; k < stride; ++k) {
                    const double expected =
                        k < part.k_count
                            ? integer_or_value(source.format,
                                               source.code(part.first + t, part.k_offset + k))
                            : 0;
                    ASSERT_EQ(static_cast<double>(elements[t * stride + k]), expected)
                        << "vector " << t << ", element " << k;
                }
            }
        },
        rows);
}

TEST(Gather, EqualsTheDefinitionForEveryFormatOverRandomGeometry) {
    Random random(1);
    for (int repeat = 0; repeat < 400; ++repeat) {
        for (const Format format : {Format::uint4, Format::int4}) {
            expect_gathered(test::random_stream(format, random), ProductKind::integer4, random);
            expect_gathered(test::random_stream(format, random), ProductKind::logarithmic, random);
        }
        expect_gathered(test::random_stream(Format::fp4_r4, random), ProductKind::logarithmic,
                        random);
        for (const Format format : {Format::fp32, Format::fp16, Format::dlfloat16, Format::bf16,
                                    Format::fp8_143, Format::fp8_152, Format::int4, Format::uint4})
            expect_gathered(test::random_stream(format, random), ProductKind::floating, random);
    }
}

TEST(Gather, AnAddressOutsideTheBufferIsAnError) {
    const isa::Stream stream{
        .height = 2, .width = 4, .channels = 8, .grid_height = 2, .grid_width = 4};
    numerics::DecodedBuffer memory;
    const Block block{.first = 0, .count = 8, .k_offset = 0, .k_count = 8};
    const auto rows = memory.zeroed(ProductKind::integer4, 8, 8);
    EXPECT_NO_THROW(gather(stream, Format::uint4, std::vector<std::byte>(32), block, rows, 8));
    EXPECT_THROW(gather(stream, Format::uint4, std::vector<std::byte>(31), block, rows, 8),
                 std::out_of_range);
    isa::Stream late = stream;
    late.first_row = 1;  // row 0 would lie before the tile
    EXPECT_THROW(gather(late, Format::uint4, std::vector<std::byte>(64), block, rows, 8),
                 std::out_of_range);
}

TEST(Gather, MinusEightInInt4IsAnError) {
    const isa::Stream stream{.height = 1, .width = 1, .channels = 64};
    std::vector<std::byte> buffer(32);
    buffer[20] = std::byte{0x80};
    numerics::DecodedBuffer memory;
    for (const ProductKind kind : {ProductKind::integer4, ProductKind::logarithmic}) {
        const auto rows = memory.zeroed(kind, 1, 64);
        EXPECT_THROW(gather(stream, Format::int4, buffer, {0, 1, 0, 64}, rows, 64),
                     std::invalid_argument);
    }
}

}  // namespace
}  // namespace quatrain::operand_streamer
