// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/port_memory.hpp"
#include "tests/unit/scaling_unit/clocked_problem.hpp"

namespace quatrain::scaling_unit {

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
    test::PortMemory accumulator_, vector_, scalar_;
    sc_core::sc_signal<bool> clock_{"clock"}, start_{"start"}, operands_ready_{"operands_ready"},
        results_ready_{"results_ready"}, done_{"done"};
    sc_core::sc_signal<Command> instruction_{"instruction"};
    ClockedScalingUnit unit_;
};

}  // namespace quatrain::scaling_unit
