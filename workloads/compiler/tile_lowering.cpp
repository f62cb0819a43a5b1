// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/tile_group.hpp"
#include "workloads/compiler/transfer.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::compiler {

using isa::BufferId;
using isa::Engine;
using isa::Semaphore;
using training::OperatorKind;
using Place = TileGroup::Place;

bool TileGroup::stores_tiles() const {
    return std::ranges::any_of(tiles, &Tile::stored);
}

TileGroup::Operand TileGroup::load(training::TensorId tensor, std::int64_t pixels, bool narrow) {
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        if (tiles[i].tensor != tensor || tiles[i].updated) continue;
        shares = true;
        return {Place::tile, i};
    }
    tiles.push_back({tensor, false, false, narrow, pixels});
    return {Place::tile, tiles.size() - 1};
}

TileGroup::Operand TileGroup::store(training::TensorId tensor, std::int64_t pixels, bool updated) {
    tiles.push_back({tensor, updated, true, false, pixels});
    return {Place::tile, tiles.size() - 1};
}

TileGroup::Operand TileGroup::vector(training::TensorId tensor) {
    if (std::ranges::find(results, tensor) != results.end()) barrier = true;
    const auto known = std::ranges::find(vectors, tensor);
    const auto index = static_cast<std::size_t>(known - vectors.begin());
    if (known == vectors.end()) vectors.push_back(tensor);
    return {Place::vector, index};
}

TileGroup::Operand TileGroup::result(std::optional<training::TensorId> tensor) {
    results.push_back(tensor);
    return {Place::result, results.size() - 1};
}

namespace {

/// Where a group's tiles and vectors lie, and how large its tiles are.
struct TileLayout {
    std::int64_t height = 0;            ///< rows of a tile; 0: not even one fits
    std::int64_t columns = 0;           ///< columns of a tile
    std::int64_t vector_bytes = 0;      ///< from one vector to the next
    std::vector<std::int64_t> offsets;  ///< of the tiles in their half [bytes]
};

std::int64_t aligned(std::int64_t bytes, std::int64_t word) {
    return ceil_div(bytes, word) * word;
}

class TileLowering {
public:
    TileLowering(const Lowering& lowering, const TileGroup& group, std::string name)
        : lowering_(lowering),
          emitter_(lowering.emitter),
          group_(group),
          name_(std::move(name)),
          word_(lowering.target.buffers.word_bytes),
          regions_(buffer::vector_regions(lowering.target.buffers, lowering.target.cores)) {
        layout_.vector_bytes = aligned(group.columns * 4, word_);
        choose_tile();
    }

    const TileLayout& layout() const { return layout_; }

    /// Bytes that the loaded and the computed vectors need.
    std::int64_t parameter_bytes() const {
        return static_cast<std::int64_t>(group_.vectors.size()) * layout_.vector_bytes;
    }
    std::int64_t result_bytes() const {
        return static_cast<std::int64_t>(group_.results.size()) * layout_.vector_bytes;
    }
    bool vectors_fit() const {
        return parameter_bytes() <= regions_.parameter_bytes &&
               result_bytes() <= 2 * regions_.drain_bytes;
    }

    void emit() {
        require_room();
        load_vectors();
        if (!group_.results.empty()) emitter_.acquire(Engine::vector, Semaphore::drain_free, 2);
        if (!group_.tiles.empty()) emit_tiles();
        for (const auto& step : group_.finish)
            emitter_.emit(Engine::vector, instruction(step, 1, 0, group_.columns, false));
        if (!group_.vectors.empty()) emitter_.signal(Engine::vector, Semaphore::parameters_free);
        store_results();
    }

private:
    std::int64_t tile_bytes(const TileGroup::Tile& tile, std::int64_t rows,
                            std::int64_t columns) const {
        const auto format = lowering_.tensor(tile.tensor).format;
        return packed_bytes(rows * tile.pixels * (tile.narrow ? 1 : columns), format);
    }

    /// Bytes of a tile half that so many rows and columns of every tensor take.
    std::int64_t half_bytes(std::int64_t rows, std::int64_t columns) const {
        std::int64_t bytes = 0;
        for (const auto& tile : group_.tiles)
            bytes += aligned(tile_bytes(tile, rows, columns), word_);
        return bytes;
    }

    std::int64_t most_rows(std::int64_t columns) const {
        std::int64_t row = 0;
        for (const auto& tile : group_.tiles) row += tile_bytes(tile, 1, columns);
        std::int64_t rows = emitter_.capacity(Slot::tile) / row;
        while (rows > 0 && half_bytes(rows, columns) > emitter_.capacity(Slot::tile)) --rows;
        return rows;
    }

