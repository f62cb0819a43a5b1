// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/execution.hpp"

#include "rtl_models/numerics/pack.hpp"

#include <fmt/format.h>
#include <cstring>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

void check_range(std::size_t buffer_bytes, std::int64_t address, std::int64_t bytes,
                 std::string_view operand, std::string_view buffer_name) {
    const auto size = static_cast<std::int64_t>(buffer_bytes);
    if (address < 0 || bytes < 0 || bytes > size || address > size - bytes) {
        throw std::out_of_range(
            fmt::format("scaling_unit {} at {}, {} bytes: outside the {} buffer of {} bytes",
                        operand, address, bytes, buffer_name, size));
    }
}

}  // namespace

std::span<std::byte> bytes_at(std::span<std::byte> buffer, std::int64_t address, std::int64_t bytes,
                              std::string_view operand, std::string_view buffer_name) {
    check_range(buffer.size(), address, bytes, operand, buffer_name);
    return buffer.subspan(static_cast<std::size_t>(address), static_cast<std::size_t>(bytes));
}

std::span<const std::byte> bytes_at(std::span<const std::byte> buffer, std::int64_t address,
                                    std::int64_t bytes, std::string_view operand,
                                    std::string_view buffer_name) {
    check_range(buffer.size(), address, bytes, operand, buffer_name);
    return buffer.subspan(static_cast<std::size_t>(address), static_cast<std::size_t>(bytes));
}

std::uint32_t load_word(std::span<std::byte> scalars, std::int64_t address,
                        std::string_view operand) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes_at(scalars, address, sizeof(word), operand, "scalar").data(),
                sizeof(word));
    return word;
}

void store_word(std::span<std::byte> scalars, std::int64_t address, std::uint32_t word,
                std::string_view operand) {
    std::memcpy(bytes_at(scalars, address, sizeof(word), operand, "scalar").data(), &word,
                sizeof(word));
}

void Execution::reject(const std::string& message) const {
    throw std::invalid_argument(
        fmt::format("scaling_unit {}: {}", isa::name(instruction_.operation), message));
}

std::span<std::byte> Execution::operand(const isa::Operand& operand, std::string_view role,
                                        std::size_t index, numerics::Format format,
                                        std::int64_t count) const {
    if (operand.address == isa::no_address) reject(fmt::format("{}[{}] is not given", role, index));
    return bytes_at(memory_.vector, operand.address, numerics::packed_bytes(format, count),
                    fmt::format("{}: {}[{}]", isa::name(instruction_.operation), role, index),
                    "vector");
}

std::vector<float> Execution::tile(std::size_t index) const {
    const numerics::Format format = instruction_.in[index].format;
    const std::span<const std::byte> bytes =
        operand(instruction_.in[index], "in", index, format, elements());
    std::vector<float> values(static_cast<std::size_t>(elements()));
    numerics::decode_row(format, bytes.data(), 0, values);
    return values;
}

std::span<std::byte> Execution::tile_out(std::size_t index, int width) const {
    const numerics::Format format = out_format(index);
    if (width != 0 && numerics::bits(format) != width)
        reject(
            fmt::format("out[{}] is {}: must have {} bits", index, numerics::name(format), width));
    return operand(instruction_.out[index], "out", index, format, elements());
}

std::vector<float> Execution::vector_in(std::size_t index) const {
    const std::span<const std::byte> bytes =
        operand(instruction_.in[index], "in", index, numerics::Format::fp32, columns());
    std::vector<float> values(static_cast<std::size_t>(columns()));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::vector<float> Execution::initial_vector(std::size_t out_index) const {
    const std::span<const std::byte> bytes =
        operand(instruction_.out[out_index], "out", out_index, numerics::Format::fp32, columns());
    std::vector<float> values(static_cast<std::size_t>(columns()), 0.0F);
    if (instruction_.accumulate && !values.empty())
        std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

void Execution::store_vector(std::size_t out_index, const std::vector<float>& values) const {
    const std::span<std::byte> bytes =
        operand(instruction_.out[out_index], "out", out_index, numerics::Format::fp32, columns());
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
}

std::uint32_t Execution::word(std::size_t index) const {
    if (!has_scalar(index)) reject(fmt::format("scalars[{}] is not given", index));
    return load_word(memory_.scalar, instruction_.scalars[index],
                     fmt::format("{}: scalars[{}]", isa::name(instruction_.operation), index));
}

void Execution::store(std::size_t index, std::uint32_t word) const {
    if (!has_scalar(index)) reject(fmt::format("scalars[{}] is not given", index));
    store_word(memory_.scalar, instruction_.scalars[index], word,
               fmt::format("{}: scalars[{}]", isa::name(instruction_.operation), index));
}

}  // namespace quatrain::scaling_unit
