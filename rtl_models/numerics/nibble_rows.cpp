// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/nibble_rows.hpp"

#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/int4.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <array>
#include <stdexcept>

#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/nibble_rows.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "rtl_models/numerics/rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {
namespace {

// What the codes of a format are among integers: of(), one code's; store(), a vector of codes', one
// to a byte. At the bit pattern 8 int4 has no number.

template <bool has_sign>
struct IntegerNibbles {
    static constexpr bool rejects_eight = has_sign;
    static int of(unsigned code) {
        return has_sign ? sign_extend_int4(code) : static_cast<int>(code);
    }

    template <class Tag>
    static HWY_INLINE auto extended(Tag tag, hn::Vec<Tag> codes) {
        const auto sign = hn::Set(tag, std::uint8_t{has_sign ? 8 : 0});
        return hn::BitCast(hn::RebindToSigned<Tag>(), hn::Sub(hn::Xor(codes, sign), sign));
    }
    template <class Tag>
    static HWY_INLINE void store(Tag tag, hn::Vec<Tag> codes, std::int8_t* out) {
        hn::StoreU(extended(tag, codes), hn::RebindToSigned<Tag>(), out);
    }
    template <class Tag>
    static HWY_INLINE void store(Tag tag, hn::Vec<Tag> codes, std::int16_t* out) {
        const hn::Half<hn::RebindToSigned<Tag>> half;
        const hn::Repartition<std::int16_t, Tag> shorts;
        const auto values = extended(tag, codes);
        hn::StoreU(hn::PromoteTo(shorts, hn::LowerHalf(half, values)), shorts, out);
        hn::StoreU(hn::PromoteTo(shorts, hn::UpperHalf(half, values)), shorts,
                   out + hn::MaxLanes(shorts));
    }
};

struct Fp4Nibbles {
    static constexpr bool rejects_eight = false;
    static int of(unsigned code) { return integer_value(static_cast<std::uint8_t>(code)); }

    template <class Tag>
    static HWY_INLINE void store(Tag tag, hn::Vec<Tag> codes, std::int16_t* out) {
        alignas(16) static constexpr auto low_bytes = bytes_of_codes(0);
        alignas(16) static constexpr auto high_bytes = bytes_of_codes(8);
        const auto low = hn::TableLookupBytes(hn::LoadDup128(tag, low_bytes.data()), codes);
        const auto high = hn::TableLookupBytes(hn::LoadDup128(tag, high_bytes.data()), codes);
        const hn::Half<Tag> half;
        const hn::Repartition<std::uint16_t, Tag> words;
        const hn::Repartition<std::int16_t, Tag> shorts;
        const auto store_half = [&](auto low_half, auto high_half, std::int16_t* to) {
            const auto high_word = hn::ShiftLeft<8>(hn::PromoteTo(words, high_half));
            const auto word = hn::Or(hn::PromoteTo(words, low_half), high_word);
            hn::StoreU(hn::BitCast(shorts, word), shorts, to);
        };
        store_half(hn::LowerHalf(half, low), hn::LowerHalf(half, high), out);
        store_half(hn::UpperHalf(half, low), hn::UpperHalf(half, high), out + hn::MaxLanes(shorts));
    }

private:
    static constexpr std::array<std::uint8_t, 16> bytes_of_codes(int shift) {
        std::array<std::uint8_t, 16> bytes{};
        for (unsigned code = 0; code < 16; ++code)
            bytes[code] = static_cast<std::uint8_t>(
                static_cast<unsigned>(integer_value(static_cast<std::uint8_t>(code))) >> shift);
        return bytes;
    }
};

/// Returns true when a code is 8 and the format rejects it.
template <class Nibbles, class T>
HWY_INLINE bool decode_run(const std::byte* data, std::int64_t first, std::int64_t count, T* out) {
    bool eight = false;
    for_each_code(
        data, first, count,
        [&](auto tag, auto codes, std::int64_t i) {
            Nibbles::store(tag, codes, out + i);
            if constexpr (Nibbles::rejects_eight)
                eight |= !hn::AllFalse(tag, hn::Eq(codes, hn::Set(tag, std::uint8_t{8})));
        },
        [&](unsigned code, std::int64_t i) {
            out[i] = static_cast<T>(Nibbles::of(code));
            if constexpr (Nibbles::rejects_eight) eight |= code == 8;
        });
    return eight;
}

template <class Nibbles, class T>
bool decode_runs(const NibbleRows& source, T* out, std::int64_t stride) {
    bool eight = false;
    for (std::int64_t row = 0; row < source.rows; ++row)
        eight |= decode_run<Nibbles>(source.data, source.first + row * source.element_stride,
                                     source.length, out + row * stride);
    return eight;
}

bool decode_to_bytes(Format format, const NibbleRows& source, std::int8_t* out,
                     std::int64_t stride) {
    return format == Format::int4 ? decode_runs<IntegerNibbles<true>>(source, out, stride)
                                  : decode_runs<IntegerNibbles<false>>(source, out, stride);
}

bool decode_to_shorts(Format format, const NibbleRows& source, std::int16_t* out,
                      std::int64_t stride) {
    if (format == Format::fp4_r4) return decode_runs<Fp4Nibbles>(source, out, stride);
    return format == Format::int4 ? decode_runs<IntegerNibbles<true>>(source, out, stride)
                                  : decode_runs<IntegerNibbles<false>>(source, out, stride);
}

void pack_nibbles(std::byte* data, std::int64_t first, const std::uint8_t* codes,
                  std::int64_t count) {
    merge_codes(data, first, codes, count);
}

}  // namespace
}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quatrain::numerics {

HWY_EXPORT(decode_to_bytes);
HWY_EXPORT(decode_to_shorts);
HWY_EXPORT(pack_nibbles);

bool decode_nibbles(Format format, const NibbleRows& source, std::int8_t* out,
                    std::int64_t stride) {
    return HWY_DYNAMIC_DISPATCH(decode_to_bytes)(format, source, out, stride);
}

bool decode_nibbles(Format format, const NibbleRows& source, std::int16_t* out,
                    std::int64_t stride) {
    return HWY_DYNAMIC_DISPATCH(decode_to_shorts)(format, source, out, stride);
}

void unpack_int4(const std::byte* data, std::int64_t first, std::span<std::int8_t> out) {
    const auto count = static_cast<std::int64_t>(out.size());
    if (decode_nibbles(Format::int4, {data, first, 0, 1, count}, out.data(), 0))
        throw std::invalid_argument("code = 0x8: int4 has no -8");
}

void unpack_uint4(const std::byte* data, std::int64_t first, std::span<std::uint8_t> out) {
    const auto count = static_cast<std::int64_t>(out.size());
    // 0..15 is the same bits in both signednesses
    decode_nibbles(Format::uint4, {data, first, 0, 1, count},
                   reinterpret_cast<std::int8_t*>(out.data()), 0);
}

void unpack_fp4_r4(const std::byte* data, std::int64_t first, std::span<std::int16_t> out) {
    const auto count = static_cast<std::int64_t>(out.size());
    decode_nibbles(Format::fp4_r4, {data, first, 0, 1, count}, out.data(), 0);
}

void pack_codes(std::byte* data, std::int64_t first, std::span<const std::uint8_t> codes) {
    HWY_DYNAMIC_DISPATCH(pack_nibbles)
    (data, first, codes.data(), static_cast<std::int64_t>(codes.size()));
}

}  // namespace quatrain::numerics
#endif
