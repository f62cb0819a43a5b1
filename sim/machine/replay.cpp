// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/replay.hpp"

#include "sim/machine/dependencies.hpp"
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
    const int threads = thread_count(settings);
    if (threads > 1) graph_ = std::make_unique<TaskGraph>(threads);
    workers_.resize(graph_ ? graph_->workers() : 1);
    // Within an instruction one thread, but for passes: much waits for them. Each worker has memory
    // for all that share its passes, too much where there are many.
    constexpr std::size_t most_sharing = 16;
    computed.threads = 1;
    computed.pass_threads = workers_.size() <= most_sharing ? static_cast<int>(workers_.size()) : 1;
    datapaths_ = make_datapaths(params_, computed, dram, scratchpad);
    record(operators, computed);
}

void Replay::record(std::span<const OperatorQueues> operators, const Settings& settings) {
    Ledger ledger(operators, settings, params_.cores);
    Dependencies dependencies(params_.cores);
    const auto one = [&](std::int64_t core, isa::Engine engine, std::size_t operator_index,
                         const isa::Instruction& instruction) {
        const Footprint touched = footprint(params_, engine, instruction);
        check_bounds(params_, touched);
        steps_.push_back({static_cast<std::size_t>(core), engine, operator_index, instruction});
        if (graph_) graph_->add(dependencies.add(core, touched));
    };
    Turns(params_, operators, ledger, one).run();
}

EventCounts Replay::run(std::span<double> seconds) {
    const bool timed = !seconds.empty();
    for (Worker& worker : workers_) worker.events = {};
    if (graph_) {
        graph_->run([&](std::size_t worker, std::size_t step) {
            execute(steps_[step], workers_[worker], timed);
        });
    } else {
        for (Step& step : steps_) execute(step, workers_.front(), timed);
    }
    if (timed)
        for (const Step& step : steps_) seconds[step.operator_index] += step.seconds;
    EventCounts events;
    for (const Worker& worker : workers_) events += worker.events;
    return events;
}

void Replay::execute(Step& step, Worker& worker, bool timed) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = timed ? Clock::now() : Clock::time_point{};
    datapaths_[step.core].execute(step.engine, step.instruction, worker.events, worker.scratch);
    if (timed) step.seconds = std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace quatrain::machine
