// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "tests/unit/scaling_unit/clocked_problem.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace quatrain::scaling_unit {

/// A memory with as many ports as are asked for. What is written appears after the edge.
class ClockedMemory : public sc_core::sc_prim_channel, public MemoryPort {
public:
    explicit ClockedMemory(std::vector<std::byte>& bytes)
        : sc_prim_channel(sc_core::sc_gen_unique_name("memory")), bytes_(bytes) {}

    std::uint32_t read(std::int64_t bit_address, int bits) const override;
    void write(std::int64_t bit_address, int bits, std::uint32_t value) override;
    void read_bytes(std::int64_t address, std::span<std::byte> bytes) const override;
    void write_bytes(std::int64_t address, std::span<const std::byte> bytes) override;

private:
    struct Bit {
        std::int64_t address;
        bool value;
    };
    void update() override;
    std::byte& byte_of(std::int64_t bit_address) const;

    std::vector<std::byte>& bytes_;
    std::vector<Bit> written_;
};

/// The unit alone with its memories, driven at its pins cycle by cycle. One object per kernel.
class ClockedBench {
public:
    /// Works on the memories of `problem`, whose command it does not start.
    explicit ClockedBench(Problem& problem);

    /// The pins of one cycle, and the edge at its end. `done` is then that of the next cycle.
    void cycle(bool operands_ready, bool results_ready);
    void cycle_with_start(const Command& command, bool operands_ready, bool results_ready);
    bool done() const { return done_.read(); }

    ClockedScalingUnit& unit() { return unit_; }

private:
    ClockedMemory accumulator_, vector_, scalar_;
    sc_core::sc_signal<bool> clock_{"clock"}, start_{"start"}, operands_ready_{"operands_ready"},
        results_ready_{"results_ready"}, done_{"done"};
    sc_core::sc_signal<Command> instruction_{"instruction"};
    ClockedScalingUnit unit_;
};

}  // namespace quatrain::scaling_unit
