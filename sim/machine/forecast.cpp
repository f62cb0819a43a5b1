// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/forecast.hpp"

#include "rtl_models/dma/timing.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "rtl_models/mac_array/timing.hpp"
#include "rtl_models/sequencer/function.hpp"
#include "sim/machine/event_charges.hpp"
#include "sim/machine/ring_traffic.hpp"
#include "sim/machine/vector_time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace quatrain::machine {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// A counting semaphore, all of whose releases so far are known with their cycles.
class Releases {
public:
    void add(std::int64_t cycle, std::uint32_t count) {
        const auto at = std::upper_bound(cycles_.begin(), cycles_.end(), cycle);
        cycles_.insert(at, count, cycle);
    }
    /// From which cycle on `count` can be acquired; never if they have not been released.
    std::int64_t available(std::uint32_t count) const {
        if (count == 0) return 0;
        return acquired_ + count > cycles_.size() ? never : cycles_[acquired_ + count - 1];
    }
    void acquire(std::uint32_t count) { acquired_ += count; }

private:
    std::vector<std::int64_t> cycles_;  ///< of every count, in order
    std::size_t acquired_ = 0;
};

class Forecast {
public:
    Forecast(const MachineParams& params, std::span<const OperatorQueues> operators,
             const ForecastSettings& settings, PassCosts& pass_costs)
        : params_(params),
          operators_(operators),
          count_events_(settings.count_events),
          pass_costs_(pass_costs),
          dram_(dram::capability(params.memory, params.dram, params.clock_period_ps)),
          semaphores_(static_cast<std::size_t>(params.cores)) {
        dram_.peak_millibytes_per_cycle =
            std::max<std::int64_t>(1, dram_.peak_millibytes_per_cycle / settings.dram_sharers);
        result_.operators.resize(operators.size());
        started_.resize(operators.size());
        const auto initial = isa::initial_semaphores();
        for (auto& core : semaphores_)
            for (std::size_t i = 0; i < core.size(); ++i) core[i].add(0, initial[i]);
        for (std::int64_t core = 0; core < params.cores; ++core)
            for (std::size_t engine = 0; engine < isa::engine_count; ++engine)
                engines_.push_back({.core = core,
                                    .id = static_cast<isa::Engine>(engine),
                                    .fetcher = sequencer::Fetcher(queues_of(core, engine)),
                                    .array = mac_array::Timeline(params.array)});
        for (Engine& engine : engines_) fetch(engine);
    }

    /// What is not issued yet releases nothing before the earliest cycle in which one of the
    /// engines can issue: all that this engine waits for is known.
    MachineResult run() {
        while (Engine* const next = earliest()) issue(*next, issue_cycle(*next));
        for (const Engine& engine : engines_)
            if (!engine.finished)
                throw DeadlockError(fmt::format(
                    "no progress: core {}: {} waits in {} ({})", engine.core, isa::name(engine.id),
                    operators_[engine.fetcher.queue_index()].name, isa::describe(engine.next)));
        for (const OperatorResult& one : result_.operators) {
            result_.events += one.events;
            result_.cycles = std::max(result_.cycles, one.end_cycle);
        }
        result_.operators_done = operators_.size();
        return std::move(result_);
    }

private:
    struct Engine {
        std::int64_t core;
        isa::Engine id;
        sequencer::Fetcher fetcher;
        mac_array::Timeline array;  ///< of the array's engine
        isa::Instruction next{};
        bool finished = false;
        std::int64_t ready = 0;  ///< the next instruction can issue from here on [cycles]
        std::int64_t done = 0;   ///< of the latest instruction [cycles]
    };
    struct Times {
        std::int64_t done, next_issue;
    };

    std::vector<const isa::Queue*> queues_of(std::int64_t core, std::size_t engine) const {
        std::vector<const isa::Queue*> queues;
        for (const OperatorQueues& one : operators_) queues.push_back(&one.on(core)[engine]);
        return queues;
    }

    Releases& semaphore(std::int64_t core, isa::Semaphore semaphore) {
        return semaphores_[static_cast<std::size_t>(core)][static_cast<std::size_t>(semaphore)];
    }

    void fetch(Engine& engine) { engine.finished = !engine.fetcher.next(engine.next); }

    std::int64_t issue_cycle(const Engine& engine) {
        std::int64_t cycle = engine.ready;
        for (const isa::SemaphoreUse& wait : engine.next.waits)
            cycle = std::max(cycle, semaphore(engine.core, wait.semaphore).available(wait.count));
        return cycle;
    }

