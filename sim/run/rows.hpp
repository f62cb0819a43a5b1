// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"
#include "sim/run/check.hpp"
#include "sim/run/result.hpp"
#include "sim/run/run.hpp"

#include <map>

namespace quatrain::run {

/// Rows, totals and energies of a simulated step; without what only the numbers can tell.
RunResult make_result(const RunOptions& options, const compiler::Program& program,
                      const machine::MachineResult& simulated);

/// Adds what machine::forecast() says of the rows' cycles.
void add_predictions(const RunOptions& options, const compiler::Program& program,
                     RunResult& result);

/// Multiply-accumulates that the whole arrays of all cores can do in a cycle, in the precision of
/// an operator that counted these events.
std::uint64_t peak_macs_per_cycle(const config::Architecture& architecture,
                                  const EventCounts& counts);

/// Adds loss and GradScale of the whole batch, read from the tensors of the step.
void add_numbers(const compiler::Program& program, const StepInputs& inputs,
                 const TensorSource& source, RunResult& result);

/// Adds to every row the comparison of the tensors that its operators make.
void add_golden(const compiler::Program& program, const CheckResult& checked, RunResult& result);

/// Adds to every row the distances of its comparable outputs from the FP64 step.
void add_fidelity(const compiler::Program& program,
                  const std::map<std::size_t, std::vector<TensorFidelity>>& fidelities,
                  RunResult& result);

}  // namespace quatrain::run
