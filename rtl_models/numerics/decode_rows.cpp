// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

/// Whole bytes of 4-bit integers: two elements each, without a table, so that compilers vectorise
/// it. Returns true when an element is -8 (signed only).
template <bool is_signed>
bool decode_bytes(const std::byte* data, std::int64_t bytes, std::int8_t* out) {
    constexpr int sign = is_signed ? 8 : 0;
    int minus_eights = 0;
    for (std::int64_t i = 0; i < bytes; ++i) {
        const auto byte = std::to_integer<std::uint8_t>(data[i]);
        const auto low = static_cast<std::int8_t>(((byte & 15) ^ sign) - sign);
        const auto high = static_cast<std::int8_t>(((byte >> 4) ^ sign) - sign);
        out[2 * i] = low;
        out[2 * i + 1] = high;
        if constexpr (is_signed) minus_eights |= (low == -8 ? 1 : 0) | (high == -8 ? 1 : 0);
    }
    return minus_eights != 0;
}

/// Both elements of a byte of fp4_r4 codes.
using Fp4Pair = std::array<std::int16_t, 2>;

constexpr std::array<Fp4Pair, 256> fp4_pairs() {
    std::array<Fp4Pair, 256> pairs{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        pairs[byte] = {
            static_cast<std::int16_t>(integer_value(static_cast<std::uint8_t>(byte & 15U))),
            static_cast<std::int16_t>(integer_value(static_cast<std::uint8_t>(byte >> 4)))};
    }
    return pairs;
}

void decode_fp4_bytes(const std::byte* data, std::span<std::int16_t> out) {
    static constexpr std::array<Fp4Pair, 256> table = fp4_pairs();
    for (std::size_t i = 0; i < out.size() / 2; ++i)
        std::memcpy(out.data() + 2 * i, table[std::to_integer<std::size_t>(data[i])].data(),
                    sizeof(Fp4Pair));
}

void decode_run(Format format, const std::byte* data, std::int64_t first,
                std::span<std::int8_t> out) {
    if (format != Format::int4 && format != Format::uint4) {
        throw std::invalid_argument(
            fmt::format("format = {}: int8 rows hold int4 or uint4", name(format)));
    }
    const auto bytes = static_cast<std::int64_t>(out.size() / 2);
    const bool whole_bytes = first % 2 == 0 && out.size() % 2 == 0;
    if (whole_bytes && format == Format::uint4) {
        decode_bytes<false>(data + first / 2, bytes, out.data());
    } else if (whole_bytes) {
        if (decode_bytes<true>(data + first / 2, bytes, out.data()))
            throw std::invalid_argument("code = 0x8: int4 has no -8");
    } else if (format == Format::int4) {
        unpack_int4(data, first, out);
    } else {  // 0..15 is the same bits in both signednesses
        unpack_uint4(data, first, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    }
}

void decode_run(Format format, const std::byte* data, std::int64_t first,
                std::span<std::int16_t> out) {
    if (format == Format::fp4_r4) {
        const bool whole_bytes = first % 2 == 0 && out.size() % 2 == 0;
        return whole_bytes ? decode_fp4_bytes(data + first / 2, out)
                           : unpack_fp4_r4(data, first, out);
    }
    for (std::size_t done = 0; done < out.size();) {
        std::int8_t part[64];
        const std::size_t count = std::min(out.size() - done, std::size(part));
        decode_run(format, data, first + static_cast<std::int64_t>(done), std::span(part, count));
        std::copy_n(part, count, out.data() + done);
        done += count;
    }
}

void decode_run(Format format, const std::byte* data, std::int64_t first, std::span<float> out) {
    if (format == Format::fp4_r4) {
        throw std::invalid_argument("format = fp4_r4: has no place among float rows");
    }
    decode_row(format, data, first, out);
}

}  // namespace

void decode_rows(Format format, std::span<const std::byte> source, std::int64_t first_element,
                 std::int64_t element_stride, std::int64_t rows, std::int64_t length,
                 DecodedRows destination, std::int64_t destination_stride) {
    std::visit(
        [&]<class T>(T* out) {
            for (std::int64_t row = 0; row < rows; ++row) {
                decode_run(
                    format, source.data(), first_element + row * element_stride,
                    std::span<T>(out + row * destination_stride, static_cast<std::size_t>(length)));
            }
        },
        destination);
}

}  // namespace quatrain::numerics
