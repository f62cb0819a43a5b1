// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/accumulator.hpp"
#include "rtl_models/numerics/gemm.hpp"

#include <algorithm>
#include <bit>

namespace quatrain::numerics {
namespace {

/// One element's operands: `depth` moving values, and stationary values `stride` apart.
struct Column {
    std::span<const float> moving;
    const float* stationary;
    std::int64_t stride;

    float stationary_at(std::int64_t k) const { return stationary[k * stride]; }
};

std::int64_t integer_sum(const Column& column, std::int64_t first, std::int64_t last) {
    std::int64_t sum = 0;
    for (std::int64_t k = first; k < last; ++k) {
        sum += static_cast<std::int64_t>(column.moving[k]) *
               static_cast<std::int64_t>(column.stationary_at(k));
    }
    return sum;
}

float grouped_sum(const Column& column, std::int64_t first, std::int64_t last, std::int64_t lanes) {
    float sum = 0;
    for (std::int64_t k = first; k < last; k += lanes) {
        std::vector<float> a, b;
        for (std::int64_t i = k; i < std::min(k + lanes, last); ++i) {
            a.push_back(column.moving[i]);
            b.push_back(column.stationary_at(i));
        }
        sum = sum + group_sum(a, b);
    }
    return sum;
}

std::uint32_t add(const GemmRounding& rounding, std::uint32_t accumulator, const Column& column,
                  std::int64_t first, std::int64_t last) {
    if (rounding.accumulator == Format::int32) {
        return static_cast<std::uint32_t>(add_chunk_int32(static_cast<std::int32_t>(accumulator),
                                                          integer_sum(column, first, last)));
    }
    const auto before = std::bit_cast<float>(accumulator);
    const float after = rounding.kind == ProductKind::floating
                            ? add_chunk(rounding.accumulator, before,
                                        grouped_sum(column, first, last, rounding.lanes))
                            : add_chunk(rounding.accumulator, before,
                                        integer_sum(column, first, last), rounding.unit_log2);
    return std::bit_cast<std::uint32_t>(after);
}

}  // namespace

void multiply_reference(const GemmRounding& rounding, std::span<const float> moving,
                        std::span<const float> stationary, std::int64_t rows, std::int64_t columns,
                        std::int64_t depth, std::span<std::uint32_t> accumulators) {
    for (std::int64_t t = 0; t < rows; ++t) {
        for (std::int64_t n = 0; n < columns; ++n) {
            const Column column{moving.subspan(t * depth, depth), stationary.data() + n, columns};
            std::uint32_t& accumulator = accumulators[t * columns + n];
            for (std::int64_t k = 0; k < depth; k += rounding.chunk) {
                accumulator =
                    add(rounding, accumulator, column, k, std::min(k + rounding.chunk, depth));
            }
        }
    }
}

}  // namespace quatrain::numerics
