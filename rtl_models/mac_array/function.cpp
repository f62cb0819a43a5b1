// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/function.hpp"

#include "rtl_models/base/tile_blocks.hpp"
#include "rtl_models/numerics/gemm_kernels.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>

namespace quatrain::mac_array {
namespace {

using numerics::DecodedRows;
using numerics::Format;
using numerics::kernel_rows;

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

bool takes_vectors_that_overlap(const numerics::GemmRounding& rounding) {
    return rounding.kind != numerics::ProductKind::floating || rounding.lanes == 1;
}

/// Reduction elements that the array sums exactly in a weight-stationary pass.
std::int64_t chunk_of(const Params& params, const isa::WeightStationaryPass& pass) {
    return params.rows * lanes(params, pass.moving_format, pass.stationary_format);
}

/// The stationary operand of a pass: `depth` rows of `columns` packed elements.
struct StationaryTile {
    Format format;
    std::int64_t address, stride, depth, columns;
};

/// Decodes and packs it; returns the decoded rows, whose stride is tile.columns.
DecodedRows load_stationary(const StationaryTile& tile, const numerics::GemmRounding& rounding,
                            std::span<const std::byte> buffer, Workspace& workspace) {
    require_inside("stationary operand",
                   {tile.address, tile.stride, tile.depth, row_bytes(tile.format, tile.columns)},
                   buffer.size());
    const DecodedRows rows = workspace.stationary.zeroed(rounding.kind, tile.depth, tile.columns);
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
                              workspace.packed_stationary);
    return rows;
}

/// A window of the accumulator buffer, of which rows are held as 32-bit words in the scratch
/// memory.
class AccumulatorTile {
public:
    AccumulatorTile(Accumulator accumulator, std::int64_t address, std::int64_t byte_stride,
                    std::int64_t columns, std::span<std::byte> buffer)
        : format_(accumulator_format(accumulator)),
          address_(address),
          byte_stride_(byte_stride),
          columns_(columns),
          stride_(numerics::padded_columns(columns)),
          buffer_(buffer) {}

    /// Rows [first, first + rows), from the buffer or zero, in `words`.
    std::span<std::uint32_t> load(std::int64_t first, std::int64_t rows, bool from_zero,
                                  std::vector<std::uint32_t>& words) const {
        words.assign(static_cast<std::size_t>(rows * stride_), 0U);
        require_inside(
            "accumulators",
            {address_ + first * byte_stride_, byte_stride_, rows, row_bytes(format_, columns_)},
            buffer_.size());
        if (!from_zero) {
            numerics::load_accumulators(format_, buffer_.data() + address_ + first * byte_stride_,
                                        byte_stride_, rows, columns_, words.data(), stride_);
        }
        return words;
    }
    void store(std::int64_t first, std::int64_t rows, std::span<const std::uint32_t> words) const {
        numerics::store_accumulators(format_, words.data(), stride_, rows, columns_,
                                     buffer_.data() + address_ + first * byte_stride_,
                                     byte_stride_);
    }
    std::int64_t stride() const { return stride_; }
    /// Several threads may store: no row lies upon another.
    bool rows_are_apart() const { return std::abs(byte_stride_) >= row_bytes(format_, columns_); }

private:
    Format format_;
    std::int64_t address_, byte_stride_, columns_, stride_;
    std::span<std::byte> buffer_;
};

/// Vectors of `width` elements to decode at a time: 64 to 1024, some 64 Ki elements.
std::int64_t vectors_at_once(std::int64_t width) {
    return std::clamp<std::int64_t>((1 << 16) / std::max<std::int64_t>(width, 1) / 64, 1, 16) * 64;
}

/// Readies the workspaces of a pass: enough of them for the threads, nothing counted yet.
void prepare(Scratch& scratch, int threads, std::int64_t depth) {
    const auto count = static_cast<std::size_t>(pieces_in_flight(threads));
    if (scratch.workspaces.size() < count) scratch.workspaces.resize(count);
    for (Workspace& workspace : scratch.workspaces) {
        workspace.moving_zeros.assign(static_cast<std::size_t>(depth), 0);
        workspace.zero_macs = 0;
    }
}

/// A weight-stationary pass in execution, its stationary operand loaded.
class WeightStationary {
public:
    WeightStationary(const numerics::GemmRounding& rounding, const isa::WeightStationaryPass& pass,
                     const MovingVectors& moving, const MovingLayout& layout,
                     const numerics::PackedOperand& stationary, const AccumulatorTile& tile,
                     bool count_zeros)
        : rounding_(rounding),
          pass_(pass),
          moving_(moving),
          layout_(layout),
          lays_out_(layout && !count_zeros && takes_vectors_that_overlap(rounding)),
          stationary_(stationary),
          tile_(tile),
          stride_(round_up(pass.k_count, numerics::elements_per_word(rounding.kind))),
          count_zeros_(count_zeros) {}

