// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/columns.hpp"
#include "rtl_models/base/parallel.hpp"
#include "rtl_models/base/params.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

// Row-major tiles, cut into blocks that stay in the host's cache and that its threads share.
namespace quatrain {

/// Elements [first, first + count) of a tile.
struct Block {
    std::int64_t first = 0;
    std::int64_t count = 0;
};

/// Whole rows of a tile: a block that starts with row `row`.
struct RowBlock : Block {
    std::int64_t row = 0;
    std::int64_t rows = 0;
};

inline constexpr std::int64_t block_elements = 2048;

/// `threads`, or 1 for so few elements that a second thread is not worth its start.
inline int threads_for(std::int64_t elements, int threads) {
    constexpr std::int64_t fork_elements = 32768;
    return elements < fork_elements ? 1 : threads;
}

/// Calls body(worker, block) for blocks of `count` elements, as for_each_piece(). Every block
/// starts with an even element, so that its 4-bit codes start on a byte of their own.
template <class Body>
void for_each_block(std::int64_t count, int threads, Body&& body) {
    for_each_piece(ceil_div(count, block_elements), threads_for(count, threads),
                   [&](std::size_t worker, std::int64_t piece) {
                       const std::int64_t first = piece * block_elements;
                       body(worker, Block{first, std::min(block_elements, count - first)});
                   });
}

/// A tile of rows x columns elements, cut into blocks of whole rows, an even number of them: the
/// blocks start as those of for_each_block(). `cost`: how many times the work of a simple operation
/// an element is.
class RowBlocks {
public:
    RowBlocks(std::int64_t rows, std::int64_t columns, std::int64_t cost = 1)
        : rows_(rows),
          columns_(columns),
          step_(std::max<std::int64_t>(
                    1, block_elements / std::max<std::int64_t>(1, columns * cost) / 2) *
                2) {}
    std::int64_t count() const { return ceil_div(rows_, step_); }
    RowBlock operator[](std::int64_t index) const {
        const std::int64_t row = index * step_;
        const std::int64_t rows = std::min(step_, rows_ - row);
        return {{row * columns_, rows * columns_}, row, rows};
    }

private:
    std::int64_t rows_, columns_, step_;
};

/// Calls body(worker, block) for blocks of whole rows, as for_each_piece().
template <class Body>
void for_each_row_block(std::int64_t rows, std::int64_t columns, std::int64_t cost, int threads,
                        Body&& body) {
    const RowBlocks blocks(rows, columns, cost);
    for_each_piece(blocks.count(), threads_for(rows * columns * cost, threads),
                   [&](std::size_t worker, std::int64_t piece) { body(worker, blocks[piece]); });
}

/// For sums in the order of the rows: calls prepare(place, block) for blocks of whole rows and then
/// add(place, block, columns) until all columns are added, for every column in the order of the
/// blocks; as for_each_piece_in_order().
template <class Prepare, class Add>
void for_each_row_block_in_order(std::int64_t rows, std::int64_t columns, int threads,
                                 Prepare&& prepare, Add&& add) {
    const RowBlocks blocks(rows, columns);
    threads = threads_for(rows * columns, threads);
    const std::int64_t parts = column_parts(columns, threads);
    for_each_piece_in_order(
        blocks.count(), parts, threads,
        [&](std::size_t place, std::int64_t piece) { prepare(place, blocks[piece]); },
        [&](std::size_t place, std::int64_t piece, std::int64_t part) {
            add(place, blocks[piece], column_part(columns, parts, part));
        });
}

}  // namespace quatrain
