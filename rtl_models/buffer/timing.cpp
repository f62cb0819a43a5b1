// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/timing.hpp"

#include <array>
#include <utility>

namespace quatrain::buffer {
namespace {

constexpr double largest_buffer = 1LL << 30;
constexpr double smallest_buffer = 64;
constexpr std::int64_t mail_share = 64;  ///< a slot is so small a part of the vector buffer

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 7> info{{
        {"moving_bytes", "bytes", smallest_buffer, largest_buffer,
         "moving operands (activations or gradients), both halves"},
        {"stationary_bytes", "bytes", smallest_buffer, largest_buffer,
         "stationary operands (weights or gradients), both halves"},
        {"accumulator_bytes", "bytes", smallest_buffer, largest_buffer,
         "accumulators below the array, both halves"},
        {"vector_bytes", "bytes", smallest_buffer, largest_buffer,
         "tiles of the vector unit, drained results and parameters"},
        {"scalar_bytes", "bytes", smallest_buffer, largest_buffer,
         "scalars: steps, GradScales, constants of the optimiser"},
        {"banks", "banks", 1, 1024, "of every buffer"},
        {"word_bytes", "bytes", 1, 1024, "width of one bank"},
    }};
    return info;
}

void validate(const Params& params, std::int64_t cores) {
    const std::int64_t unit = 8 * params.word_bytes;
    const auto check = [unit](std::string_view field, std::int64_t bytes) {
        require(bytes > 0 && bytes % unit == 0, field, bytes,
                fmt::format("must be a multiple of 8 words, {} bytes", unit));
    };
    require(params.word_bytes > 0, "word_bytes", params.word_bytes, "must be at least 1 byte");
    require(params.banks > 0, "banks", params.banks, "must be at least 1");
    check("moving_bytes", params.moving_bytes);
    check("stationary_bytes", params.stationary_bytes);
    check("accumulator_bytes", params.accumulator_bytes);
    check("vector_bytes", params.vector_bytes);
    check("scalar_bytes", params.scalar_bytes);
    if (cores > 1)
        require(params.vector_bytes >= mail_share * params.word_bytes, "vector_bytes",
                params.vector_bytes,
                fmt::format("must be at least {} words, {} bytes, with several cores", mail_share,
                            mail_share * params.word_bytes));
}

VectorRegions vector_regions(const Params& params, std::int64_t cores) {
    const std::int64_t eighth = params.vector_bytes / 8;
    VectorRegions regions{.drain = {0, eighth},
                          .drain_bytes = eighth,
                          .tile = {2 * eighth, 4 * eighth},
                          .tile_bytes = 2 * eighth,
                          .parameters = 6 * eighth,
                          .parameter_bytes = 2 * eighth,
                          .sums = {},
                          .totals = {},
                          .mail_bytes = 0};
    if (cores == 1) return regions;
    const std::int64_t slot =
        params.vector_bytes / mail_share / params.word_bytes * params.word_bytes;
    std::int64_t next = params.vector_bytes - 2 * mail_slots * slot;
    regions.parameter_bytes = next - regions.parameters;
    regions.mail_bytes = slot;
    for (std::int64_t& sum : regions.sums) sum = std::exchange(next, next + slot);
    for (std::int64_t& total : regions.totals) total = std::exchange(next, next + slot);
    return regions;
}

}  // namespace quatrain::buffer
