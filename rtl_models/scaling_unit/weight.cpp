// SPDX-License-Identifier: Apache-2.0
// Weights: SaWB statistics, scale and codes (docs/training-step.md, rule 2).
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/sawb.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

#include <fmt/format.h>
#include <cmath>

namespace quatrain::scaling_unit {
namespace {

float sequential_sum(const std::vector<float>& values) {
    float sum = 0.0F;
    for (const float value : values) sum = sum + value;
    return sum;
}

float largest(const std::vector<float>& values) {
    float maximum = 0.0F;
    for (const float value : values) maximum = value > maximum ? value : maximum;
    return maximum;
}

/// The transpose of a rows x columns tile.
template <class T>
std::vector<T> transpose(const std::vector<T>& tile, std::int64_t rows, std::int64_t columns) {
    std::vector<T> result(tile.size());
    auto next = result.begin();
    for (std::int64_t c = 0; c < columns; ++c)
        for (std::int64_t row = 0; row < rows; ++row)
            *next++ = tile[static_cast<std::size_t>(row * columns + c)];
    return result;
}

/// 4 bits: codes in units of the step.
void quantise_to_int4(Execution& run, float step) {
    const std::vector<float> weights = run.tile(0);
    std::vector<std::uint8_t> codes(weights.size());
    for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = static_cast<std::uint8_t>(
            numerics::sawb_quantise(weights[i], step, &run.faults()) & 15);
    numerics::pack_codes(run.tile_out(0).data(), 0, codes);
    if (run.has_out(1))
        numerics::pack_codes(run.tile_out(1).data(), 0,
                             transpose(codes, run.rows(), run.columns()));
}

/// 8, 16 or 32 bits: the weights themselves, rounded. The transposed copy's faults are those of the
/// first.
void round_weights(Execution& run) {
    const std::vector<float> weights = run.tile(0);
    const numerics::Format format = run.out_format(0);
    numerics::encode_row(format, run.tile_out(0).data(), 0, weights, &run.faults());
    if (run.has_out(1))
        numerics::encode_row(format, run.tile_out(1).data(), 0,
                             transpose(weights, run.rows(), run.columns()));
}

}  // namespace

void weight_statistics(Execution& run) {
    const std::vector<float> weights = run.tile(0);
    std::vector<float> sum = run.initial_vector(0);
    std::vector<float> square_sum = run.initial_vector(1);
    std::vector<float> maximum = run.initial_vector(2);
    const auto columns = static_cast<std::size_t>(run.columns());
    const float* w = weights.data();
    for (std::int64_t row = 0; row < run.rows(); ++row, w += columns) {
        for (std::size_t c = 0; c < columns; ++c) {
            const float magnitude = std::fabs(w[c]);
            sum[c] = sum[c] + magnitude;
            square_sum[c] = square_sum[c] + w[c] * w[c];
            maximum[c] = magnitude > maximum[c] ? magnitude : maximum[c];
        }
    }
    run.store_vector(0, sum);
    run.store_vector(1, square_sum);
    run.store_vector(2, maximum);
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
}

}  // namespace quatrain::scaling_unit