    /// Vectors [first, first + count): gathers, multiplies and stores them.
    void execute(std::int64_t first, std::int64_t count, Workspace& workspace) const {
        const numerics::MovingWords vectors = load(first, count, workspace);
        const auto words = tile_.load(first, count, !pass_.accumulate, workspace.accumulators);
        numerics::multiply_chunks(rounding_, vectors, stationary_, count, words, tile_.stride(), 1);
        tile_.store(first, count, words);
    }

private:
    numerics::MovingWords load(std::int64_t first, std::int64_t count, Workspace& workspace) const {
        if (lays_out_ && layout_(first, count, workspace.overlapping))
            return numerics::moving_words(workspace.overlapping);
        const DecodedRows rows = workspace.moving.zeroed(rounding_.kind, count, stride_);
        moving_(first, count, rows, stride_);
        if (count_zeros_)
            numerics::count_zeros(rows, stride_, count, pass_.k_count, workspace.moving_zeros);
        return numerics::moving_words(rounding_.kind, rows, stride_);
    }

    const numerics::GemmRounding& rounding_;
    const isa::WeightStationaryPass& pass_;
    const MovingVectors& moving_;
    const MovingLayout& layout_;
    bool lays_out_;
    const numerics::PackedOperand& stationary_;
    const AccumulatorTile& tile_;
    std::int64_t stride_;  ///< of decoded vectors [elements]
    bool count_zeros_;
};

/// An output-stationary pass in execution.
class OutputStationary {
public:
    OutputStationary(const numerics::GemmRounding& rounding, const isa::OutputStationaryPass& pass,
                     const MovingVectors& moving, const MovingLayout& layout,
                     std::span<const std::byte> stationary, bool count_zeros)
        : rounding_(rounding),
          pass_(pass),
          moving_(moving),
          layout_(layout),
          lays_out_(layout && !count_zeros && takes_vectors_that_overlap(rounding) &&
                    rounding.chunk % numerics::elements_per_word(rounding.kind) == 0),
          stationary_(stationary),
          count_zeros_(count_zeros) {}

    /// Gathers and packs both operands of pixels [first, first + count), whole chunks.
    void load(std::int64_t first, std::int64_t count, Workspace& workspace) const {
        const DecodedRows stationary = load_stationary(
            {pass_.stationary_format, pass_.stationary_address + first * pass_.stationary_stride,
             pass_.stationary_stride, count, pass_.columns},
            rounding_, stationary_, workspace);
        if (lays_out_ && layout_(first, count, workspace.overlapping)) {
            workspace.moving_words = numerics::moving_words(workspace.overlapping);
            return;
        }
        const DecodedRows moving = workspace.moving.zeroed(rounding_.kind, count, pass_.outputs);
        moving_(first, count, moving, pass_.outputs);
        numerics::pack_moving(moving, pass_.outputs, count, pass_.outputs, rounding_.chunk,
                              workspace.packed_moving);
        workspace.moving_words = numerics::moving_words(workspace.packed_moving);
        if (!count_zeros_) return;
        workspace.zero_macs += numerics::zero_products(
            numerics::count_zeros_in_rows(moving, pass_.outputs, count, pass_.outputs),
            pass_.outputs,
            numerics::count_zeros_in_rows(stationary, pass_.columns, count, pass_.columns),
            pass_.columns);
    }

