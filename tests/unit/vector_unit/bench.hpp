// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/vector_unit/function.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace quatrain::vector_unit {

using isa::Operand;
using isa::VectorInstruction;
using isa::VectorOperation;
using numerics::Format;

inline constexpr std::array<Format, 4> tile_formats{Format::fp32, Format::fp16, Format::dlfloat16,
                                                    Format::bf16};

/// A vector buffer and a scalar buffer that tests fill operand by operand, and read back as codes.
class Bench {
public:
    /// A packed tile of these values, rounded into the format.
    Operand tile(Format format, const std::vector<float>& values) {
        const Operand operand = room(format, static_cast<std::int64_t>(values.size()));
        for (std::size_t i = 0; i < values.size(); ++i)
            numerics::store_code(vector_.data() + operand.address, format,
                                 static_cast<std::int64_t>(i), numerics::encode(format, values[i]));
        return operand;
    }
    void set(const Operand& operand, std::int64_t element, std::uint32_t code) {
        numerics::store_code(vector_.data() + operand.address, operand.format, element, code);
    }
    /// FP32, exactly these bits.
    Operand vector(const std::vector<float>& values) { return tile(Format::fp32, values); }
    Operand integers(const std::vector<std::int32_t>& values) {
        const Operand operand = room(Format::int32, static_cast<std::int64_t>(values.size()));
        std::memcpy(vector_.data() + operand.address, values.data(), values.size() * 4);
        return operand;
    }
    /// Space for a result, filled with ones, so that what is not written shows.
    Operand room(Format format, std::int64_t elements) {
        const auto address = static_cast<std::int64_t>(vector_.size());
        vector_.resize(
            vector_.size() + static_cast<std::size_t>(numerics::packed_bytes(format, elements)),
            std::byte{0xFF});
        return {address, format};
    }
    std::int64_t scalar(float value) {
        const auto address = static_cast<std::int64_t>(scalar_.size());
        scalar_.resize(scalar_.size() + 4);
        std::memcpy(scalar_.data() + address, &value, 4);
        return address;
    }

    Outcome run(const VectorInstruction& instruction) {
        return execute(instruction, {vector_, scalar_});
    }
    Outcome run(const VectorInstruction& instruction, Scratch& scratch, int threads) {
        return execute(instruction, {vector_, scalar_}, scratch, threads);
    }
    /// Everything in the buffers.
    std::vector<std::byte> contents() const {
        std::vector<std::byte> all = vector_;
        all.insert(all.end(), scalar_.begin(), scalar_.end());
        return all;
    }

    std::vector<std::uint32_t> codes(const Operand& operand, std::int64_t elements) const {
        std::vector<std::uint32_t> result;
        for (std::int64_t i = 0; i < elements; ++i)
            result.push_back(
                numerics::load_code(vector_.data() + operand.address, operand.format, i));
        return result;
    }
    std::vector<float> values(const Operand& operand, std::int64_t elements) const {
        std::vector<float> result;
        for (const std::uint32_t code : codes(operand, elements))
            result.push_back(numerics::decode(operand.format, code));
        return result;
    }
    float scalar_value(std::int64_t address) const {
        float value = 0.0F;
        std::memcpy(&value, scalar_.data() + address, 4);
        return value;
    }

private:
    std::vector<std::byte> vector_;
    std::vector<std::byte> scalar_;
};

/// The values' codes, each rounded alone.
inline std::vector<std::uint32_t> encoded(Format format, const std::vector<float>& values) {
    std::vector<std::uint32_t> result;
    for (const float value : values) result.push_back(numerics::encode(format, value));
    return result;
}

/// Normal random numbers that the format holds, one in eight of them zero.
inline std::vector<float> random_values(Format format, std::int64_t count, std::uint32_t seed,
                                        float deviation = 2.0F) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0.0F, deviation);
    std::vector<float> result;
    for (std::int64_t i = 0; i < count; ++i)
        result.push_back(generator() % 8 == 0 ? 0.0F
                                              : numerics::round_to(format, normal(generator)));
    return result;
}

inline VectorInstruction instruction(VectorOperation operation, std::int64_t rows,
                                     std::int64_t columns) {
    VectorInstruction result;
    result.operation = operation;
    result.rows = rows;
    result.columns = columns;
    return result;
}

/// Rows [first, first + count) of a tile.
inline std::vector<float> slice(const std::vector<float>& values, std::int64_t first,
                                std::int64_t count, std::int64_t columns) {
    return {values.begin() + first * columns, values.begin() + (first + count) * columns};
}

}  // namespace quatrain::vector_unit