    /// Null when none can issue.
    Engine* earliest() {
        Engine* best = nullptr;
        std::int64_t best_cycle = never;
        for (Engine& engine : engines_) {
            if (engine.finished) continue;
            const std::int64_t cycle = issue_cycle(engine);
            if (cycle >= best_cycle) continue;
            best_cycle = cycle;
            best = &engine;
        }
        return best;
    }

    void issue(Engine& engine, std::int64_t cycle) {
        const std::size_t index = engine.fetcher.queue_index();
        const isa::Instruction& instruction = engine.next;
        for (const isa::SemaphoreUse& wait : instruction.waits)
            semaphore(engine.core, wait.semaphore).acquire(wait.count);
        const PassCost cost = pass_costs_(instruction);
        const Times times = execute(engine, cost, cycle);
        engine.ready = times.next_issue;
        engine.done = std::max(engine.done, times.done);
        for (const isa::SemaphoreUse& signal : instruction.signals) release(engine, signal);

        OperatorResult& account = result_.operators[index];
        if (!started_[index]) account.start_cycle = cycle;
        started_[index] = true;
        account.end_cycle = std::max(account.end_cycle, engine.done);
        if (count_events_)
            charge(params_, engine.core, engine.id, instruction, cost,
                   footprint(params_, engine.id, instruction), account.events);
        fetch(engine);
    }

    void release(const Engine& engine, const isa::SemaphoreUse& signal) {
        if (signal.count == 0) return;
        std::int64_t to = engine.core;
        if (params_.cores > 1) {
            const isa::Receiver receiver = isa::receiver(signal.semaphore);
            if (receiver == isa::Receiver::next) to = next_core(params_, engine.core);
            if (receiver == isa::Receiver::previous) to = previous_core(params_, engine.core);
        }
        const std::int64_t travels =
            to == engine.core ? 0 : ring_hops(params_, engine.core, to) * params_.ring.hop_cycles;
        semaphore(to, signal.semaphore).add(engine.done + travels, signal.count);
    }

    Times execute(Engine& engine, const PassCost& cost, std::int64_t cycle) {
        if (const auto* pass = std::get_if<isa::OutputStationaryPass>(&engine.next.body)) {
            const mac_array::PassTimes times =
                engine.array.output_stationary(cycle + 1, pass->resume, cost.stream_cycles);
            return {times.done, times.next_issue - 1};
        }
        if (std::holds_alternative<isa::WeightStationaryPass>(engine.next.body)) {
            const mac_array::PassTimes times =
                engine.array.weight_stationary(cycle + 1, cost.preload_cycles, cost.stream_cycles);
            return {times.done, times.next_issue - 1};
        }
        if (const auto* transfer = std::get_if<isa::DmaTransfer>(&engine.next.body))
            return dram_.ideal ? Times{cycle, cycle} : move(*transfer, cycle);
        const std::int64_t done = cycle + 1 + vector_cycles(params_, engine.next);
        return {done, done};
    }

    Times move(const isa::DmaTransfer& transfer, std::int64_t cycle) {
        const std::int64_t bytes = dma::transfer_bytes(transfer);
        const std::int64_t bursts = dma::burst_count(params_.dma, transfer);
        std::int64_t moved =
            cycle + std::max({bursts, ceil_div(bytes, params_.dma.bytes_per_cycle),
                              ceil_div(bursts * dram_.latency_cycles, params_.dma.outstanding)});
        if (isa::space_of(transfer.dram_address) == isa::Space::dram) {
            dram_free_ = std::max(dram_free_, cycle) +
                         ceil_div(bytes * 1000, dram_.peak_millibytes_per_cycle);
            moved = std::max(moved, dram_free_);
        }
        return {moved + dram_.latency_cycles, moved};
    }

    const MachineParams& params_;
    std::span<const OperatorQueues> operators_;
    bool count_events_;
    PassCosts& pass_costs_;
    dram::Capability dram_;
    std::int64_t dram_free_ = 0;  ///< its data bus is idle from here on [cycles]
    std::vector<std::array<Releases, isa::semaphore_count>> semaphores_;  ///< by core
    std::vector<Engine> engines_;
    std::vector<bool> started_;
    MachineResult result_;
};

}  // namespace

MachineResult forecast(const MachineParams& params, std::span<const OperatorQueues> operators,
                       const ForecastSettings& settings) {
    PassCosts pass_costs(params);
    return forecast(params, operators, settings, pass_costs);
}

MachineResult forecast(const MachineParams& params, std::span<const OperatorQueues> operators,
                       const ForecastSettings& settings, PassCosts& pass_costs) {
    return Forecast(params, operators, settings, pass_costs).run();
}

}  // namespace quatrain::machine