    void choose_tile() {
        if (group_.tiles.empty()) {  // vectors only
            layout_.columns = group_.columns;
            layout_.height = group_.rows;
            return;
        }
        // Pieces of rows, even because 4-bit elements come in pairs.
        std::int64_t columns = group_.columns;
        for (std::int64_t pieces = 2; most_rows(columns) == 0 && columns > 2; ++pieces) {
            if (!group_.splits_columns) break;
            columns = ceil_div(ceil_div(group_.columns, pieces), 2) * 2;
        }
        layout_.columns = columns;
        const std::int64_t most = most_rows(columns);
        if (most == 0) return;
        layout_.height = ceil_div(group_.rows, ceil_div(group_.rows, most));
        std::int64_t offset = 0;
        for (const auto& tile : group_.tiles) {
            layout_.offsets.push_back(offset);
            offset += aligned(tile_bytes(tile, layout_.height, columns), word_);
        }
    }

    void require_room() const {
        const auto fail = [&](std::string_view what, std::int64_t needed, std::string_view where,
                              std::int64_t available) {
            throw CompileError(fmt::format("layer {}: {} {} bytes, the vector buffer's {} {}",
                                           name_, what, needed, where, available));
        };
        if (layout_.height == 0) {
            fail("one row of its tensors needs", half_bytes(1, layout_.columns), "tile half has",
                 regions_.tile_bytes);
        }
        if (parameter_bytes() > regions_.parameter_bytes)
            fail("its vectors need", parameter_bytes(), "parameter region has",
                 regions_.parameter_bytes);
        if (result_bytes() > 2 * regions_.drain_bytes)
            fail("its sums need", result_bytes(), "drain halves have", 2 * regions_.drain_bytes);
    }

    void load_vectors() {
        if (group_.vectors.empty()) return;
        emitter_.acquire(Engine::load, Semaphore::parameters_free);
        std::int64_t address = regions_.parameters;
        for (const auto id : group_.vectors) {
            emitter_.depend(id);
            emitter_.emit(Engine::load, transfer(BufferId::vector, address, lowering_.dram(id),
                                                 group_.columns * 4, {}));
            address += layout_.vector_bytes;
        }
        emitter_.signal(Engine::load, Semaphore::parameters_full);
        emitter_.acquire(Engine::vector, Semaphore::parameters_full);
    }

    void emit_tiles() {
        for (std::int64_t column = 0; column < group_.columns; column += layout_.columns)
            for (std::int64_t row = 0; row < group_.rows; row += layout_.height) tile(row, column);
    }

    void tile(std::int64_t row, std::int64_t column) {
        const std::int64_t rows = std::min(layout_.height, group_.rows - row);
        const std::int64_t columns = std::min(layout_.columns, group_.columns - column);
        const bool stores = group_.stores_tiles();
        for (const auto& tile : group_.tiles)
            if (!tile.stored) emitter_.depend(tile.tensor);
        emitter_.acquire_tile(stores);
        move(Engine::load, false, row, rows, column, columns);
        emitter_.signal(Engine::load, Semaphore::tile_full);

        emitter_.acquire(Engine::vector, Semaphore::tile_full);
        for (const auto& step : group_.steps) {
            const bool accumulate =
                (step.accumulate == TileGroup::Accumulate::over_rows && row > 0) ||
                (step.accumulate == TileGroup::Accumulate::over_tiles && (row > 0 || column > 0));
            emitter_.emit(Engine::vector, instruction(step, rows, column, columns, accumulate));
        }
        emitter_.signal(Engine::vector, stores ? Semaphore::tile_done : Semaphore::tile_free);

        if (stores) {
            emitter_.acquire(Engine::store, Semaphore::tile_done);
            move(Engine::store, true, row, rows, column, columns);
            emitter_.signal(Engine::store, Semaphore::tile_free);
        }
        emitter_.advance(Slot::tile);
    }

    /// Transfers of the loaded tiles, or of the stored ones.
    void move(Engine engine, bool stored, std::int64_t row, std::int64_t rows, std::int64_t column,
              std::int64_t columns) {
        for (std::size_t i = 0; i < group_.tiles.size(); ++i) {
            const auto& tile = group_.tiles[i];
            if (tile.stored != stored) continue;
            const auto& tensor = lowering_.tensor(tile.tensor);
            const std::int64_t pixel = packed_bytes(tensor.columns(), tensor.format);
            const std::int64_t first = tile.narrow ? 0 : packed_bytes(column, tensor.format);
            const std::int64_t run = packed_bytes(tile.narrow ? 1 : columns, tensor.format);
            emitter_.emit(
                engine,
                transfer(BufferId::vector, emitter_.address(Slot::tile) + layout_.offsets[i],
                         lowering_.dram(tile.tensor) + row * tile.pixels * pixel + first, run,
                         {{rows * tile.pixels, run, pixel}}));
            if (stored && row == 0 && column == 0) emitter_.stored(tile.tensor);
        }
    }

