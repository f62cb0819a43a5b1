// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/function.hpp"
#include "sim/machine/datapath.hpp"
#include "sim/machine/event_charges.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/validate.hpp"

#include <fmt/format.h>
#include <optional>

namespace quatrain::machine {
namespace {

/// The engines without a clock: they take turns, each goes on until it has to wait.
class Turns {
public:
    Turns(const MachineParams& params, std::span<const OperatorQueues> operators, Ledger& ledger,
          Datapath* datapath)
        : params_(params), ledger_(ledger), datapath_(datapath) {
        for (std::size_t engine = 0; engine < isa::engine_count; ++engine) {
            std::vector<const isa::Queue*> queues;
            for (const OperatorQueues& one : operators) queues.push_back(&(*one.queues)[engine]);
            Lane& lane =
                lanes_.emplace_back(Lane{sequencer::Fetcher(std::move(queues)), {}, false});
            lane.waiting = lane.fetcher.next(lane.instruction);
        }
    }

    void run() {
        bool progress = true;
        while (progress && !ledger_.stopped()) {
            progress = false;
            for (std::size_t engine = 0; engine < isa::engine_count; ++engine) {
                while (!ledger_.stopped() && execute_one(static_cast<isa::Engine>(engine)))
                    progress = true;
            }
        }
        if (!ledger_.all_done() && !ledger_.stopped()) throw DeadlockError(deadlock());
    }

private:
    struct Lane {
        sequencer::Fetcher fetcher;
        isa::Instruction instruction;
        bool waiting;  ///< `instruction` is still to be executed
    };

    bool execute_one(isa::Engine engine) {
        Lane& lane = lanes_[static_cast<std::size_t>(engine)];
        if (!lane.waiting || !semaphores_.try_acquire(lane.instruction.waits)) return false;
        const std::size_t index = lane.fetcher.queue_index();
        const Footprint touched = footprint(params_, engine, lane.instruction);
        check_bounds(params_, touched);
        EventCounts& events = ledger_.events(index);
        charge(params_, engine, lane.instruction, pass_cost(params_, lane.instruction), touched,
               events);
        if (datapath_) datapath_->execute(engine, lane.instruction, events);
        semaphores_.release(lane.instruction.signals);
        ledger_.done(index, 0);
        lane.waiting = lane.fetcher.next(lane.instruction);
        return true;
    }

    std::string deadlock() const {
        std::string message = "no progress";
        for (std::size_t engine = 0; engine < lanes_.size(); ++engine) {
            const Lane& lane = lanes_[engine];
            const auto engine_name = isa::name(static_cast<isa::Engine>(engine));
            message += engine == 0 ? ": " : "; ";
            message += !lane.waiting
                           ? fmt::format("{} has finished", engine_name)
                           : fmt::format("{} waits for {} in {} ({})", engine_name,
                                         isa::name(semaphores_.missing(lane.instruction.waits)),
                                         ledger_.name(lane.fetcher.queue_index()),
                                         isa::describe(lane.instruction));
        }
        return message;
    }

    const MachineParams& params_;
    Ledger& ledger_;
    Datapath* datapath_;
    sequencer::SemaphoreFile semaphores_;
    std::vector<Lane> lanes_;
};

}  // namespace

MachineResult run_untimed(const MachineParams& params, std::span<const OperatorQueues> operators,
                          const Settings& settings, dram::DramImage& dram) {
    validate(params);
    Ledger ledger(operators, settings);
    std::optional<Datapath> datapath;
    if (settings.numerics) datapath.emplace(params, dram, settings.threads);
    Turns(params, operators, ledger, datapath ? &*datapath : nullptr).run();
    return ledger.result();
}

}  // namespace quatrain::machine
