// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"

#include "rtl_models/numerics/gemm_kernels.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace quatrain::numerics {
namespace {

void check(const GemmRounding& rounding, const MovingWords& moving, const PackedOperand& stationary,
           std::int64_t rows, std::span<const std::uint32_t> accumulators, std::int64_t stride,
           int threads) {
    const auto fail = []<class... T>(fmt::format_string<const T&...> text, const T&... values) {
        throw std::invalid_argument(fmt::format(text, values...));
    };
    if (rounding.kind == ProductKind::floating) {
        if (rounding.accumulator == Format::int32)
            fail("accumulator = int32: serves the 4-bit mode only");
        if (rounding.lanes < 1 || rounding.lanes > 64)
            fail("lanes = {}: must be 1..64", rounding.lanes);
        if (rounding.lanes > 1 && moving.step_places != nullptr)
            fail("lanes = {}: must be 1 for vectors that overlap", rounding.lanes);
    } else if (constexpr std::int64_t longest = 1 << 15; rounding.chunk > longest) {
        fail("chunk = {}: at most {}, so that 32 bits hold every sum", rounding.chunk, longest);
    }
    if (rounding.chunk < 1) fail("chunk = {}: must be positive", rounding.chunk);
    if (threads < 1) fail("threads = {}: must be positive", threads);
    const std::int64_t last_row =
        rows == 0 ? 0 : (rows - 1) * stride + padded_columns(stationary.width);
    if (static_cast<std::int64_t>(accumulators.size()) < last_row ||
        stride < padded_columns(stationary.width)) {
        fail("accumulators: {} words, stride {}, for {} rows of {} padded columns",
             accumulators.size(), stride, rows, padded_columns(stationary.width));
    }
}

/// Rows of one task: enough products to hide the cost of a task, a multiple of the kernel's rows.
std::int64_t rows_per_task(const GemmBlock& block) {
    constexpr std::int64_t products = 1 << 21;
    const std::int64_t per_row = std::max<std::int64_t>(1, block.columns * block.depth);
    return std::max(kernel_rows, products / per_row / kernel_rows * kernel_rows);
}

bool multiply_rows(const GemmBlock& block, std::int64_t rows, int threads) {
    const std::int64_t grain = rows_per_task(block);
    if (threads == 1 || rows <= grain) return multiply_block(block, 0, rows);
    std::atomic<bool> overflow = false;
    tbb::task_arena arena(std::min(threads, tbb::info::default_concurrency()));
    arena.execute([&] {
        tbb::parallel_for(std::int64_t{0}, (rows + grain - 1) / grain, [&](std::int64_t task) {
            const std::int64_t first = task * grain;
            if (multiply_block(block, first, std::min(first + grain, rows))) overflow = true;
        });
    });
    return overflow;
}

}  // namespace

ProductKind product_kind(Format moving, Format stationary) {
    if (precision(moving, stationary) != Precision::four_bit) return ProductKind::floating;
    return moving == Format::uint4 && stationary == Format::int4 ? ProductKind::integer4
                                                                 : ProductKind::logarithmic;
}

int elements_per_word(ProductKind kind) {
    switch (kind) {
        case ProductKind::integer4:
            return 4;
        case ProductKind::logarithmic:
            return 2;
        case ProductKind::floating:
            return 1;
    }
    throw std::invalid_argument("product kind: no such enumerator");
}

int unit_log2(Format moving, Format stationary) {
    return moving == Format::fp4_r4 || stationary == Format::fp4_r4 ? -6 : 0;
}

std::int64_t padded_columns(std::int64_t columns) {
    return (columns + panel_columns - 1) / panel_columns * panel_columns;
}

MovingWords MovingWords::from_row(std::int64_t row) const {
    MovingWords rest = *this;
    if (row_places != nullptr)
        rest.row_places += row;
    else
        rest.words = static_cast<const std::uint32_t*>(words) + row * row_stride;
    return rest;
}

const void* words_of(DecodedRows rows) {
    return std::visit([](auto* elements) -> const void* { return elements; }, rows);
}

MovingWords moving_words(const PackedOperand& packed) {
    return {.words = packed.words.data(), .row_stride = 1, .step_stride = packed.width};
}

MovingWords moving_words(ProductKind kind, DecodedRows rows, std::int64_t stride) {
    return {
        .words = words_of(rows), .row_stride = stride / elements_per_word(kind), .step_stride = 1};
}

MovingWords moving_words(const OverlappingVectors& vectors) {
    return {.words = vectors.words,
            .row_places = vectors.row_places.data(),
            .step_places = vectors.step_places.data()};
}

void multiply_chunks(const GemmRounding& rounding, const MovingWords& moving,
                     const PackedOperand& stationary, std::int64_t rows,
                     std::span<std::uint32_t> accumulators, std::int64_t stride, int threads) {
    check(rounding, moving, stationary, rows, accumulators, stride, threads);
    static thread_local std::vector<std::int32_t> strided;
    GemmBlock block{.rounding = rounding,
                    .moving = moving,
                    .stationary = stationary.words.data(),
                    .columns = stationary.width,
                    .depth = stationary.steps * elements_per_word(rounding.kind),
                    .steps = stationary.steps,
                    .steps_per_chunk = stationary.steps_per_chunk,
                    .accumulators = accumulators.data(),
                    .stride = stride};
    if (moving.step_places == nullptr) {
        strided.resize(static_cast<std::size_t>(stationary.steps));
        for (std::int32_t place = 0; std::int32_t & step : strided) {
            step = place;
            place += static_cast<std::int32_t>(moving.step_stride);
        }
        block.moving.step_places = strided.data();
    }
    if (multiply_rows(block, rows, threads)) {
        throw std::overflow_error(
            "int32 accumulator: a chunk sum overflows it; choose another accumulator format");
    }
}

}  // namespace quatrain::numerics