    isa::Operand operand(const TileGroup::Operand& operand, std::int64_t column) const {
        const auto vector = [&](std::int64_t base) {
            return isa::Operand{
                base + static_cast<std::int64_t>(operand.index) * layout_.vector_bytes + column * 4,
                numerics::Format::fp32};
        };
        switch (operand.place) {
            case Place::none:
                return {};
            case Place::tile:
                return {emitter_.address(Slot::tile) + layout_.offsets[operand.index],
                        lowering_.tensor(group_.tiles[operand.index].tensor).format};
            case Place::vector:
                return vector(regions_.parameters);
            case Place::result:
                return vector(regions_.drain[0]);
        }
        return {};
    }

    isa::VectorInstruction instruction(const TileGroup::Step& step, std::int64_t rows,
                                       std::int64_t column, std::int64_t columns,
                                       bool accumulate) const {
        isa::VectorInstruction result;
        result.operation = step.operation;
        result.rows = rows;
        result.columns = columns;
        for (std::size_t i = 0; i < step.in.size(); ++i)
            result.in.at(i) = operand(step.in[i], column);
        for (std::size_t i = 0; i < step.out.size(); ++i)
            result.out.at(i) = operand(step.out[i], column);
        std::ranges::copy(step.scalars, result.scalars.begin());
        result.immediate = step.immediate;
        result.accumulate = accumulate;
        return result;
    }

    void store_results() {
        if (group_.results.empty()) return;
        const bool stores = std::ranges::any_of(
            group_.results, [](const auto& tensor) { return tensor.has_value(); });
        emitter_.signal(Engine::vector, stores ? Semaphore::drain_full : Semaphore::drain_free, 2);
        if (!stores) return;
        emitter_.acquire(Engine::store, Semaphore::drain_full, 2);
        for (std::size_t i = 0; i < group_.results.size(); ++i) {
            if (!group_.results[i]) continue;
            const auto address =
                regions_.drain[0] + static_cast<std::int64_t>(i) * layout_.vector_bytes;
            emitter_.emit(Engine::store,
                          transfer(BufferId::vector, address, lowering_.dram(*group_.results[i]),
                                   group_.columns * 4, {}));
            emitter_.stored(*group_.results[i]);
        }
        emitter_.signal(Engine::store, Semaphore::drain_free, 2);
    }

    const Lowering& lowering_;
    Emitter& emitter_;
    const TileGroup& group_;
    std::string name_;
    std::int64_t word_;
    buffer::VectorRegions regions_;
    TileLayout layout_;
};

TileGroup make_group(const Lowering& lowering, const std::vector<std::size_t>& operators) {
    TileGroup group;
    const auto shape = tile_shape(lowering, lowering.graph.operators[operators.front()]);
    group.rows = shape.rows;
    group.columns = shape.columns;
    for (const auto index : operators) {
        group.shares = false;
        add_operator(group, lowering, lowering.graph.operators[index]);
    }
    return group;
}

/// Kinds whose tiles are rows x columns of an activation or gradient tensor, one row per pixel.
bool can_share(OperatorKind kind) {
    switch (kind) {
        case OperatorKind::bias_add:
        case OperatorKind::input_normalise:
        case OperatorKind::batch_norm_statistics:
        case OperatorKind::batch_norm_sums:
        case OperatorKind::batch_norm_normalise:
        case OperatorKind::add:
        case OperatorKind::quantise_activation:
        case OperatorKind::relu:
        case OperatorKind::gradient_add:
        case OperatorKind::activation_backward:
        case OperatorKind::relu_backward:
        case OperatorKind::batch_norm_backward_statistics:
        case OperatorKind::batch_norm_backward_apply:
        case OperatorKind::gradient_quantise:
        case OperatorKind::bias_gradient:
            return true;
        default:
            return false;
    }
}

}  // namespace

bool joins_group(const Lowering& lowering, const std::vector<std::size_t>& operators) {
    const auto& all = lowering.graph.operators;
    for (const auto index : operators) {
        if (!can_share(all[index].kind)) return false;
        if (tile_shape(lowering, all[index]) != tile_shape(lowering, all[operators.front()]))
            return false;
    }
    const auto group = make_group(lowering, operators);
    if (group.barrier || !group.shares) return false;
    // A tile of a few rows would spend more on starting operations than sharing saves.
    constexpr std::int64_t least_rows = 8;
    const TileLowering tiles(lowering, group, all[operators.front()].name);
    return tiles.vectors_fit() && tiles.layout().columns == group.columns &&
           tiles.layout().height >= std::min(least_rows, group.rows);
}

void lower_tile_group(const Lowering& lowering, const std::vector<std::size_t>& operators,
                      OperatorCode& code) {
    const auto group = make_group(lowering, operators);
    TileLowering tiles(lowering, group, code.name);
    tiles.emit();
    code.m = group.rows;
    code.n = group.columns;
    code.format = "fp32";
    for (const auto& tile : group.tiles)
        if (tile.stored) code.format = numerics::name(lowering.tensor(tile.tensor).format);
    code.tile = fmt::format("rows {} x columns {}", tiles.layout().height, tiles.layout().columns);
}

}  // namespace quatrain::compiler
