// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/function.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::mac_array {
namespace {

using numerics::DecodedRows;
using numerics::Format;

/// A tile of rows in a buffer: `rows` rows of `bytes` bytes, `stride` bytes apart.
struct Tile {
    std::int64_t address, stride, rows, bytes;
};

void require_inside(std::string_view what, const Tile& tile, std::size_t buffer_bytes) {
    if (tile.rows == 0) return;
    const std::int64_t last = tile.address + (tile.rows - 1) * tile.stride;
    const std::int64_t lowest = std::min(tile.address, last);
    const std::int64_t highest = std::max(tile.address, last) + tile.bytes;
    if (lowest < 0 || highest > static_cast<std::int64_t>(buffer_bytes)) {
        throw std::out_of_range(fmt::format("{} [{}, {}): outside the buffer of {} bytes", what,
                                            lowest, highest, buffer_bytes));
    }
}

void require_range(std::string_view what, std::int64_t value, std::int64_t limit,
                   std::string_view rule) {
    if (value < 0 || value > limit) {
        throw std::invalid_argument(
            fmt::format("{} = {}: must be 0..{} ({})", what, value, limit, rule));
    }
}

std::int64_t row_bytes(Format format, std::int64_t elements) {
    return (elements * numerics::bits(format) + 7) / 8;
}

std::int64_t round_up(std::int64_t value, std::int64_t step) {
    return ceil_div(value, step) * step;
}

numerics::GemmRounding rounding_of(const Params& params, Format moving, Format stationary,
                                   std::int64_t chunk) {
    return {.kind = numerics::product_kind(moving, stationary),
            .accumulator = accumulator_format(params.accumulator),
            .unit_log2 = numerics::unit_log2(moving, stationary),
            .lanes = lanes(params, moving, stationary),
            .chunk = chunk};
}

/// The stationary operand of a pass: `depth` rows of `columns` packed elements.
struct StationaryTile {
    Format format;
    std::int64_t address, stride, depth, columns;
};

/// Decodes and packs; returns the number of zeros in every row.
std::vector<std::int64_t> load_stationary(const StationaryTile& tile,
                                          const numerics::GemmRounding& rounding,
                                          std::span<const std::byte> buffer, Scratch& scratch) {
    require_inside("stationary operand",
                   {tile.address, tile.stride, tile.depth, row_bytes(tile.format, tile.columns)},
                   buffer.size());
    const DecodedRows rows = scratch.stationary.zeroed(rounding.kind, tile.depth, tile.columns);
    const int element_bits = numerics::bits(tile.format);
    if (tile.address * 8 % element_bits != 0 || tile.stride * 8 % element_bits != 0) {
        throw std::invalid_argument(
            fmt::format("stationary address = {}, stride = {}: must be whole elements of {} bits",
                        tile.address, tile.stride, element_bits));
    }
    numerics::decode_rows(tile.format, buffer, tile.address * 8 / element_bits,
                          tile.stride * 8 / element_bits, tile.depth, tile.columns, rows,
                          tile.columns);
    numerics::pack_stationary(rows, tile.columns, tile.depth, tile.columns, rounding.chunk,
                              scratch.packed_stationary);
    return numerics::count_zeros_in_rows(rows, tile.columns, tile.depth, tile.columns);
}

/// A window of the accumulator buffer, as 32-bit words in the scratch memory.
class AccumulatorTile {
public:
    AccumulatorTile(Accumulator accumulator, std::int64_t address, std::int64_t byte_stride,
                    std::int64_t columns, std::span<std::byte> buffer, Scratch& scratch)
        : format_(accumulator_format(accumulator)),
          address_(address),
          byte_stride_(byte_stride),
          columns_(columns),
          stride_(numerics::padded_columns(columns)),
          buffer_(buffer),
          words_(scratch.accumulators) {}

    /// Rows [first, first + rows), from the buffer or zero.
    std::span<std::uint32_t> load(std::int64_t first, std::int64_t rows, bool from_zero) {
        words_.assign(static_cast<std::size_t>(rows * stride_), 0U);
        require_inside(
            "accumulators",
            {address_ + first * byte_stride_, byte_stride_, rows, row_bytes(format_, columns_)},
            buffer_.size());
        if (!from_zero) {
            numerics::load_accumulators(format_, buffer_.data() + address_ + first * byte_stride_,
                                        byte_stride_, rows, columns_, words_.data(), stride_);
        }
        return words_;
    }
    void store(std::int64_t first, std::int64_t rows) {
        numerics::store_accumulators(format_, words_.data(), stride_, rows, columns_,
                                     buffer_.data() + address_ + first * byte_stride_,
                                     byte_stride_);
    }
    std::int64_t stride() const { return stride_; }

private:
    Format format_;
    std::int64_t address_, byte_stride_, columns_, stride_;
    std::span<std::byte> buffer_;
    std::vector<std::uint32_t>& words_;
};

}  // namespace

