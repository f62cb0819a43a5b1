// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/row_codec.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <bit>
#include <cstring>
#include <stdexcept>

#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/row_codec.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "rtl_models/numerics/rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are stored as the host stores them");

/// Calls body with the codes of a format.
template <class Body>
HWY_INLINE void with_codes(Format format, Body body) {
    switch (format) {
        case Format::fp16:
            return body(LayoutCodes<fp16_layout>());
        case Format::dlfloat16:
            return body(DlFloat16Codes());
        case Format::bf16:
            return body(LayoutCodes<bf16_layout>());
        case Format::fp8_143:
            return body(LayoutCodes<fp8_143_layout>());
        case Format::fp8_152:
            return body(LayoutCodes<fp8_152_layout>());
        case Format::int4:
            return body(IntegerCodes<4, -7, 7>());
        case Format::uint4:
            return body(IntegerCodes<4, 0, 15>());
        case Format::fp4_r4:
            return body(Fp4Codes<0>());
        case Format::uint8:
            return body(IntegerCodes<8, 0, 255>());
        case Format::fp32:
            return body(Fp32Codes());
        case Format::int32:
            return body(Int32Codes());
    }
}

/// Counts the faults of values that were encoded, unless the largest magnitude says that there are
/// none.
template <class Codes>
void count_unusual(WideIntegerVector largest, const float* values, std::int64_t count,
                   Faults* faults) {
    const bool usual =
        hn::AllTrue(WideIntegers(), hn::Lt(largest, integers(Codes::least_saturated)));
    if (faults != nullptr && !usual) count_faults(values, count, Codes::least_saturated, *faults);
}

void decode_rows_of_bytes(Format format, const std::byte* source, std::int64_t source_stride,
                          std::int64_t rows, std::int64_t columns, float* values,
                          std::int64_t stride) {
    with_codes(format, [&]<class Codes>(Codes) {
        for (std::int64_t row = 0; row < rows; ++row)
            decode_codes<Codes>(source + row * source_stride, columns, values + row * stride);
    });
}

void encode_rows_of_bytes(Format format, const float* values, std::int64_t stride,
                          std::int64_t rows, std::int64_t columns, std::byte* destination,
                          std::int64_t destination_stride, Faults* faults) {
    with_codes(format, [&]<class Codes>(Codes codes) {
        if constexpr (!std::is_same_v<Codes, Int32Codes>) {
            for (std::int64_t row = 0; row < rows; ++row) {
                const float* from = values + row * stride;
                std::byte* to = destination + row * destination_stride;
                count_unusual<Codes>(encode_codes(codes, from, columns, to), from, columns, faults);
            }
        }
    });
}

void encode_row_of_nibbles(Format format, std::byte* data, std::int64_t first, const float* values,
                           std::int64_t count, Faults* faults) {
    with_codes(format, [&]<class Codes>(Codes codes) {
        if constexpr (std::is_same_v<typename Codes::Code, std::uint8_t>)
            count_unusual<Codes>(encode_nibbles(codes, values, count, data, first), values, count,
                                 faults);
    });
}

/// Returns true when a code of int4 is -8.
bool decode_row_of_nibbles(Format format, const std::byte* data, std::int64_t first,
                           std::int64_t count, float* values) {
    HWY_ALIGN std::uint8_t codes[nibble_block];
    bool minus_eight = false;
    for (std::int64_t done = 0; done < count; done += nibble_block) {
        const std::int64_t part = HWY_MIN(nibble_block, count - done);
        for_each_code(
            data, first + done, part,
            [&](auto tag, auto vector, std::int64_t i) { hn::StoreU(vector, tag, codes + i); },
            [&](unsigned code, std::int64_t i) { codes[i] = static_cast<std::uint8_t>(code); });
        if (format == Format::int4)
            minus_eight = minus_eight || std::memchr(codes, 8, static_cast<std::size_t>(part));
        with_codes(format, [&]<class Codes>(Codes) {
            if constexpr (std::is_same_v<typename Codes::Code, std::uint8_t>)
                decode_codes<Codes>(codes, part, values + done);
        });
    }
    return minus_eight;
}

}  // namespace
}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quatrain::numerics {

HWY_EXPORT(decode_rows_of_bytes);
HWY_EXPORT(encode_rows_of_bytes);
HWY_EXPORT(encode_row_of_nibbles);
HWY_EXPORT(decode_row_of_nibbles);

void decode_block(Format format, const std::byte* source, std::int64_t source_stride,
                  std::int64_t rows, std::int64_t columns, float* values, std::int64_t stride) {
    if (columns == 0) return;
    HWY_DYNAMIC_DISPATCH(decode_rows_of_bytes)
    (format, source, source_stride, rows, columns, values, stride);
}

void encode_block(Format format, const float* values, std::int64_t stride, std::int64_t rows,
                  std::int64_t columns, std::byte* destination, std::int64_t destination_stride,
                  Faults* faults) {
    if (columns == 0) return;
    if (format != Format::int32) {
        HWY_DYNAMIC_DISPATCH(encode_rows_of_bytes)
        (format, values, stride, rows, columns, destination, destination_stride, faults);
        return;
    }
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t i = 0; i < columns; ++i)
            store_code(destination + row * destination_stride, format, i,
                       encode(format, values[row * stride + i], faults));
}

void decode_row(Format format, const std::byte* data, std::int64_t first_element,
                std::span<float> out) {
    const auto count = static_cast<std::int64_t>(out.size());
    const int width = bits(format);
    if (width != 4)
        return decode_block(format, data + first_element * (width / 8), 0, 1, count, out.data(), 0);
    if (HWY_DYNAMIC_DISPATCH(decode_row_of_nibbles)(format, data, first_element, count, out.data()))
        throw std::invalid_argument("code = 0x8: int4 has no -8");
}

void encode_row(Format format, std::byte* data, std::int64_t first_element,
                std::span<const float> values, Faults* faults) {
    const auto count = static_cast<std::int64_t>(values.size());
    const int width = bits(format);
    if (width != 4)
        return encode_block(format, values.data(), 0, 1, count, data + first_element * (width / 8),
                            0, faults);
    HWY_DYNAMIC_DISPATCH(encode_row_of_nibbles)
    (format, data, first_element, values.data(), count, faults);
}

}  // namespace quatrain::numerics
#endif
