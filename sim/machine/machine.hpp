// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/dram/statistics.hpp"
#include "rtl_models/isa/program.hpp"
#include "rtl_models/scratchpad/function.hpp"
#include "sim/machine/machine_params.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::machine {

/// The code of one operator. The engines run through the operators in order, each at its own pace.
struct OperatorQueues {
    const isa::Queues* queues = nullptr;        ///< of every core
    std::string name;                           ///< for messages
    std::vector<const isa::Queues*> of_core{};  ///< by core, where each has its own; else empty

    const isa::Queues& on(std::int64_t core) const {
        return of_core.empty() ? *queues : *of_core[static_cast<std::size_t>(core)];
    }
};

/// An instruction that is done.
struct InstructionRecord {
    isa::Engine engine{};
    std::size_t operator_index = 0;
    const isa::Instruction* instruction = nullptr;
    std::int64_t issue = 0;  ///< executes from the cycle after [cycles]
    std::int64_t done = 0;   ///< the first cycle in which its results are there [cycles]
    std::int64_t core = 0;
};

/// Where a clocked run writes its waveforms.
struct WaveformSettings {
    std::string path;   ///< of the VCD file; empty: none
    std::string scope;  ///< the block whose pins and registers are shown; empty: all of them
};

struct Settings {
    bool numerics = true;  ///< false: cycles and events only; contents are neither read nor written
    int threads = 0;       ///< of the host; 0: all. No result depends on it
    int pass_threads = 0;  ///< those that share a pass of the array; 0: `threads`
    /// False: zero_macs_* stay zero, which saves the time to count them where no energy is asked
    /// for. run_clocked(), whose multipliers see every zero, counts them all the same.
    bool count_zeros = true;
    /// Passes may stand for those of a whole tile (mac_array::weight_stationary_tile()), as
    /// compiler::Target::tile_passes has them made. Without a clock alone.
    bool tile_passes = false;
    /// Called when another operator is complete, with their number and the cycle (0 without a
    /// clock). False stops.
    std::function<bool(std::size_t operators_done, std::int64_t cycle)> progress;
    /// Called for every instruction when it is done; in one engine, in order. Not without a clock.
    std::function<void(const InstructionRecord&)> record;
    WaveformSettings waveform;  ///< of run_clocked()
    /// Watches that the DRAM's commands keep its standard: dram::ConstraintError where they do not.
    bool check_dram = true;
    /// Called for every command to the DRAM, in order of cycle and channel.
    std::function<void(const dram::Command&)> dram_command;
};

struct OperatorResult {
    std::int64_t start_cycle = 0;  ///< its first instruction issues [cycles]
    std::int64_t end_cycle = 0;    ///< its last instruction is done [cycles]
    EventCounts events;            ///< charged to it
};

struct MachineResult {
    std::vector<OperatorResult> operators;  ///< in the order of the queues
    std::size_t operators_done = 0;  ///< leading operators that are complete; all unless stopped
    std::int64_t cycles = 0;         ///< until the last instruction is done; 0 without a clock
    EventCounts events;              ///< of all operators together
    /// By channel, until the DRAM has finished what the program left it; empty without a clock or
    /// when it is ideal.
    std::vector<dram::ChannelStatistics> channels;
};

/// No engine can go on: one line that names every engine's operator, instruction and the semaphore
/// it waits for.
struct DeadlockError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Two engines touched the same bytes at the same time, and one of them wrote: a wait is missing in
/// the program. One line that names both instructions, their operators and the bytes.
struct HazardError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Executes the operators on the machine, cycle by cycle: SystemC engines that wait for semaphores,
/// take the time of the blocks' timing views and do what their function views do. `operators`,
/// `dram` and `scratchpad` must outlive the call. `scratchpad`: as large as the machine's; null
/// where that has none, or with numerics off.
///
/// Events are charged to the operator whose queue holds the instruction. With numerics off,
/// zero_macs_*, fault_* and gradient_odd_clipped stay zero; every other counter and every cycle is
/// the same.
///
/// Throws ParamError; DeadlockError; HazardError; BufferError, DramError and ScratchpadError for
/// addresses outside a memory; and what the blocks' functions throw.
MachineResult run_timed(const MachineParams& params, std::span<const OperatorQueues> operators,
                        const Settings& settings, dram::DramImage& dram,
                        scratchpad::ScratchpadImage* scratchpad = nullptr);

/// The same program on the clocked views of the blocks, one clock edge at a time: same cycles, same
/// events, same bits, much slower. Numerics must be on. Errors as above, but hazards are not looked
/// for, and std::overflow_error for a value that its register cannot hold, std::invalid_argument
/// for a waveform scope that is no block. The waveform file is complete, or is not there.
MachineResult run_clocked(const MachineParams& params, std::span<const OperatorQueues> operators,
                          const Settings& settings, dram::DramImage& dram,
                          scratchpad::ScratchpadImage* scratchpad = nullptr);

/// The same program executed as fast as the host can: the engines take turns, semaphores are
/// respected, nothing takes time. Counters of cycles stay zero, and hazards, which are a matter of
/// time, are not looked for.
MachineResult run_untimed(const MachineParams& params, std::span<const OperatorQueues> operators,
                          const Settings& settings, dram::DramImage& dram,
                          scratchpad::ScratchpadImage* scratchpad = nullptr);

}  // namespace quatrain::machine
