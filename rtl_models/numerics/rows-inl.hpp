// SPDX-License-Identifier: Apache-2.0
// Loops over rows of codes, in vectors of the current Highway target: included once per target.
#if defined(QUATRAIN_ROWS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QUATRAIN_ROWS_INL
#undef QUATRAIN_ROWS_INL
#else
#define QUATRAIN_ROWS_INL
#endif

#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/nibble.hpp"

#include <cstring>

#include "rtl_models/numerics/codes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

/// The first `count` < wide_lanes values and zeros.
HWY_INLINE WideIntegerVector load_first(const float* values, std::int64_t count) {
    HWY_ALIGN std::int32_t lanes[wide_lanes] = {};
    std::memcpy(lanes, values, static_cast<std::size_t>(count) * sizeof(float));
    return hn::Load(WideIntegers(), lanes);
}

/// Calls body(bit patterns) for a row of values; lanes behind the last are zero. One call only, so
/// that compilers inline it and keep its sums in registers.
template <class Body>
HWY_INLINE void for_each_vector_of(const float* values, std::int64_t count, Body body) {
    for (std::int64_t i = 0; i < count; i += wide_lanes) {
        const bool whole = i + wide_lanes <= count;
        body(whole ? as_bits(hn::LoadU(WideFloats(), values + i))
                   : load_first(values + i, count - i));
    }
}

HWY_INLINE std::int64_t sum_of(WideIntegerVector counts) {
    return hn::GetLane(hn::SumOfLanes(WideIntegers(), counts));
}

/// Lanes where the mask holds, counted by subtraction.
template <class Mask>
HWY_INLINE void count_if(WideIntegerVector& counts, Mask mask) {
    counts = hn::Sub(counts, hn::VecFromMask(WideIntegers(), mask));
}

/// NaN, infinity, and finite magnitudes from `least_saturated` (a bit pattern) on. At most 2^31
/// values.
inline void count_faults(const float* values, std::int64_t count, std::int32_t least_saturated,
                         Faults& faults) {
    WideIntegerVector nan = integers(0), infinity = integers(0), not_below = integers(0);
    for_each_vector_of(values, count, [&](WideIntegerVector bits) {
        const WideIntegerVector magnitude = magnitude_of(bits);
        count_if(nan, hn::Gt(magnitude, integers(infinite)));
        count_if(infinity, hn::Eq(magnitude, integers(infinite)));
        count_if(not_below, hn::Gt(magnitude, integers(least_saturated - 1)));
    });
    const std::int64_t special = sum_of(nan) + sum_of(infinity);
    faults.nan += static_cast<std::uint64_t>(sum_of(nan));
    faults.infinity += static_cast<std::uint64_t>(sum_of(infinity));
    faults.saturated += static_cast<std::uint64_t>(sum_of(not_below) - special);
}

/// Calls vector(i) for whole vectors of elements [i, i + wide_lanes) that cover [0, count); the
/// last may overlap the one before. Calls single(i) for the elements of a row shorter than a
/// vector.
template <class Vector, class Single>
HWY_INLINE void cover(std::int64_t count, Vector vector, Single single) {
    if (count < wide_lanes) {
        for (std::int64_t i = 0; i < count; ++i) single(i);
        return;
    }
    const std::int64_t last = count - wide_lanes;
    for (std::int64_t i = 0; i < last; i += wide_lanes) vector(i);
    vector(last);
}

template <class Codes>
constexpr bool has_instructions() {
    if constexpr (requires { Codes::has_instructions; }) return Codes::has_instructions;
    return false;
}

using Halfs = hn::Rebind<hwy::float16_t, WideIntegers>;
using HalfBits = hn::Rebind<std::int16_t, WideIntegers>;

/// encode_codes() of fp16 by instructions, for values among which is no NaN.
template <class Encoder, class Byte>
HWY_INLINE WideIntegerVector encode_halfs(const float* values, std::int64_t count, Byte* codes) {
    WideIntegerVector largest = integers(0);
    cover(
        count,
        [&](std::int64_t i) {
            const WideFloatVector value = hn::LoadU(WideFloats(), values + i);
            largest = hn::Max(largest, magnitude_of(as_bits(value)));
            hn::StoreU(hn::BitCast(HalfBits(), hn::DemoteTo(Halfs(), value)), HalfBits(),
                       reinterpret_cast<std::int16_t*>(codes + 2 * i));
        },
        [&](std::int64_t i) {
            const WideIntegerVector bits = as_bits(hn::Set(WideFloats(), values[i]));
            largest = hn::Max(largest, magnitude_of(bits));
            const auto code = static_cast<std::uint16_t>(hn::GetLane(Encoder::encode(bits)));
            std::memcpy(codes + 2 * i, &code, sizeof(code));
        });
    return largest;
}