Format accumulator_format(Accumulator accumulator) {
    switch (accumulator) {
        case Accumulator::dlfloat16:
            return Format::dlfloat16;
        case Accumulator::fp16:
            return Format::fp16;
        case Accumulator::bf16:
            return Format::bf16;
        case Accumulator::fp32:
            return Format::fp32;
        case Accumulator::int32:
            return Format::int32;
    }
    throw std::invalid_argument("accumulator: no such enumerator");
}

PassCounts weight_stationary_pass(const Params& params, const isa::WeightStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch,
                                  int threads) {
    require_range("columns", pass.columns, params.cols, "columns of the array");
    require_range("k_count", pass.k_count,
                  params.rows * lanes(params, pass.moving_format, pass.stationary_format),
                  "rows * lanes of the array");
    const auto rounding = rounding_of(params, pass.moving_format, pass.stationary_format,
                                      std::max<std::int64_t>(pass.k_count, 1));
    const auto stationary_zeros =
        load_stationary({pass.stationary_format, pass.stationary_address, pass.stationary_stride,
                         pass.k_count, pass.columns},
                        rounding, stationary, scratch);
    AccumulatorTile tile(params.accumulator, pass.accumulator_address, pass.accumulator_stride,
                         pass.columns, accumulators, scratch);
    const std::int64_t stride = round_up(pass.k_count, numerics::elements_per_word(rounding.kind));
    std::vector<std::int64_t> moving_zeros(static_cast<std::size_t>(pass.k_count));
    // Blocks keep decoded vectors and accumulators in the host's second-level cache.
    const std::int64_t block = 256LL * threads;
    for (std::int64_t first = 0; first < pass.vectors; first += block) {
        const std::int64_t count = std::min(block, pass.vectors - first);
        const DecodedRows rows = scratch.moving.zeroed(rounding.kind, count, stride);
        moving(first, count, rows, stride);
        numerics::count_zeros(rows, stride, count, pass.k_count, moving_zeros);
        const auto words = tile.load(first, count, !pass.accumulate);
        numerics::multiply_chunks(rounding, numerics::moving_words(rounding.kind, rows, stride),
                                  scratch.packed_stationary, count, words, tile.stride(), threads);
        tile.store(first, count);
    }
    return {.macs = pass.vectors * pass.k_count * pass.columns,
            .zero_macs =
                numerics::zero_products(moving_zeros, pass.vectors, stationary_zeros, pass.columns),
            .accumulator_adds = pass.vectors * pass.columns};
}

PassCounts output_stationary_pass(const Params& params, const isa::OutputStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch,
                                  int threads) {
    require_range("columns", pass.columns, params.cols, "columns of the array");
    require_range("outputs", pass.outputs, params.rows, "rows of the array");
    const auto rounding =
        rounding_of(params, pass.moving_format, pass.stationary_format, params.chunk);
    AccumulatorTile tile(params.accumulator, pass.accumulator_address, pass.accumulator_stride,
                         pass.columns, accumulators, scratch);
    const auto words = tile.load(0, pass.outputs, !pass.resume);
    PassCounts counts{
        .macs = pass.outputs * pass.pixels * pass.columns,
        .zero_macs = 0,
        .accumulator_adds = pass.outputs * pass.columns * ceil_div(pass.pixels, params.chunk)};
    // Whole chunks per block, about as much as the host's second-level cache holds.
    const std::int64_t block = round_up(2048, params.chunk);
    for (std::int64_t first = 0; first < pass.pixels; first += block) {
        const std::int64_t count = std::min(block, pass.pixels - first);
        const auto stationary_zeros = load_stationary(
            {pass.stationary_format, pass.stationary_address + first * pass.stationary_stride,
             pass.stationary_stride, count, pass.columns},
            rounding, stationary, scratch);
        const DecodedRows rows = scratch.moving.zeroed(rounding.kind, count, pass.outputs);
        moving(first, count, rows, pass.outputs);
        const auto moving_zeros =
            numerics::count_zeros_in_rows(rows, pass.outputs, count, pass.outputs);
        numerics::pack_moving(rows, pass.outputs, count, pass.outputs, params.chunk,
                              scratch.packed_moving);
        numerics::multiply_chunks(rounding, numerics::moving_words(scratch.packed_moving),
                                  scratch.packed_stationary, pass.outputs, words, tile.stride(),
                                  threads);
        counts.zero_macs +=
            numerics::zero_products(moving_zeros, pass.outputs, stationary_zeros, pass.columns);
    }
    tile.store(0, pass.outputs);
    return counts;
}

}  // namespace quatrain::mac_array
