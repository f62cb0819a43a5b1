// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"
#include "sim/machine/pass_cost.hpp"

#include <span>

namespace quatrain::machine {

struct ForecastSettings {
    /// Charges what follows from the instructions (not busy or stalled cycles, nor what depends on
    /// data), as run_timed() does; otherwise all counters stay zero.
    bool count_events = false;
    /// So many parts of the DRAM's bandwidth there are, of which the program has one.
    std::int64_t dram_sharers = 1;
};

/// When the operators of a program start and are done, from the closed forms of the blocks'
/// timing views alone: no kernel, no numbers, no DRAM controller. Instructions issue and release
/// semaphores as in run_timed().
///
/// Where the DRAM is ideal, every cycle is that of run_timed(). Otherwise it is an estimate: a
/// transfer passes its engine's port and window of outstanding bursts, and, with all others, the
/// DRAM's peak bandwidth; requests neither wait for banks nor for the ring.
///
/// Throws DeadlockError, and std::invalid_argument for a pair of formats that the array has no mode
/// for.
MachineResult forecast(const MachineParams& params, std::span<const OperatorQueues> operators,
                       const ForecastSettings& settings);
/// The same with the costs of passes that are known already, on the same machine.
MachineResult forecast(const MachineParams& params, std::span<const OperatorQueues> operators,
                       const ForecastSettings& settings, PassCosts& pass_costs);

}  // namespace quatrain::machine
