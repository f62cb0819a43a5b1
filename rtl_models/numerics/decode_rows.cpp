// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/nibble_rows.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/row_codec.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

/// The arguments of decode_rows(). Rows that follow each other on both sides are one.
struct Runs {
    Format format;
    std::span<const std::byte> source;
    std::int64_t first, element_stride, rows, length, stride;

    void join() {
        if (element_stride != length || stride != length) return;
        length *= rows;
        rows = rows == 0 ? 0 : 1;
    }
    NibbleRows nibbles() const { return {source.data(), first, element_stride, rows, length}; }
};

void decode(const Runs& runs, std::int8_t* out) {
    if (runs.format != Format::int4 && runs.format != Format::uint4) {
        throw std::invalid_argument(
            fmt::format("format = {}: int8 rows hold int4 or uint4", name(runs.format)));
    }
    if (decode_nibbles(runs.format, runs.nibbles(), out, runs.stride))
        throw std::invalid_argument("code = 0x8: int4 has no -8");
}

void decode(const Runs& runs, std::int16_t* out) {
    if (bits(runs.format) != 4) {
        throw std::invalid_argument(
            fmt::format("format = {}: int16 rows hold int4, uint4 or fp4_r4", name(runs.format)));
    }
    if (decode_nibbles(runs.format, runs.nibbles(), out, runs.stride))
        throw std::invalid_argument("code = 0x8: int4 has no -8");
}

void decode(const Runs& runs, float* out) {
    if (runs.format == Format::fp4_r4)
        throw std::invalid_argument("format = fp4_r4: has no place among float rows");
    if (const int bytes = bits(runs.format) / 8; bytes != 0) {
        decode_block(runs.format, runs.source.data() + runs.first * bytes,
                     runs.element_stride * bytes, runs.rows, runs.length, out, runs.stride);
        return;
    }
    for (std::int64_t row = 0; row < runs.rows; ++row)
        decode_row(runs.format, runs.source.data(), runs.first + row * runs.element_stride,
                   {out + row * runs.stride, static_cast<std::size_t>(runs.length)});
}

}  // namespace

void decode_rows(Format format, std::span<const std::byte> source, std::int64_t first_element,
                 std::int64_t element_stride, std::int64_t rows, std::int64_t length,
                 DecodedRows destination, std::int64_t destination_stride) {
    Runs runs{format, source, first_element, element_stride, rows, length, destination_stride};
    runs.join();
    std::visit([&](auto* out) { decode(runs, out); }, destination);
}

}  // namespace quatrain::numerics
