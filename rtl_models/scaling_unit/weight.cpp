// SPDX-License-Identifier: Apache-2.0
// Weights: SaWB statistics, scale and codes (docs/training-step.md, rule 2).
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/sawb.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstring>

namespace quatrain::scaling_unit {
namespace {

float sequential_sum(std::span<const float> values) {
    float sum = 0.0F;
    for (const float value : values) sum = sum + value;
    return sum;
}

float largest(std::span<const float> values) {
    float maximum = 0.0F;
    for (const float value : values) maximum = value > maximum ? value : maximum;
    return maximum;
}

/// 4 bits: codes in units of the step.
void quantise_to_int4(const Execution& run, float step) {
    const TileReader input = run.tile_in(0);
    const std::span<std::byte> output = run.tile_out(0);
    run.for_each_block([&](const Block& block, Workspace& workspace) {
        const std::span<const float> weights = input.read(block, workspace);
        const std::span<std::uint8_t> codes = grown(workspace.codes, block.count);
        for (std::size_t i = 0; i < codes.size(); ++i)
            codes[i] = static_cast<std::uint8_t>(
                numerics::sawb_quantise(weights[i], step, &workspace.faults) & 15);
        numerics::pack_codes(output.data(), block.first, codes);
    });
}

/// 8, 16 or 32 bits: the weights themselves, rounded.
void round_weights(const Execution& run) {
    const TileReader input = run.tile_in(0);
    const std::span<std::byte> output = run.tile_out(0);
    run.for_each_block([&](const Block& block, Workspace& workspace) {
        numerics::encode_row(run.out_format(0), output.data(), block.first,
                             input.read(block, workspace), &workspace.faults);
    });
}

/// Codes of 8, 16 or 32 bits: columns [first, last) of a rows x columns tile, as rows.
template <class Code>
void transpose_codes(std::span<const std::byte> tile, std::span<std::byte> result,
                     std::int64_t rows, std::int64_t columns, const Columns& part) {
    constexpr auto width = static_cast<std::int64_t>(sizeof(Code));
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t c = part.first; c < part.end; ++c)
            std::memcpy(result.data() + (c * rows + row) * width,
                        tile.data() + (row * columns + c) * width, sizeof(Code));
}

/// The same for codes of 4 bits; the first column is even, so that its row starts on a byte.
void transpose_nibbles(std::span<const std::byte> tile, std::span<std::byte> result,
                       std::int64_t rows, std::int64_t columns, const Columns& part,
                       Workspace& workspace) {
    const std::span<std::uint8_t> codes = grown(workspace.codes, (part.end - part.first) * rows);
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t c = part.first; c < part.end; ++c)
            codes[static_cast<std::size_t>((c - part.first) * rows + row)] =
                static_cast<std::uint8_t>(
                    numerics::load_code(tile.data(), numerics::Format::int4, row * columns + c));
    numerics::pack_codes(result.data(), part.first * rows, codes);
}

/// Out[1]: the codes of out[0], columns x rows. They are the same conversions, whose faults count
/// once.
void write_transpose(const Execution& run) {
    const std::span<const std::byte> tile = run.tile_out(0);
    const std::span<std::byte> result = run.tile_out(1);
    constexpr std::int64_t columns_at_a_time = 16;
    const auto transpose = [&](std::int64_t piece, Workspace& workspace) {
        const std::int64_t first = piece * columns_at_a_time;
        const Columns part{first, std::min(first + columns_at_a_time, run.columns())};
        switch (numerics::bits(run.out_format(0))) {
            case 4:
                return transpose_nibbles(tile, result, run.rows(), run.columns(), part, workspace);
            case 8:
                return transpose_codes<std::uint8_t>(tile, result, run.rows(), run.columns(), part);
            case 16:
                return transpose_codes<std::uint16_t>(tile, result, run.rows(), run.columns(),
                                                      part);
            default:
                return transpose_codes<std::uint32_t>(tile, result, run.rows(), run.columns(),
                                                      part);
        }
    };
    run.for_each_piece(ceil_div(run.columns(), columns_at_a_time), transpose);
}

}  // namespace

void weight_statistics(Execution& run) {
    const TileReader input = run.tile_in(0);
    const std::span<float> sums = run.initial_vector(0);
    const std::span<float> square_sums = run.initial_vector(1);
    const std::span<float> maxima = run.initial_vector(2);
    const std::int64_t columns = run.columns();
    const auto add = [&](const RowBlock& block, const Columns& part, Workspace& workspace) {
        for_each_panel(part, [&]<int width>(std::int64_t c, Width<width>) {
            auto sum = panel<width>(sums, c);
            auto square_sum = panel<width>(square_sums, c);
            auto maximum = panel<width>(maxima, c);
            const float* w = workspace.values.data() + c;
            for (std::int64_t row = 0; row < block.rows; ++row, w += columns) {
                for (int k = 0; k < width; ++k) {
                    const float magnitude = std::fabs(w[k]);
                    sum[k] = sum[k] + magnitude;
                    square_sum[k] = square_sum[k] + w[k] * w[k];
                    maximum[k] = magnitude > maximum[k] ? magnitude : maximum[k];
                }
            }
            store_panel(sum, sums, c);
            store_panel(square_sum, square_sums, c);
            store_panel(maximum, maxima, c);
        });
    };
    run.for_each_row_block_in_order(
        [&](const RowBlock& block, Workspace& workspace) { input.read(block, workspace); }, add);
    run.store_vector(0, sums);
    run.store_vector(1, square_sums);
    run.store_vector(2, maxima);
}

void weight_scale(Execution& run) {
    const std::int64_t count = run.instruction().immediate;
    if (count < 1) run.reject(fmt::format("immediate = {}: must be at least 1", count));
    const float alpha = numerics::sawb_alpha_of_sums(sequential_sum(run.vector_in(0)),
                                                     sequential_sum(run.vector_in(1)),
                                                     largest(run.vector_in(2)), count);
    run.store(0, alpha);
    run.store(1, numerics::sawb_step(alpha));
}

void quantise_weight(Execution& run) {
    const numerics::Format format = run.out_format(0);
    if (run.has_scalar(0) && format != numerics::Format::int4)
        run.reject(
            fmt::format("out[0] is {}: with a step it must be int4", numerics::name(format)));
    if (run.has_out(1) && run.out_format(1) != format)
        run.reject(fmt::format("out[1] is {}: must be {} as out[0]",
                               numerics::name(run.out_format(1)), numerics::name(format)));
    if (run.has_scalar(0))
        quantise_to_int4(run, run.scalar(0));
    else
        round_weights(run);
    if (run.has_out(1)) write_transpose(run);
}

}  // namespace quatrain::scaling_unit