/// decode_codes() of fp16 by instructions. Returns false when there are codes of NaN.
template <class Byte>
HWY_INLINE bool decode_halfs(const Byte* codes, std::int64_t count, float* values) {
    const HalfBits tag;
    auto largest = hn::Zero(tag);
    if (count < wide_lanes) return false;
    cover(
        count,
        [&](std::int64_t i) {
            const auto code = hn::LoadU(tag, reinterpret_cast<const std::int16_t*>(codes + 2 * i));
            largest = hn::Max(largest, hn::And(code, hn::Set(tag, std::int16_t{0x7FFF})));
            hn::StoreU(hn::PromoteTo(WideFloats(), hn::BitCast(Halfs(), code)), WideFloats(),
                       values + i);
        },
        [](std::int64_t) {});
    return hn::AllTrue(tag, hn::Lt(largest, hn::Set(tag, std::int16_t{0x7C01})));
}

/// codes[i] = the code of values[i], by `encoder` (codes-inl.hpp). Returns the largest magnitude
/// (a bit pattern), lane by lane.
template <class Encoder, class Byte>
HWY_INLINE WideIntegerVector encode_codes(const Encoder& encoder, const float* values,
                                          std::int64_t count, Byte* codes) {
    using Code = typename Encoder::Code;
    constexpr auto bytes = static_cast<std::int64_t>(sizeof(Code));
    const hn::Rebind<Code, WideIntegers> narrow;
    WideIntegerVector largest = integers(0);
    if constexpr (has_instructions<Encoder>()) {
        largest = encode_halfs<Encoder>(values, count, codes);
        if (hn::AllTrue(WideIntegers(), hn::Lt(largest, integers(infinite + 1)))) return largest;
    }
    cover(
        count,
        [&](std::int64_t i) {
            const WideIntegerVector bits = as_bits(hn::LoadU(WideFloats(), values + i));
            largest = hn::Max(largest, magnitude_of(bits));
            const WideIntegerVector code = encoder.encode(bits);
            Code* to = reinterpret_cast<Code*>(codes + i * bytes);
            if constexpr (bytes == 4)
                hn::StoreU(code, WideIntegers(), to);
            else
                hn::StoreU(hn::DemoteTo(narrow, code), narrow, to);
        },
        [&](std::int64_t i) {
            const WideIntegerVector bits = as_bits(hn::Set(WideFloats(), values[i]));
            largest = hn::Max(largest, magnitude_of(bits));
            const auto code = static_cast<Code>(hn::GetLane(encoder.encode(bits)));
            std::memcpy(codes + i * bytes, &code, sizeof(code));
        });
    return largest;
}

/// values[i] = the value of codes[i].
template <class Decoder, class Byte>
HWY_INLINE void decode_codes(const Byte* codes, std::int64_t count, float* values) {
    using Code = typename Decoder::Code;
    constexpr auto bytes = static_cast<std::int64_t>(sizeof(Code));
    const hn::Rebind<Code, WideIntegers> narrow;
    if constexpr (has_instructions<Decoder>())
        if (decode_halfs(codes, count, values)) return;
    cover(
        count,
        [&](std::int64_t i) {
            const auto code = hn::LoadU(narrow, reinterpret_cast<const Code*>(codes + i * bytes));
            WideIntegerVector value;
            if constexpr (bytes == 4)
                value = Decoder::decode(code);
            else
                value = Decoder::decode(hn::PromoteTo(WideIntegers(), code));
            hn::StoreU(as_floats(value), WideFloats(), values + i);
        },
        [&](std::int64_t i) {
            Code code;
            std::memcpy(&code, codes + i * bytes, sizeof(code));
            const WideIntegerVector value = Decoder::decode(integers(code));
            values[i] = hn::GetLane(as_floats(value));
        });
}

// 4-bit codes: two to a byte when packed, low nibble first; one to a byte in vectors.

using ByteLanes = hn::CappedTag<std::uint8_t, 32>;
using FewByteLanes = hn::CappedTag<std::uint8_t, 16>;

