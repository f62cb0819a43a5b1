// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/execution.hpp"

#include "rtl_models/numerics/pack.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

std::string text(const OperandName& name) {
    return name.index ? fmt::format("{}: {}[{}]", name.operation, name.role, *name.index)
                      : fmt::format("{}: {}", name.operation, name.role);
}

void check_range(std::size_t buffer_bytes, std::int64_t address, std::int64_t bytes,
                 const OperandName& operand, std::string_view buffer_name) {
    const auto size = static_cast<std::int64_t>(buffer_bytes);
    if (address < 0 || bytes < 0 || bytes > size || address > size - bytes) {
        throw std::out_of_range(
            fmt::format("scaling_unit {} at {}, {} bytes: outside the {} buffer of {} bytes",
                        text(operand), address, bytes, buffer_name, size));
    }
}

}  // namespace

std::span<std::byte> bytes_at(std::span<std::byte> buffer, std::int64_t address, std::int64_t bytes,
                              const OperandName& operand, std::string_view buffer_name) {
    check_range(buffer.size(), address, bytes, operand, buffer_name);
    return buffer.subspan(static_cast<std::size_t>(address), static_cast<std::size_t>(bytes));
}

std::span<const std::byte> bytes_at(std::span<const std::byte> buffer, std::int64_t address,
                                    std::int64_t bytes, const OperandName& operand,
                                    std::string_view buffer_name) {
    check_range(buffer.size(), address, bytes, operand, buffer_name);
    return buffer.subspan(static_cast<std::size_t>(address), static_cast<std::size_t>(bytes));
}

std::uint32_t load_word(std::span<std::byte> scalars, std::int64_t address,
                        const OperandName& operand) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes_at(scalars, address, sizeof(word), operand, "scalar").data(),
                sizeof(word));
    return word;
}

void store_word(std::span<std::byte> scalars, std::int64_t address, std::uint32_t word,
                const OperandName& operand) {
    std::memcpy(bytes_at(scalars, address, sizeof(word), operand, "scalar").data(), &word,
                sizeof(word));
}

void prepare(Scratch& scratch, int threads) {
    grown(scratch.workspaces, pieces_in_flight(threads));
    for (Workspace& workspace : scratch.workspaces) {
        workspace.faults = {};
        workspace.tracked = {};
    }
}

numerics::Faults faults(const Scratch& scratch) {
    numerics::Faults all;
    for (const Workspace& workspace : scratch.workspaces) all += workspace.faults;
    return all;
}

std::span<float> TileReader::read(const Block& block, Workspace& workspace) const {
    const std::span<float> values = grown(workspace.values, block.count);
    numerics::decode_row(format_, bytes_.data(), block.first, values);
    return values;
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
                    {isa::name(instruction_.operation), role, index}, "vector");
}

TileReader Execution::tile_in(std::size_t index) const {
    const numerics::Format format = instruction_.in[index].format;
    return {operand(instruction_.in[index], "in", index, format, elements()), format};
}

std::span<std::byte> Execution::tile_out(std::size_t index, int width) const {
    const numerics::Format format = out_format(index);
    if (width != 0 && numerics::bits(format) != width)
        reject(
            fmt::format("out[{}] is {}: must have {} bits", index, numerics::name(format), width));
    return operand(instruction_.out[index], "out", index, format, elements());
}

std::span<float> Execution::vector_in(std::size_t index) const {
    const std::span<const std::byte> bytes =
        operand(instruction_.in[index], "in", index, numerics::Format::fp32, columns());
    const std::span<float> values = grown(scratch_.vectors.at(index), columns());
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::span<float> Execution::initial_vector(std::size_t out_index) const {
    const std::span<const std::byte> bytes =
        operand(instruction_.out[out_index], "out", out_index, numerics::Format::fp32, columns());
    const std::span<float> values = grown(scratch_.vectors.at(out_index), columns());
    if (!instruction_.accumulate)
        std::ranges::fill(values, 0.0F);
    else if (!values.empty())
        std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

void Execution::store_vector(std::size_t out_index, std::span<const float> values) const {
    const std::span<std::byte> bytes =
        operand(instruction_.out[out_index], "out", out_index, numerics::Format::fp32, columns());
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
}

std::uint32_t Execution::word(std::size_t index) const {
    if (!has_scalar(index)) reject(fmt::format("scalars[{}] is not given", index));
    return load_word(memory_.scalar, instruction_.scalars[index],
                     {isa::name(instruction_.operation), "scalars", index});
}

void Execution::store(std::size_t index, std::uint32_t word) const {
    if (!has_scalar(index)) reject(fmt::format("scalars[{}] is not given", index));
    store_word(memory_.scalar, instruction_.scalars[index], word,
               {isa::name(instruction_.operation), "scalars", index});
}

}  // namespace quatrain::scaling_unit
