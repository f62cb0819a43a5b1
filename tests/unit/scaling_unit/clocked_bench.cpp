// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/clocked_bench.hpp"

#include <algorithm>

namespace quatrain::scaling_unit {

std::byte& ClockedMemory::byte_of(std::int64_t bit_address) const {
    return bytes_.at(static_cast<std::size_t>(bit_address / 8));
}

std::uint32_t ClockedMemory::read(std::int64_t bit_address, int bits) const {
    std::uint32_t value = 0;
    for (int i = 0; i < bits; ++i) {
        const std::int64_t address = bit_address + i;
        const auto byte = std::to_integer<std::uint32_t>(byte_of(address));
        value |= (byte >> (address % 8) & 1U) << i;
    }
    return value;
}

void ClockedMemory::write(std::int64_t bit_address, int bits, std::uint32_t value) {
    for (int i = 0; i < bits; ++i) {
        byte_of(bit_address + i);  // throws now, not in update()
        written_.push_back({bit_address + i, (value >> i & 1U) != 0});
    }
    request_update();
}

void ClockedMemory::read_bytes(std::int64_t address, std::span<std::byte> bytes) const {
    for (std::byte& byte : bytes) byte = byte_of(8 * address++);
}

void ClockedMemory::write_bytes(std::int64_t address, std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes)
        write(8 * address++, 8, std::to_integer<std::uint32_t>(byte));
}

void ClockedMemory::update() {
    for (const auto& [address, value] : written_) {
        const auto mask = static_cast<std::byte>(1U << (address % 8));
        std::byte& byte = byte_of(address);
        byte = value ? byte | mask : byte & ~mask;
    }
    written_.clear();
}

ClockedBench::ClockedBench(Problem& problem)
    : accumulator_(problem.accumulator),
      vector_(problem.vector),
      scalar_(problem.scalar),
      unit_("scaling_unit", problem.params, problem.accumulator_format) {
    unit_.clock(clock_);
    unit_.start(start_);
    unit_.instruction(instruction_);
    unit_.operands_ready(operands_ready_);
    unit_.results_ready(results_ready_);
    unit_.done(done_);
    unit_.accumulator(accumulator_);
    unit_.vector(vector_);
    unit_.scalar(scalar_);
}

void ClockedBench::cycle(bool operands_ready, bool results_ready) {
    operands_ready_.write(operands_ready);
    results_ready_.write(results_ready);
    clock_.write(false);
    sc_core::sc_start(1, sc_core::SC_NS);
    clock_.write(true);
    sc_core::sc_start(1, sc_core::SC_NS);
    start_.write(false);
}

void ClockedBench::cycle_with_start(const Command& command, bool operands_ready,
                                    bool results_ready) {
    start_.write(true);
    instruction_.write(command);
    cycle(operands_ready, results_ready);
}

}  // namespace quatrain::scaling_unit