/// One code to a byte, from half as many packed bytes.
template <class Tag>
HWY_INLINE hn::Vec<Tag> split(Tag tag, const std::byte* packed) {
    const hn::Repartition<std::uint16_t, Tag> shorts;
    const hn::Rebind<std::uint8_t, decltype(shorts)> half;
    const auto bytes =
        hn::PromoteTo(shorts, hn::LoadU(half, reinterpret_cast<const std::uint8_t*>(packed)));
    return hn::BitCast(tag, hn::And(hn::Or(bytes, hn::ShiftLeft<4>(bytes)),
                                    hn::Set(shorts, std::uint16_t{0x0F0F})));
}

/// Calls body(tag, codes, i) for the vectors of codes [done, count) of a packed row, i the first
/// one's index. Returns how many codes are done.
template <class Tag, class Body>
HWY_INLINE std::int64_t split_vectors(Tag tag, const std::byte* packed, std::int64_t done,
                                      std::int64_t count, Body body) {
    constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));
    for (; done + lanes <= count; done += lanes) body(tag, split(tag, packed + done / 2), done);
    return done;
}

/// Calls body(tag, codes, i) for vectors of the codes of elements first + i, and single(code, i)
/// for those that fill none.
template <class Body, class Single>
HWY_INLINE void for_each_code(const std::byte* data, std::int64_t first, std::int64_t count,
                              Body body, Single single) {
    if (count == 0) return;
    const std::int64_t odd = first & 1;
    if (odd != 0) single(load_nibble(data, first), std::int64_t{0});
    const std::byte* packed = data + ((first + 1) >> 1);
    const auto shifted = [&](auto tag, auto codes, std::int64_t i) { body(tag, codes, i + odd); };
    std::int64_t done = split_vectors(ByteLanes(), packed, 0, count - odd, shifted);
    done = split_vectors(FewByteLanes(), packed, done, count - odd, shifted);
    for (; done < count - odd; ++done) single(load_nibble(packed, done), done + odd);
}

/// Packs the vectors of codes[done..count) into packed[done / 2]. Returns how many codes are done.
template <class Tag>
HWY_INLINE std::int64_t merge_vectors(Tag tag, const std::uint8_t* codes, std::int64_t done,
                                      std::int64_t count, std::byte* packed) {
    const hn::Repartition<std::uint16_t, Tag> shorts;
    const hn::Repartition<std::int16_t, Tag> signed_shorts;
    const hn::Rebind<std::uint8_t, decltype(shorts)> half;
    constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(Tag()));
    for (; done + lanes <= count; done += lanes) {
        const auto pairs = hn::And(hn::BitCast(shorts, hn::LoadU(tag, codes + done)),
                                   hn::Set(shorts, std::uint16_t{0x0F0F}));
        const auto bytes =
            hn::And(hn::Or(pairs, hn::ShiftRight<4>(pairs)), hn::Set(shorts, std::uint16_t{0xFF}));
        hn::StoreU(hn::DemoteTo(half, hn::BitCast(signed_shorts, bytes)), half,
                   reinterpret_cast<std::uint8_t*>(packed + done / 2));
    }
    return done;
}

/// Element first + i = the low four bits of codes[i]; neighbours in shared bytes are kept.
inline void merge_codes(std::byte* data, std::int64_t first, const std::uint8_t* codes,
                        std::int64_t count) {
    if (count == 0) return;
    if ((first & 1) != 0) {
        store_nibble(data, first, *codes);
        merge_codes(data, first + 1, codes + 1, count - 1);
        return;
    }
    std::byte* packed = data + (first >> 1);
    std::int64_t i = merge_vectors(ByteLanes(), codes, 0, count, packed);
    i = merge_vectors(FewByteLanes(), codes, i, count, packed);
    for (; i + 1 < count; i += 2)
        packed[i / 2] = static_cast<std::byte>((codes[i] & 15U) | ((codes[i + 1] & 15U) << 4));
    if (i < count) store_nibble(packed, i, codes[i]);
}

/// Codes that are held one to a byte on the way to nibbles: so many that wide loads come long after
/// the narrow stores of what they read.
inline constexpr std::int64_t nibble_block = 512;

/// Element first + i = the code of values[i], by `encoder`. Returns as encode_codes().
template <class Encoder>
HWY_INLINE WideIntegerVector encode_nibbles(const Encoder& encoder, const float* values,
                                            std::int64_t count, std::byte* data,
                                            std::int64_t first) {
    WideIntegerVector largest = integers(0);
    HWY_ALIGN std::uint8_t codes[nibble_block];
    for (std::int64_t done = 0; done < count; done += nibble_block) {
        const std::int64_t part = HWY_MIN(nibble_block, count - done);
        largest = hn::Max(largest, encode_codes(encoder, values + done, part, codes));
        merge_codes(data, first + done, codes, part);
    }
    return largest;
}

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