    /// Adds what was loaded to the accumulators of outputs [first, end), `stride` words apart.
    void multiply(std::int64_t first, std::int64_t end, const Workspace& workspace,
                  std::span<std::uint32_t> accumulators, std::int64_t stride) const {
        numerics::multiply_chunks(
            rounding_, workspace.moving_words.from_row(first), workspace.packed_stationary,
            end - first, accumulators.subspan(static_cast<std::size_t>(first * stride)), stride, 1);
    }

private:
    const numerics::GemmRounding& rounding_;
    const isa::OutputStationaryPass& pass_;
    const MovingVectors& moving_;
    const MovingLayout& layout_;
    bool lays_out_;
    std::span<const std::byte> stationary_;
    bool count_zeros_;
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
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros, const MovingLayout& layout) {
    require_range("columns", pass.columns, params.cols, "columns of the array");
    require_range("k_count", pass.k_count, chunk_of(params, pass), "rows * lanes of the array");
    return weight_stationary_tile(params, pass, moving, stationary, accumulators, scratch, threads,
                                  count_zeros, layout);
}

PassCounts weight_stationary_tile(const Params& params, const isa::WeightStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros, const MovingLayout& layout) {
    const std::int64_t chunk = chunk_of(params, pass);
    const auto rounding = rounding_of(params, pass.moving_format, pass.stationary_format,
                                      std::clamp<std::int64_t>(pass.k_count, 1, chunk));
    if (pass.k_count > chunk && chunk % numerics::elements_per_word(rounding.kind) != 0)
        throw std::invalid_argument(
            fmt::format("chunks of {} products: a tile of {} takes whole words of {}", chunk,
                        pass.k_count, numerics::elements_per_word(rounding.kind)));
    const DecodedRows stationary_rows =
        load_stationary({pass.stationary_format, pass.stationary_address, pass.stationary_stride,
                         pass.k_count, pass.columns},
                        rounding, stationary, scratch.shared);
    const AccumulatorTile tile(params.accumulator, pass.accumulator_address,
                               pass.accumulator_stride, pass.columns, accumulators);
    const WeightStationary run(rounding, pass, moving, layout, scratch.shared.packed_stationary,
                               tile, count_zeros);
    threads = tile.rows_are_apart()
                  ? threads_for(pass.vectors * (pass.k_count + pass.columns), threads)
                  : 1;
    prepare(scratch, threads, pass.k_count);
    // Blocks keep decoded vectors and accumulators in the host's second-level cache.
    const std::int64_t block =
        std::min<std::int64_t>(256, vectors_at_once(pass.k_count + 2 * pass.columns));
    for_each_piece(
        ceil_div(pass.vectors, block), threads, [&](std::size_t worker, std::int64_t piece) {
            const std::int64_t first = piece * block;
            run.execute(first, std::min(block, pass.vectors - first), scratch.workspaces[worker]);
        });
    PassCounts counts{.macs = pass.vectors * pass.k_count * pass.columns,
                      .zero_macs = 0,
                      .accumulator_adds = pass.vectors * pass.columns *
                                          std::max<std::int64_t>(1, ceil_div(pass.k_count, chunk))};
    if (!count_zeros) return counts;
    std::vector<std::int64_t>& moving_zeros = scratch.workspaces.front().moving_zeros;
    for (std::size_t worker = 1; worker < scratch.workspaces.size(); ++worker)
        std::ranges::transform(moving_zeros, scratch.workspaces[worker].moving_zeros,
                               moving_zeros.begin(), std::plus());
    counts.zero_macs = numerics::zero_products(
        moving_zeros, pass.vectors,
        numerics::count_zeros_in_rows(stationary_rows, pass.columns, pass.k_count, pass.columns),
        pass.columns);
    return counts;
}

PassCounts output_stationary_pass(const Params& params, const isa::OutputStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros, const MovingLayout& layout) {
    require_range("columns", pass.columns, params.cols, "columns of the array");
    require_range("outputs", pass.outputs, params.rows, "rows of the array");
    return output_stationary_tile(params, pass, moving, stationary, accumulators, scratch, threads,
                                  count_zeros, layout);
}

PassCounts output_stationary_tile(const Params& params, const isa::OutputStationaryPass& pass,
                                  const MovingVectors& moving,
                                  std::span<const std::byte> stationary,
                                  std::span<std::byte> accumulators, Scratch& scratch, int threads,
                                  bool count_zeros, const MovingLayout& layout) {
    const auto rounding =
        rounding_of(params, pass.moving_format, pass.stationary_format, params.chunk);
    const AccumulatorTile tile(params.accumulator, pass.accumulator_address,
                               pass.accumulator_stride, pass.columns, accumulators);
    const auto words = tile.load(0, pass.outputs, !pass.resume, scratch.shared.accumulators);
    const OutputStationary run(rounding, pass, moving, layout, stationary, count_zeros);
    threads = threads_for(pass.pixels * (pass.outputs + pass.columns), threads);
    prepare(scratch, threads, 0);
    // Whole chunks per block, which the host's second-level cache holds.
    const std::int64_t block = round_up(vectors_at_once(pass.outputs + pass.columns), params.chunk);
    // An accumulator takes the blocks in order; parts of the outputs are multiplied side by side.
    const std::int64_t part_outputs =
        round_up(ceil_div(std::max<std::int64_t>(pass.outputs, 1), threads), kernel_rows);
    for_each_piece_in_order(
        ceil_div(pass.pixels, block), ceil_div(pass.outputs, part_outputs), threads,
        [&](std::size_t place, std::int64_t piece) {
            const std::int64_t first = piece * block;
            run.load(first, std::min(block, pass.pixels - first), scratch.workspaces[place]);
        },
        [&](std::size_t place, std::int64_t, std::int64_t part) {
            const std::int64_t first = part * part_outputs;
            run.multiply(first, std::min(first + part_outputs, pass.outputs),
                         scratch.workspaces[place], words, tile.stride());
        });
    tile.store(0, pass.outputs, words);
    PassCounts counts{
        .macs = pass.outputs * pass.pixels * pass.columns,
        .zero_macs = 0,
        .accumulator_adds = pass.outputs * pass.columns * ceil_div(pass.pixels, params.chunk)};
    for (const Workspace& workspace : scratch.workspaces) counts.zero_macs += workspace.zero_macs;
    return counts;
}

}  // namespace quatrain::mac_array
