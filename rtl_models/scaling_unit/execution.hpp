// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/scaling_unit/function.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::scaling_unit {

/// `bytes` bytes at `address` of a buffer. Throws std::out_of_range, which names operation, operand
/// and buffer.
std::span<std::byte> bytes_at(std::span<std::byte> buffer, std::int64_t address, std::int64_t bytes,
                              std::string_view operand, std::string_view buffer_name);
std::span<const std::byte> bytes_at(std::span<const std::byte> buffer, std::int64_t address,
                                    std::int64_t bytes, std::string_view operand,
                                    std::string_view buffer_name);

/// The 32-bit word of a scalar.
std::uint32_t load_word(std::span<std::byte> scalars, std::int64_t address,
                        std::string_view operand);
void store_word(std::span<std::byte> scalars, std::int64_t address, std::uint32_t word,
                std::string_view operand);

/// One vector-queue instruction in execution: its operands by number, with the errors that
/// function.hpp promises.
class Execution {
public:
    Execution(const isa::VectorInstruction& instruction, const Memory& memory)
        : instruction_(instruction), memory_(memory) {}

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

    /// The values of the tile in[index], rows() x columns().
    std::vector<float> tile(std::size_t index) const;
    /// The bytes of the tile out[index], whose format must have `width` bits per element (0: any).
    std::span<std::byte> tile_out(std::size_t index, int width = 0) const;
    numerics::Format out_format(std::size_t index) const { return instruction_.out[index].format; }

    /// One FP32 value per column.
    std::vector<float> vector_in(std::size_t index) const;
    /// Where an output vector starts: its present values when the instruction accumulates, else
    /// zeros.
    std::vector<float> initial_vector(std::size_t out_index) const;
    void store_vector(std::size_t out_index, const std::vector<float>& values) const;

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

    numerics::Faults& faults() { return faults_; }
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
    numerics::Faults faults_;
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
