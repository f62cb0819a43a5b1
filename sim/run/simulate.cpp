// SPDX-License-Identifier: Apache-2.0
#include "sim/run/simulate.hpp"

#include <stdexcept>

namespace quatrain::run {

machine::MachineResult simulate(const RunOptions& options, const compiler::Program& program,
                                StepMemory& memory, Progress& progress,
                                TimelineRecorder* timeline) {
    const std::vector<machine::OperatorQueues> queues = operator_queues(program);
    machine::Settings settings{.numerics = options.numerics,
                               .threads = options.threads,
                               .progress =
                                   [&](std::size_t done, std::int64_t) {
                                       progress.update(done);
                                       return !progress.stop_requested();
                                   },
                               .record = {},
                               .waveform = {.path = options.vcd_file, .scope = options.vcd_scope},
                               .check_dram = options.check_dram,
                               .dram_command = options.dram_command};
    if (timeline)
        settings.record = [&](const machine::InstructionRecord& one) { timeline->add(one); };
    progress.begin("simulate", program.code.size(), "operators");
    try {
        const machine::MachineParams& params = options.architecture;
        const auto execute = !options.timing                         ? machine::run_untimed
                             : options.fidelity == Fidelity::clocked ? machine::run_clocked
                                                                     : machine::run_timed;
        machine::MachineResult result =
            execute(params, queues, settings, memory.dram(), &memory.scratchpad());
        progress.end();
        return result;
    } catch (const machine::DeadlockError& error) {
        throw InternalError(error.what());
    } catch (const machine::HazardError& error) {
        throw InternalError(error.what());
    } catch (const dram::ConstraintError& error) {
        throw InternalError(error.what());
    } catch (const std::out_of_range& error) {
        throw InternalError(error.what());
    }
}

}  // namespace quatrain::run
