// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/clocked_bench.hpp"

namespace quatrain::scaling_unit {

ClockedBench::ClockedBench(Problem& problem)
    : accumulator_("accumulator_buffer", problem.accumulator),
      vector_("vector_buffer", problem.vector),
      scalar_("scalar_buffer", problem.scalar),
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
