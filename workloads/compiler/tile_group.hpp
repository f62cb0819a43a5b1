// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/lowering.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace quatrain::compiler {

/// Operators over the same rows x columns that share tiles: what is loaded, computed and stored per
/// tile, and once. Tiles live in the tile halves, loaded vectors in the parameter region. Vectors
/// that the operators compute (sums over rows, and what is made of them) live in the two drain
/// halves, which the vector queue acquires in its own order: the load queue, running ahead for the
/// next operator, cannot take them away.
struct TileGroup {
    /// rows x `pixels` x columns elements of a tensor (or rows x 1, if narrow).
    struct Tile {
        training::TensorId tensor = 0;
        bool updated = false;  ///< the new value of a tensor that is updated in place
        bool stored = false;   ///< otherwise loaded
        bool narrow = false;   ///< one column, whatever the group's columns
        std::int64_t pixels = 1;
    };
    enum class Place : std::uint8_t { none, tile, vector, result };
    struct Operand {
        Place place = Place::none;
        std::size_t index = 0;
    };
    enum class Accumulate : std::uint8_t { never, over_rows, over_tiles };
    struct Step {
        isa::VectorOperation operation{};
        std::vector<Operand> in, out;
        std::vector<std::int64_t> scalars;
        std::int64_t immediate = 0;
        Accumulate accumulate = Accumulate::never;
    };

    std::int64_t rows = 0, columns = 0;
    bool splits_columns = true;  ///< false: an operator needs whole rows
    bool barrier =
        false;  ///< an operator reads what another of the group finishes after the last tile
    bool shares = false;  ///< an operator reads a tile that was there before
    std::vector<Tile> tiles;
    std::vector<training::TensorId> vectors;
    std::vector<std::optional<training::TensorId>> results;  ///< empty: scratch, not stored
    std::vector<Step> steps;                                 ///< per tile
    std::vector<Step> finish;  ///< once, after the last tile, over vectors

    bool stores_tiles() const;

    // How operators name their operands while they are added.
    Operand load(training::TensorId tensor, std::int64_t pixels = 1, bool narrow = false);
    Operand store(training::TensorId tensor, std::int64_t pixels = 1, bool updated = false);
    Operand vector(training::TensorId tensor);
    Operand result(std::optional<training::TensorId> tensor = std::nullopt);
};

/// Adds an operator's tiles and steps (vector_operators.cpp). Throws std::logic_error for kinds
/// that have no tiles.
void add_operator(TileGroup& group, const Lowering& lowering, const training::Operator& op);

/// Rows x columns of an operator's tiles.
struct TileShape {
    std::int64_t rows, columns;
    bool operator==(const TileShape&) const = default;
};
TileShape tile_shape(const Lowering& lowering, const training::Operator& op);

}  // namespace quatrain::compiler
