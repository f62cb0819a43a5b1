// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/tile_blocks.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/vector_unit/function.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace quatrain::vector_unit {

/// A tile operand that is decoded block by block.
class TileReader {
public:
    TileReader(std::span<const std::byte> bytes, isa::Operand operand, std::size_t index,
               std::optional<float> step)
        : bytes_(bytes), format_(operand.format), index_(index), step_(step) {}
    /// The block's values, times the step if there is one, in memory of the workspace.
    float* read(const Block& block, Workspace& workspace) const;
    /// What was read last.
    const float* values(const Workspace& workspace) const { return workspace.in[index_].data(); }

private:
    std::span<const std::byte> bytes_;
    numerics::Format format_;
    std::size_t index_;
    std::optional<float> step_;
};

/// A tile operand that is encoded block by block.
class TileWriter {
public:
    TileWriter(std::span<std::byte> bytes, isa::Operand operand, std::size_t index)
        : bytes_(bytes), format_(operand.format), index_(index) {}
    /// Memory of the workspace for the block's values, with anything in it.
    float* room(const Block& block, Workspace& workspace) const;
    /// Rounds what is in room() into the format and stores it.
    void write(const Block& block, Workspace& workspace) const;

private:
    std::span<std::byte> bytes_;
    numerics::Format format_;
    std::size_t index_;
};

/// One instruction in execution: its operands by number, with the errors that function.hpp
/// promises.
class Execution {
public:
    Execution(const isa::VectorInstruction& instruction, const Memory& memory, Scratch& scratch,
              int threads);

    const isa::VectorInstruction& instruction() const { return instruction_; }
    std::int64_t rows() const { return instruction_.rows; }
    std::int64_t columns() const { return instruction_.columns; }
    std::int64_t elements() const { return instruction_.rows * instruction_.columns; }
    /// The immediate operand, which counts something: at least 1.
    std::int64_t immediate() const;

    bool has_in(std::size_t index) const {
        return instruction_.in[index].address != isa::no_address;
    }
    bool has_scalar(std::size_t index) const {
        return instruction_.scalars[index] != isa::no_address;
    }

    /// Tile operand of `count` elements; a step is the value of a scalar, or none.
    TileReader tile_in(std::size_t index, std::int64_t count,
                       std::optional<float> step = std::nullopt) const;
    TileReader tile_in(std::size_t index) const { return tile_in(index, elements()); }
    TileWriter tile_out(std::size_t index, std::int64_t count) const;
    TileWriter tile_out(std::size_t index) const { return tile_out(index, elements()); }
    /// The bytes of a tile operand.
    std::span<const std::byte> bytes_in(std::size_t index, std::int64_t count) const;
    std::span<std::byte> bytes_out(std::size_t index, std::int64_t count) const;
    /// Labels: in[index] as int32. The span is the scratch memory's, as those below.
    std::span<const std::int32_t> labels_in(std::size_t index, std::int64_t count);

    /// One FP32 value per column: a copy, to change at will.
    std::span<float> vector_in(std::size_t index);
    /// Where an output vector's sums start: its present values when the instruction accumulates,
    /// else zeros.
    std::span<float> sums(std::size_t out_index);
    /// Room for an output vector, with anything in it.
    std::span<float> vector_room(std::size_t out_index);
    void store_vector(std::size_t out_index, std::span<const float> values) const;
    /// Room for one value per row, with anything in it.
    std::span<float> losses();

    float scalar(std::size_t index) const;
    std::optional<float> optional_scalar(std::size_t index) const;
    void store_scalar(std::size_t index, float value) const;

    /// Calls body(piece, workspace) for the pieces [0, pieces) of an operation on `elements`
    /// elements, by several host threads where that is worth their start.
    template <class Body>
    void for_each_piece(std::int64_t pieces, std::int64_t elements, Body&& body) const {
        quatrain::for_each_piece(pieces, threads_for(elements, threads_),
                                 [&](std::size_t worker, std::int64_t piece) {
                                     body(piece, scratch_.workspaces[worker]);
                                 });
    }
    /// Calls body(block, workspace) for blocks of `count` elements.
    template <class Body>
    void for_each_block(std::int64_t count, Body&& body) const {
        quatrain::for_each_block(count, threads_, [&](std::size_t worker, const Block& block) {
            body(block, scratch_.workspaces[worker]);
        });
    }
    /// The same over `rows` x columns() elements, in whole rows.
    template <class Body>
    void for_each_row_block(std::int64_t rows, Body&& body, std::int64_t cost = 1) const {
        quatrain::for_each_row_block(rows, columns(), cost, threads_,
                                     [&](std::size_t worker, const RowBlock& block) {
                                         body(block, scratch_.workspaces[worker]);
                                     });
    }
    /// For sums in the order of the rows: prepare(block, workspace), then add(block, columns,
    /// workspace) with the same workspace.
    template <class Prepare, class Add>
    void for_each_row_block_in_order(Prepare&& prepare, Add&& add) const {
        quatrain::for_each_row_block_in_order(
            rows(), columns(), threads_,
            [&](std::size_t place, const RowBlock& block) {
                prepare(block, scratch_.workspaces[place]);
            },
            [&](std::size_t place, const RowBlock& block, const Columns& part) {
                add(block, part, scratch_.workspaces[place]);
            });
    }

    /// Of all conversions so far.
    numerics::Faults faults() const;
    /// Throws std::invalid_argument: the operation's name and the message.
    [[noreturn]] void reject(const std::string& message) const;

private:
    std::span<std::byte> scalar_bytes(std::size_t index) const;
    std::span<std::byte> operand_bytes(const isa::Operand& operand, std::string_view role,
                                       std::size_t index, std::int64_t count) const;
    std::span<std::byte> vector_out_bytes(std::size_t out_index) const;

    const isa::VectorInstruction& instruction_;
    Memory memory_;
    Scratch& scratch_;
    int threads_;
};

}  // namespace quatrain::vector_unit
