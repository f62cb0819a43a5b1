// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/replay.hpp"

#include "sim/machine/footprint.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/turns.hpp"
#include "sim/machine/validate.hpp"

#include <chrono>

namespace quatrain::machine {

Replay::Replay(const MachineParams& params, std::span<const OperatorQueues> operators,
               const Settings& settings, dram::DramImage& dram,
               scratchpad::ScratchpadImage* scratchpad)
    : params_(params) {
    Settings computed = settings;
    computed.numerics = true;
    computed.progress = {};
    validate(params_);
    validate(params_, computed, scratchpad);
    datapaths_ = make_datapaths(params_, computed, dram, scratchpad);
    Ledger ledger(operators, computed, params_.cores);
    const auto record = [&](std::int64_t core, isa::Engine engine, std::size_t operator_index,
                            const isa::Instruction& instruction) {
        check_bounds(params_, footprint(params_, engine, instruction));
        steps_.push_back({static_cast<std::size_t>(core), engine, operator_index, instruction});
    };
    Turns(params_, operators, ledger, record).run();
}

EventCounts Replay::run(std::span<double> seconds) {
    using Clock = std::chrono::steady_clock;
    EventCounts events;
    for (const Step& step : steps_) {
        const Clock::time_point start = seconds.empty() ? Clock::time_point{} : Clock::now();
        datapaths_[step.core].execute(step.engine, step.instruction, events);
        if (!seconds.empty())
            seconds[step.operator_index] +=
                std::chrono::duration<double>(Clock::now() - start).count();
    }
    return events;
}

}  // namespace quatrain::machine
