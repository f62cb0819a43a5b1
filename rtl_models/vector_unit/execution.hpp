// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/vector_unit/function.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::vector_unit {

/// Elements [first, first + count) of a tile, in row-major order. `first` is even, so that 4-bit
/// codes start on a byte.
struct Block {
    std::int64_t first = 0;
    std::int64_t count = 0;
};

/// A tile operand that is decoded block by block.
class TileReader {
public:
    TileReader(std::span<const std::byte> bytes, numerics::Format format, std::optional<float> step)
        : bytes_(bytes), format_(format), step_(step) {}
    /// The block's values, times the step if there is one. Valid until the next read.
    const float* read(const Block& block);

private:
    std::span<const std::byte> bytes_;
    numerics::Format format_;
    std::optional<float> step_;
    std::vector<float> values_;
};

/// A tile operand that is encoded block by block.
class TileWriter {
public:
    TileWriter(std::span<std::byte> bytes, numerics::Format format, numerics::Faults& faults)
        : bytes_(bytes), format_(format), faults_(faults) {}
    /// Room for the block's values, with anything in it.
    float* scratch(const Block& block);
    /// Rounds what is in scratch() into the format and stores it.
    void write(const Block& block);

private:
    std::span<std::byte> bytes_;
    numerics::Format format_;
    numerics::Faults& faults_;
    std::vector<float> values_;
};

/// One instruction in execution: its operands by number, with the errors that function.hpp
/// promises.
class Execution {
public:
    Execution(const isa::VectorInstruction& instruction, const Memory& memory)
        : instruction_(instruction), memory_(memory) {}

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
    TileWriter tile_out(std::size_t index, std::int64_t count);
    TileWriter tile_out(std::size_t index) { return tile_out(index, elements()); }
    /// The bytes of a tile operand.
    std::span<const std::byte> bytes_in(std::size_t index, std::int64_t count) const;
    std::span<std::byte> bytes_out(std::size_t index, std::int64_t count) const;
    /// Labels and the like: in[index] as int32.
    std::vector<std::int32_t> integers_in(std::size_t index, std::int64_t count) const;

    /// One FP32 value per column.
    std::vector<float> vector_in(std::size_t index) const;
    /// Where an output vector's sums start: its present values when the instruction accumulates,
    /// else zeros.
    std::vector<float> sums(std::size_t out_index) const;
    void store_vector(std::size_t out_index, const std::vector<float>& values);

    float scalar(std::size_t index) const;
    std::optional<float> optional_scalar(std::size_t index) const;
    void store_scalar(std::size_t index, float value);

    /// Calls body(block) over `count` elements in order, in blocks that stay in the host's cache.
    template <class Body>
    void for_each_block(std::int64_t count, Body&& body) const {
        for (Block block{0, 0}; block.first < count; block.first += block.count) {
            block.count = std::min(block_elements, count - block.first);
            body(block);
        }
    }
    /// The same over `rows` x columns() elements, in whole rows: body(block, number of rows).
    template <class Body>
    void for_each_row_block(std::int64_t rows, Body&& body) const {
        if (columns() == 0) return;
        // An even number of rows per block keeps every block's start even.
        const std::int64_t block_rows =
            std::max<std::int64_t>(1, block_elements / columns() / 2) * 2;
        for (std::int64_t row = 0; row < rows; row += block_rows) {
            const std::int64_t count = std::min(block_rows, rows - row);
            body(Block{row * columns(), count * columns()}, count);
        }
    }

    numerics::Faults& faults() { return faults_; }
    /// Throws std::invalid_argument: the operation's name and the message.
    [[noreturn]] void reject(const std::string& message) const;

private:
    static constexpr std::int64_t block_elements = 8192;
    std::span<std::byte> scalar_bytes(std::size_t index) const;
    std::span<std::byte> operand_bytes(const isa::Operand& operand, std::string_view role,
                                       std::size_t index, std::int64_t count) const;

    const isa::VectorInstruction& instruction_;
    Memory memory_;
    numerics::Faults faults_;
};

}  // namespace quatrain::vector_unit
