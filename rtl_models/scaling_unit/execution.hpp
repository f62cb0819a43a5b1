// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/grown.hpp"
#include "rtl_models/base/tile_blocks.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/scaling_unit/function.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::scaling_unit {

/// What an error calls an operand: "drain: step_a" or, with an index, "quantise_weight: in[0]".
struct OperandName {
    std::string_view operation, role;
    std::optional<std::size_t> index = std::nullopt;
};

/// `bytes` bytes at `address` of a buffer. Throws std::out_of_range, which names operation, operand
/// and buffer.
std::span<std::byte> bytes_at(std::span<std::byte> buffer, std::int64_t address, std::int64_t bytes,
                              const OperandName& operand, std::string_view buffer_name);
std::span<const std::byte> bytes_at(std::span<const std::byte> buffer, std::int64_t address,
                                    std::int64_t bytes, const OperandName& operand,
                                    std::string_view buffer_name);

/// The 32-bit word of a scalar.
std::uint32_t load_word(std::span<std::byte> scalars, std::int64_t address,
                        const OperandName& operand);
void store_word(std::span<std::byte> scalars, std::int64_t address, std::uint32_t word,
                const OperandName& operand);

/// Readies the workspaces of an instruction: enough of them for the threads, nothing counted yet.
void prepare(Scratch& scratch, int threads);
/// The faults of all workspaces.
numerics::Faults faults(const Scratch& scratch);

/// A tile operand that is decoded block by block.
class TileReader {
public:
    TileReader(std::span<const std::byte> bytes, numerics::Format format)
        : bytes_(bytes), format_(format) {}
    /// The block's values, in memory of the workspace.
    std::span<float> read(const Block& block, Workspace& workspace) const;

private:
    std::span<const std::byte> bytes_;
    numerics::Format format_;
};

/// One vector-queue instruction in execution: its operands by number, with the errors that
/// function.hpp promises.
class Execution {
public:
    Execution(const isa::VectorInstruction& instruction, const Memory& memory, Scratch& scratch,
              int threads)
        : instruction_(instruction), memory_(memory), scratch_(scratch), threads_(threads) {
        prepare(scratch, threads);
    }

    const isa::VectorInstruction& instruction() const { return instruction_; }
    std::int64_t rows() const { return instruction_.rows; }
    std::int64_t columns() const { return instruction_.columns; }
    std::int64_t elements() const { return instruction_.rows * instruction_.columns; }
    bool has_out(std::size_t index) const {
        return instruction_.out[index].address != isa::no_address;
    }
    bool has_scalar(std::size_t index) const {
        return instruction_.scalars[index] != isa::no_address;
    }

    /// The tile in[index], rows() x columns().
    TileReader tile_in(std::size_t index) const;
    /// The bytes of the tile out[index], whose format must have `width` bits per element (0: any).
    std::span<std::byte> tile_out(std::size_t index, int width = 0) const;
    numerics::Format out_format(std::size_t index) const { return instruction_.out[index].format; }

    /// One FP32 value per column: a copy, in the scratch memory.
    std::span<float> vector_in(std::size_t index) const;
    /// Where an output vector starts: its present values when the instruction accumulates, else
    /// zeros.
    std::span<float> initial_vector(std::size_t out_index) const;
    void store_vector(std::size_t out_index, std::span<const float> values) const;

    float scalar(std::size_t index) const { return std::bit_cast<float>(word(index)); }
    std::int32_t integer(std::size_t index) const {
        return std::bit_cast<std::int32_t>(word(index));
    }
    void store(std::size_t index, float value) const {
        store(index, std::bit_cast<std::uint32_t>(value));
    }
    void store(std::size_t index, std::int32_t value) const {
        store(index, std::bit_cast<std::uint32_t>(value));
    }

    /// Calls body(block, workspace) for blocks of the tile, by several host threads where that is
    /// worth their start.
    template <class Body>
    void for_each_block(Body&& body) const {
        quatrain::for_each_block(elements(), threads_, [&](std::size_t worker, const Block& block) {
            body(block, scratch_.workspaces[worker]);
        });
    }
    /// The same, for pieces of it by number.
    template <class Body>
    void for_each_piece(std::int64_t pieces, Body&& body) const {
        quatrain::for_each_piece(pieces, threads_for(elements(), threads_),
                                 [&](std::size_t worker, std::int64_t piece) {
                                     body(piece, scratch_.workspaces[worker]);
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
    const std::vector<Workspace>& workspaces() const { return scratch_.workspaces; }

    /// Throws std::invalid_argument: the operation's name and the message.
    [[noreturn]] void reject(const std::string& message) const;

private:
    std::uint32_t word(std::size_t index) const;
    void store(std::size_t index, std::uint32_t word) const;
    std::span<std::byte> operand(const isa::Operand& operand, std::string_view role,
                                 std::size_t index, numerics::Format format,
                                 std::int64_t count) const;

    const isa::VectorInstruction& instruction_;
    Memory memory_;
    Scratch& scratch_;
    int threads_;
};

// The operations, named as isa::VectorOperation names them: weight.cpp, gradient.cpp,
// activation.cpp.
void weight_statistics(Execution& run);
void weight_scale(Execution& run);
void quantise_weight(Execution& run);
void quantise_gradient(Execution& run);
void update_gradscale(Execution& run);
void gradscale_vote(Execution& run);
void add_votes(Execution& run);
void apply_gradscale(Execution& run);
void least_vote(Execution& run);
void activation_scale(Execution& run);
void quantise_activation(Execution& run);

}  // namespace quatrain::scaling_unit
