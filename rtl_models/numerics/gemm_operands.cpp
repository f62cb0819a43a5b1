// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"

#include "rtl_models/numerics/gemm_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quatrain::numerics {
namespace {

/// `count` rows of decoded elements, one per reduction element of a word, into one word per column.
template <class T>
void interleave(const T* rows, std::int64_t stride, std::int64_t count, std::int64_t width,
                std::uint32_t* words) {
    using Unsigned = std::make_unsigned_t<T>;
    constexpr int element_bits = 8 * sizeof(T);
    constexpr int per_word = 4 / sizeof(T);
    if (count == per_word) {
        for (std::int64_t i = 0; i < width; ++i) {
            std::uint32_t word = 0;
            for (int e = 0; e < per_word; ++e) {
                word |= std::uint32_t{static_cast<Unsigned>(rows[e * stride + i])}
                        << (e * element_bits);
            }
            words[i] = word;
        }
        return;
    }
    for (std::int64_t i = 0; i < width; ++i) words[i] = 0;
    for (int e = 0; e < count; ++e) {
        for (std::int64_t i = 0; i < width; ++i) {
            words[i] |= std::uint32_t{static_cast<Unsigned>(rows[e * stride + i])}
                        << (e * element_bits);
        }
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

void pack(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
          std::int64_t chunk, std::int64_t panel, PackedOperand& packed) {
    std::visit([&](auto* elements) { pack(elements, stride, depth, width, chunk, panel, packed); },
               rows);
}

template <class T>
T* zeroed(std::vector<T>& memory, std::int64_t elements) {
    memory.assign(static_cast<std::size_t>(elements), T{});
    return memory.data();
}

/// Zero test of an element; -0 is zero too.
template <class T>
void count_zeros(const T* rows, std::int64_t stride, std::int64_t count, std::int64_t depth,
                 std::span<std::int64_t> zeros) {
    // 8-bit partial counts keep the inner loop in narrow registers; 255 rows fit.
    std::vector<std::uint8_t> partial(static_cast<std::size_t>(depth));
    for (std::int64_t first = 0; first < count; first += 255) {
        std::fill(partial.begin(), partial.end(), std::uint8_t{0});
        for (std::int64_t row = first; row < std::min(first + 255, count); ++row) {
            const T* elements = rows + row * stride;
            for (std::int64_t k = 0; k < depth; ++k) {
                partial[k] = static_cast<std::uint8_t>(partial[k] + (elements[k] == T{} ? 1 : 0));
            }
        }
        for (std::int64_t k = 0; k < depth; ++k) zeros[k] += partial[k];
    }
}

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
    pack(rows, stride, depth, width, chunk, panel_columns, packed);
}

void pack_moving(DecodedRows rows, std::int64_t stride, std::int64_t depth, std::int64_t width,
                 std::int64_t chunk, PackedOperand& packed) {
    pack(rows, stride, depth, width, chunk, std::max<std::int64_t>(width, 1), packed);
}

void count_zeros(DecodedRows rows, std::int64_t stride, std::int64_t count, std::int64_t depth,
                 std::span<std::int64_t> zeros) {
    std::visit([&](auto* elements) { count_zeros(elements, stride, count, depth, zeros); }, rows);
}

std::vector<std::int64_t> count_zeros_in_rows(DecodedRows rows, std::int64_t stride,
                                              std::int64_t count, std::int64_t width) {
    std::vector<std::int64_t> zeros(static_cast<std::size_t>(count));
    std::visit(
        [&]<class T>(const T* elements) {
            for (std::int64_t row = 0; row < count; ++row) {
                zeros[row] =
                    std::count(elements + row * stride, elements + row * stride + width, T{});
            }
        },
        rows);
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
