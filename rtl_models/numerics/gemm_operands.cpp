// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"

#include "rtl_models/numerics/gemm_kernels.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/gemm_operands.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// One vector of words from 128 bits of each row; returns the columns done.

HWY_INLINE std::int64_t interleave_vectors(const std::int8_t* rows, std::int64_t stride,
                                           std::uint32_t* words) {
    const hn::CappedTag<std::int8_t, 16> bytes;
    const hn::Repartition<std::int16_t, decltype(bytes)> pairs;
    const hn::Repartition<std::uint32_t, decltype(bytes)> quads;
    const auto a = hn::LoadU(bytes, rows), b = hn::LoadU(bytes, rows + stride);
    const auto c = hn::LoadU(bytes, rows + 2 * stride), d = hn::LoadU(bytes, rows + 3 * stride);
    const auto low_ab = hn::ZipLower(pairs, a, b), high_ab = hn::ZipUpper(pairs, a, b);
    const auto low_cd = hn::ZipLower(pairs, c, d), high_cd = hn::ZipUpper(pairs, c, d);
    const auto store = [&](auto vector, int first) {
        hn::StoreU(hn::BitCast(quads, vector), quads, words + first);
    };
    store(hn::InterleaveLower(pairs, low_ab, low_cd), 0);
    store(hn::InterleaveUpper(pairs, low_ab, low_cd), 4);
    store(hn::InterleaveLower(pairs, high_ab, high_cd), 8);
    store(hn::InterleaveUpper(pairs, high_ab, high_cd), 12);
    return 16;
}

HWY_INLINE std::int64_t interleave_vectors(const std::int16_t* rows, std::int64_t stride,
                                           std::uint32_t* words) {
    const hn::CappedTag<std::int16_t, 8> shorts;
    const hn::Repartition<std::uint32_t, decltype(shorts)> pairs;
    const auto a = hn::LoadU(shorts, rows), b = hn::LoadU(shorts, rows + stride);
    hn::StoreU(hn::BitCast(pairs, hn::InterleaveLower(shorts, a, b)), pairs, words);
    hn::StoreU(hn::BitCast(pairs, hn::InterleaveUpper(shorts, a, b)), pairs, words + 4);
    return 8;
}

/// `count` rows of decoded elements, one per reduction element of a word, into one word per column.
template <class T>
void interleave(const T* rows, std::int64_t stride, std::int64_t count, std::int64_t width,
                std::uint32_t* words) {
    constexpr std::int64_t per_word = 4 / sizeof(T);
    constexpr std::int64_t columns_at_once = 16 / sizeof(T);
    std::int64_t i = 0;
    if (count == per_word)
        while (i + columns_at_once <= width) i += interleave_vectors(rows + i, stride, words + i);
    for (; i < width; ++i) {
        std::uint32_t word = 0;
        for (int e = 0; e < count; ++e) {
            const auto element = static_cast<std::make_unsigned_t<T>>(rows[e * stride + i]);
            word |= std::uint32_t{element} << (e * 8 * sizeof(T));
        }
        words[i] = word;
    }
}

void interleave(const float* rows, std::int64_t, std::int64_t, std::int64_t width,
                std::uint32_t* words) {
    std::memcpy(words, rows, static_cast<std::size_t>(width) * sizeof(float));
}

/// Word (step, i) of column i at words[i / panel * panel * steps + step * panel + i % panel].
template <class T>
void pack(const T* rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
          std::int64_t chunk, std::int64_t panel, PackedOperand& packed) {
    constexpr std::int64_t per_word = 4 / sizeof(T);
    const std::int64_t panels = (width + panel - 1) / panel;
    packed.width = width;
    packed.steps_per_chunk = (std::min(chunk, depth) + per_word - 1) / per_word;
    packed.steps =
        depth / chunk * packed.steps_per_chunk + (depth % chunk + per_word - 1) / per_word;
    // Padded columns of the last panel are multiplied too: they must be zero, whatever was there
    // before.
    packed.words.resize(static_cast<std::size_t>(panels * panel * packed.steps));
    for (std::int64_t p = 0; p < panels; ++p) {
        const std::int64_t used = std::min(panel, width - p * panel);
        std::uint32_t* words = packed.words.data() + p * panel * packed.steps;
        for (std::int64_t first = 0; first < depth; first += chunk) {
            const std::int64_t last = std::min(first + chunk, depth);
            for (std::int64_t k = first; k < last; k += per_word, words += panel) {
                interleave(rows + k * stride + p * panel, stride, std::min(per_word, last - k),
                           used, words);
                std::fill(words + used, words + panel, 0U);
            }
        }
    }
}

void pack_operand(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
                  std::int64_t chunk, std::int64_t panel, PackedOperand& packed) {
    std::visit([&](auto* elements) { pack(elements, stride, depth, width, chunk, panel, packed); },
               rows);
}

template <class T>
using Lanes = hn::CappedTag<T, 32 / sizeof(T)>;

