// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/execution.hpp"

#include "rtl_models/base/grown.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <fmt/format.h>
#include <cstring>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

std::int64_t vector_bytes(std::int64_t columns) {
    return columns * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

float* TileReader::read(const Block& block, Workspace& workspace) const {
    const std::span<float> values = grown(workspace.in[index_], block.count);
    numerics::decode_row(format_, bytes_.data(), block.first, values);
    if (step_) {
        const float step = *step_;
        for (float& value : values) value = value * step;
    }
    return values.data();
}

float* TileWriter::room(const Block& block, Workspace& workspace) const {
    return grown(workspace.out[index_], block.count).data();
}

void TileWriter::write(const Block& block, Workspace& workspace) const {
    const auto count = static_cast<std::size_t>(block.count);
    numerics::encode_row(format_, bytes_.data(), block.first,
                         std::span<const float>(workspace.out[index_]).first(count),
                         &workspace.faults);
}

Execution::Execution(const isa::VectorInstruction& instruction, const Memory& memory,
                     Scratch& scratch, int threads)
    : instruction_(instruction), memory_(memory), scratch_(scratch), threads_(threads) {
    grown(scratch_.workspaces, pieces_in_flight(threads));
    for (Workspace& workspace : scratch_.workspaces) workspace.faults = {};
}

numerics::Faults Execution::faults() const {
    numerics::Faults all;
    for (const Workspace& workspace : scratch_.workspaces) all += workspace.faults;
    return all;
}

void Execution::reject(const std::string& message) const {
    throw std::invalid_argument(
        fmt::format("vector_unit {}: {}", isa::name(instruction_.operation), message));
}

std::int64_t Execution::immediate() const {
    if (instruction_.immediate < 1)
        reject(fmt::format("immediate = {}: must be at least 1", instruction_.immediate));
    return instruction_.immediate;
}

std::span<std::byte> Execution::operand_bytes(const isa::Operand& operand, std::string_view role,
                                              std::size_t index, std::int64_t count) const {
    if (operand.address == isa::no_address) reject(fmt::format("{}[{}] is not given", role, index));
    if (count < 0) reject(fmt::format("{}[{}]: {} elements", role, index, count));
    const std::int64_t bytes = numerics::packed_bytes(operand.format, count);
    const auto size = static_cast<std::int64_t>(memory_.vector.size());
    if (operand.address < 0 || bytes > size || operand.address > size - bytes) {
        throw std::out_of_range(fmt::format(
            "vector_unit {}: {}[{}] at {}, {} bytes: outside the vector buffer of {} bytes",
            isa::name(instruction_.operation), role, index, operand.address, bytes, size));
    }
    return memory_.vector.subspan(static_cast<std::size_t>(operand.address),
                                  static_cast<std::size_t>(bytes));
}

std::span<const std::byte> Execution::bytes_in(std::size_t index, std::int64_t count) const {
    return operand_bytes(instruction_.in[index], "in", index, count);
}

std::span<std::byte> Execution::bytes_out(std::size_t index, std::int64_t count) const {
    return operand_bytes(instruction_.out[index], "out", index, count);
}

TileReader Execution::tile_in(std::size_t index, std::int64_t count,
                              std::optional<float> step) const {
    return {bytes_in(index, count), instruction_.in[index], index, step};
}

TileWriter Execution::tile_out(std::size_t index, std::int64_t count) const {
    return {bytes_out(index, count), instruction_.out[index], index};
}

std::span<const std::int32_t> Execution::labels_in(std::size_t index, std::int64_t count) {
    if (instruction_.in[index].format != numerics::Format::int32)
        reject(fmt::format("in[{}] is {}: must be int32", index,
                           numerics::name(instruction_.in[index].format)));
    const std::span<const std::byte> bytes = bytes_in(index, count);
    const std::span<std::int32_t> labels = grown(scratch_.labels, count);
    if (!labels.empty()) std::memcpy(labels.data(), bytes.data(), bytes.size());
    return labels;
}

std::span<float> Execution::vector_in(std::size_t index) {
    const isa::Operand operand{instruction_.in[index].address, numerics::Format::fp32};
    const std::span<const std::byte> bytes = operand_bytes(operand, "in", index, columns());
    const std::span<float> values = grown(scratch_.in[index], columns());
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::span<std::byte> Execution::vector_out_bytes(std::size_t out_index) const {
    const isa::Operand operand{instruction_.out[out_index].address, numerics::Format::fp32};
    return operand_bytes(operand, "out", out_index, columns());
}

std::span<float> Execution::sums(std::size_t out_index) {
    const std::span<const std::byte> bytes = vector_out_bytes(out_index);
    const std::span<float> values = vector_room(out_index);
    if (!instruction_.accumulate)
        std::ranges::fill(values, 0.0F);
    else if (!values.empty())
        std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::span<float> Execution::vector_room(std::size_t out_index) {
    return grown(scratch_.out[out_index], columns());
}

void Execution::store_vector(std::size_t out_index, std::span<const float> values) const {
    const std::span<std::byte> bytes = vector_out_bytes(out_index);
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
}

std::span<float> Execution::losses() {
    return grown(scratch_.losses, rows());
}

std::span<std::byte> Execution::scalar_bytes(std::size_t index) const {
    const std::int64_t address = instruction_.scalars[index];
    if (address == isa::no_address) reject(fmt::format("scalars[{}] is not given", index));
    const auto size = static_cast<std::int64_t>(memory_.scalar.size());
    if (address < 0 || address > size - vector_bytes(1)) {
        throw std::out_of_range(
            fmt::format("vector_unit {}: scalars[{}] at {}: outside the scalar buffer of {} bytes",
                        isa::name(instruction_.operation), index, address, size));
    }
    return memory_.scalar.subspan(static_cast<std::size_t>(address), sizeof(float));
}

float Execution::scalar(std::size_t index) const {
    float value = 0.0F;
    std::memcpy(&value, scalar_bytes(index).data(), sizeof(value));
    return value;
}

std::optional<float> Execution::optional_scalar(std::size_t index) const {
    if (!has_scalar(index)) return std::nullopt;
    return scalar(index);
}

void Execution::store_scalar(std::size_t index, float value) const {
    std::memcpy(scalar_bytes(index).data(), &value, sizeof(value));
}

}  // namespace quatrain::vector_unit
