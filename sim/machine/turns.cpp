// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/turns.hpp"

#include "sim/machine/ring_traffic.hpp"

#include <fmt/format.h>
#include <utility>

namespace quatrain::machine {

Turns::Turns(const MachineParams& params, std::span<const OperatorQueues> operators, Ledger& ledger,
             Execute execute)
    : params_(params), ledger_(ledger), execute_(std::move(execute)) {
    for (std::int64_t core = 0; core < params.cores; ++core)
        cores_.emplace_back(make_core(core, operators));
}

void Turns::run() {
    bool progress = true;
    while (progress && !ledger_.stopped()) {
        progress = false;
        for (std::size_t core = 0; core < cores_.size(); ++core)
            for (std::size_t engine = 0; engine < isa::engine_count; ++engine)
                while (!ledger_.stopped() && execute_one(core, engine)) progress = true;
    }
    if (!ledger_.all_done() && !ledger_.stopped()) throw DeadlockError(deadlock());
}

Turns::Core Turns::make_core(std::int64_t index, std::span<const OperatorQueues> operators) {
    Core core;
    for (std::size_t engine = 0; engine < isa::engine_count; ++engine) {
        std::vector<const isa::Queue*> queues;
        for (const OperatorQueues& one : operators) queues.push_back(&one.on(index)[engine]);
        Lane& lane =
            core.lanes.emplace_back(Lane{sequencer::Fetcher(std::move(queues)), {}, false});
        lane.waiting = lane.fetcher.next(lane.instruction);
    }
    return core;
}

bool Turns::execute_one(std::size_t core, std::size_t engine_index) {
    Lane& lane = cores_[core].lanes[engine_index];
    if (!lane.waiting || !cores_[core].semaphores.try_acquire(lane.instruction.waits)) return false;
    const auto engine = static_cast<isa::Engine>(engine_index);
    const std::size_t index = lane.fetcher.queue_index();
    execute_(static_cast<std::int64_t>(core), engine, index, lane.instruction);
    release(core, lane.instruction.signals);
    ledger_.done(index, 0);
    lane.waiting = lane.fetcher.next(lane.instruction);
    return true;
}

void Turns::release(std::size_t core, std::span<const isa::SemaphoreUse> signals) {
    for (const isa::SemaphoreUse& one : signals)
        cores_[receiving(core, one.semaphore)].semaphores.release({&one, 1});
}

std::size_t Turns::receiving(std::size_t core, isa::Semaphore semaphore) const {
    const auto index = static_cast<std::int64_t>(core);
    switch (isa::receiver(semaphore)) {
        case isa::Receiver::next:
            return static_cast<std::size_t>(next_core(params_, index));
        case isa::Receiver::previous:
            return static_cast<std::size_t>(previous_core(params_, index));
        case isa::Receiver::own:
            break;
    }
    return core;
}

std::string Turns::deadlock() const {
    std::string message = "no progress: ";
    for (std::size_t i = 0; i < cores_.size(); ++i) {
        if (i > 0) message += "; ";
        if (cores_.size() > 1) message += fmt::format("core {}: ", i);
        message += where(cores_[i]);
    }
    return message;
}
std::string Turns::where(const Core& core) const {
    std::string text;
    for (std::size_t engine = 0; engine < core.lanes.size(); ++engine) {
        const Lane& lane = core.lanes[engine];
        const auto engine_name = isa::name(static_cast<isa::Engine>(engine));
        if (engine > 0) text += "; ";
        text += !lane.waiting
                    ? fmt::format("{} has finished", engine_name)
                    : fmt::format("{} waits for {} in {} ({})", engine_name,
                                  isa::name(core.semaphores.missing(lane.instruction.waits)),
                                  ledger_.name(lane.fetcher.queue_index()),
                                  isa::describe(lane.instruction));
    }
    return text;
}

}  // namespace quatrain::machine
