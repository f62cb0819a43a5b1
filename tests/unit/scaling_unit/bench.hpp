// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/scaling_unit/function.hpp"

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace quatrain::scaling_unit {

using isa::Operand;
using isa::VectorInstruction;
using isa::VectorOperation;
using numerics::Format;

/// The buffers, filled operand by operand and read back as codes.
class Bench {
public:
    Operand tile(Format format, const std::vector<std::uint32_t>& codes) {
        const Operand operand = room(format, static_cast<std::int64_t>(codes.size()));
        for (std::size_t i = 0; i < codes.size(); ++i)
            numerics::store_code(vector_.data() + operand.address, format,
                                 static_cast<std::int64_t>(i), codes[i]);
        return operand;
    }
    Operand tile(Format format, const std::vector<float>& values) {
        std::vector<std::uint32_t> codes;
        for (const float value : values) codes.push_back(numerics::encode(format, value));
        return tile(format, codes);
    }
    /// Space for a result, filled with ones, so that what is not written shows.
    Operand room(Format format, std::int64_t elements) {
        const auto address = static_cast<std::int64_t>(vector_.size());
        vector_.resize(
            vector_.size() + static_cast<std::size_t>(numerics::packed_bytes(format, elements)),
            std::byte{0xFF});
        return {address, format};
    }
    template <class T>
    std::int64_t scalar(T value) {
        static_assert(sizeof(T) == 4);
        const auto address = static_cast<std::int64_t>(scalar_.size());
        scalar_.resize(scalar_.size() + 4);
        std::memcpy(scalar_.data() + address, &value, 4);
        return address;
    }
    template <class T>
    T scalar_value(std::int64_t address) const {
        static_assert(sizeof(T) == 4);
        T value{};
        std::memcpy(&value, scalar_.data() + address, 4);
        return value;
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

    std::vector<std::byte>& accumulator() { return accumulator_; }
    Outcome run(const VectorInstruction& instruction) {
        return execute(instruction, {accumulator_, vector_, scalar_});
    }
    Outcome run(const isa::Drain& drain, Format format) {
        return execute(drain, format, {accumulator_, vector_, scalar_});
    }
    Outcome run(const VectorInstruction& instruction, Scratch& scratch, int threads) {
        return execute(instruction, {accumulator_, vector_, scalar_}, scratch, threads);
    }
    Outcome run(const isa::Drain& drain, Format format, Scratch& scratch, int threads) {
        return execute(drain, format, {accumulator_, vector_, scalar_}, scratch, threads);
    }
    /// Everything in the vector and scalar buffers.
    std::vector<std::byte> contents() const {
        std::vector<std::byte> all = vector_;
        all.insert(all.end(), scalar_.begin(), scalar_.end());
        return all;
    }

private:
    std::vector<std::byte> accumulator_;
    std::vector<std::byte> vector_;
    std::vector<std::byte> scalar_;
};

/// Normal random numbers that the format holds, one in eight of them zero.
inline std::vector<float> random_values(Format format, std::int64_t count, std::uint32_t seed,
                                        float deviation) {
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

}  // namespace quatrain::scaling_unit
