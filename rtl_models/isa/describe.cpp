// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/instruction.hpp"

#include <fmt/format.h>
#include <span>

namespace quatrain::isa {
namespace {

std::string text(const DmaTransfer& transfer) {
    const auto& e = transfer.extent;
    return fmt::format("transfer {} bytes x {} x {} x {}, {}[{}] dram[{}]", e[0], e[1], e[2], e[3],
                       name(transfer.buffer), transfer.buffer_address, transfer.dram_address);
}

std::string text(const WeightStationaryPass& pass) {
    return fmt::format(
        "weight-stationary pass {} x {}, {} vectors x {} columns, k {}+{}, moving[{}] "
        "stationary[{}] accumulator[{}]{}",
        numerics::name(pass.moving_format), numerics::name(pass.stationary_format), pass.vectors,
        pass.columns, pass.k_offset, pass.k_count, pass.moving.address, pass.stationary_address,
        pass.accumulator_address, pass.accumulate ? " accumulate" : "");
}

std::string text(const OutputStationaryPass& pass) {
    return fmt::format(
        "output-stationary pass {} x {}, {} outputs x {} columns, k {}, {} pixels, moving[{}] "
        "stationary[{}] accumulator[{}]{}",
        numerics::name(pass.moving_format), numerics::name(pass.stationary_format), pass.outputs,
        pass.columns, pass.k_offset, pass.pixels, pass.moving.address, pass.stationary_address,
        pass.accumulator_address, pass.resume ? " resume" : "");
}

std::string text(const Drain& drain) {
    return fmt::format("drain {} x {} to {}, accumulator[{}] vector[{}]", drain.rows, drain.columns,
                       numerics::name(drain.format), drain.accumulator_address, drain.destination);
}

void append_operands(std::string& line, std::string_view label, std::span<const Operand> operands) {
    for (const Operand& operand : operands) {
        if (operand.address == no_address) continue;
        line += fmt::format(" {}[{}]:{}", label, operand.address, numerics::name(operand.format));
    }
}

std::string text(const VectorInstruction& instruction) {
    std::string line = fmt::format("{} {} x {}", name(instruction.operation), instruction.rows,
                                   instruction.columns);
    append_operands(line, "in", instruction.in);
    append_operands(line, "out", instruction.out);
    for (const std::int64_t address : instruction.scalars) {
        if (address != no_address) line += fmt::format(" scalar[{}]", address);
    }
    return instruction.accumulate ? line + " accumulate" : line;
}

void append_uses(std::string& line, std::string_view label, std::span<const SemaphoreUse> uses) {
    for (const SemaphoreUse& use : uses) {
        if (use.semaphore == Semaphore::none) continue;
        line += fmt::format(" {} {}", label, name(use.semaphore));
        if (use.count != 1) line += fmt::format(" x {}", use.count);
    }
}

}  // namespace

std::string describe(const Instruction& instruction) {
    std::string line = std::visit([](const auto& body) { return text(body); }, instruction.body);
    append_uses(line, "wait", instruction.waits);
    append_uses(line, "signal", instruction.signals);
    return line;
}

}  // namespace quatrain::isa