/// Zero elements of a row; -0 is zero too.
template <class T>
HWY_INLINE std::int64_t zeros_of(const T* elements, std::int64_t width) {
    const Lanes<T> tag;
    constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(Lanes<T>()));
    std::int64_t zeros = 0, i = 0;
    for (; i + lanes <= width; i += lanes)
        zeros += static_cast<std::int64_t>(
            hn::CountTrue(tag, hn::Eq(hn::LoadU(tag, elements + i), hn::Zero(tag))));
    for (; i < width; ++i) zeros += elements[i] == T{} ? 1 : 0;
    return zeros;
}

void count_in_rows(DecodedRows rows, std::int64_t stride, std::int64_t count, std::int64_t width,
                   std::int64_t* zeros) {
    std::visit(
        [&](const auto* elements) {
            for (std::int64_t row = 0; row < count; ++row)
                zeros[row] = zeros_of(elements + row * stride, width);
        },
        rows);
}

/// Adds the zeros of one vector of columns to `zeros`. Counts are as narrow as the elements, and
/// widened before they overflow.
template <class T>
HWY_INLINE void count_columns(const T* rows, std::int64_t stride, std::int64_t count,
                              std::int64_t* zeros) {
    using Count = hwy::MakeSigned<T>;
    constexpr std::int64_t most = std::numeric_limits<Count>::max();
    const Lanes<T> tag;
    const hn::RebindToSigned<Lanes<T>> counts;
    HWY_ALIGN Count partial[hn::MaxLanes(Lanes<T>())];
    for (std::int64_t first = 0; first < count; first += most) {
        auto sum = hn::Zero(counts);
        for (std::int64_t row = first; row < std::min(first + most, count); ++row) {
            const auto zero = hn::Eq(hn::LoadU(tag, rows + row * stride), hn::Zero(tag));
            sum = hn::Sub(sum, hn::BitCast(counts, hn::VecFromMask(tag, zero)));
        }
        hn::Store(sum, counts, partial);
        for (std::size_t lane = 0; lane < std::size(partial); ++lane) zeros[lane] += partial[lane];
    }
}

template <class T>
void count_in_columns(const T* rows, std::int64_t stride, std::int64_t count, std::int64_t depth,
                      std::int64_t* zeros) {
    constexpr auto lanes = static_cast<std::int64_t>(hn::MaxLanes(Lanes<T>()));
    std::int64_t k = 0;
    for (; k + lanes <= depth; k += lanes) count_columns(rows + k, stride, count, zeros + k);
    for (std::int64_t row = 0; row < count; ++row)
        for (std::int64_t rest = k; rest < depth; ++rest)
            zeros[rest] += rows[row * stride + rest] == T{} ? 1 : 0;
}

void count_per_element(DecodedRows rows, std::int64_t stride, std::int64_t count,
                       std::int64_t depth, std::int64_t* zeros) {
    std::visit(
        [&](const auto* elements) { count_in_columns(elements, stride, count, depth, zeros); },
        rows);
}

}  // namespace
}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quatrain::numerics {
namespace {

template <class T>
T* zeroed(std::vector<T>& memory, std::int64_t elements) {
    memory.assign(static_cast<std::size_t>(elements), T{});
    return memory.data();
}

HWY_EXPORT(pack_operand);
HWY_EXPORT(count_in_rows);
HWY_EXPORT(count_per_element);

}  // namespace

DecodedRows DecodedBuffer::zeroed(ProductKind kind, std::int64_t rows, std::int64_t stride) {
    switch (kind) {
        case ProductKind::integer4:
            return numerics::zeroed(bytes_, rows * stride);
        case ProductKind::logarithmic:
            return numerics::zeroed(shorts_, rows * stride);
        case ProductKind::floating:
            break;
    }
    return numerics::zeroed(floats_, rows * stride);
}

void pack_stationary(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
                     std::int64_t chunk, PackedOperand& packed) {
    HWY_DYNAMIC_DISPATCH(pack_operand)(rows, stride, depth, width, chunk, panel_columns, packed);
}

void pack_moving(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
                 std::int64_t chunk, PackedOperand& packed) {
    HWY_DYNAMIC_DISPATCH(pack_operand)
    (rows, stride, depth, width, chunk, std::max<std::int64_t>(width, 1), packed);
}

void count_zeros(DecodedRows rows, std::int64_t stride, std::int64_t count, std::int64_t depth,
                 std::span<std::int64_t> zeros) {
    HWY_DYNAMIC_DISPATCH(count_per_element)(rows, stride, count, depth, zeros.data());
}

std::vector<std::int64_t> count_zeros_in_rows(DecodedRows rows, std::int64_t stride,
                                              std::int64_t count, std::int64_t width) {
    std::vector<std::int64_t> zeros(static_cast<std::size_t>(count));
    HWY_DYNAMIC_DISPATCH(count_in_rows)(rows, stride, count, width, zeros.data());
    return zeros;
}

std::int64_t zero_products(std::span<const std::int64_t> moving_zeros, std::int64_t rows,
                           std::span<const std::int64_t> stationary_zeros, std::int64_t columns) {
    std::int64_t products = 0;
    for (std::size_t k = 0; k < moving_zeros.size(); ++k) {
        products += moving_zeros[k] * columns + (rows - moving_zeros[k]) * stationary_zeros[k];
    }
    return products;
}

}  // namespace quatrain::numerics
#endif
