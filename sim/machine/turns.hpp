// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/sequencer/function.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/machine.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace quatrain::machine {

/// The engines without a clock: they take turns, each goes on until it has to wait for a semaphore.
class Turns {
public:
    /// Does what an instruction does, at once.
    using Execute = std::function<void(std::int64_t core, isa::Engine engine,
                                       std::size_t operator_index, const isa::Instruction&)>;

    /// `params`, `operators` and `ledger` must outlive the object.
    Turns(const MachineParams& params, std::span<const OperatorQueues> operators, Ledger& ledger,
          Execute execute);

    /// Runs through all queues, or until the ledger's listener asks to stop. Throws DeadlockError.
    void run();

private:
    struct Lane {
        sequencer::Fetcher fetcher;
        isa::Instruction instruction;
        bool waiting;  ///< `instruction` is still to be executed
    };
    struct Core {
        std::vector<Lane> lanes;
        sequencer::SemaphoreFile semaphores;
    };

    static Core make_core(std::int64_t index, std::span<const OperatorQueues> operators);
    bool execute_one(std::size_t core, std::size_t engine_index);
    void release(std::size_t core, std::span<const isa::SemaphoreUse> signals);
    std::size_t receiving(std::size_t core, isa::Semaphore semaphore) const;
    std::string deadlock() const;
    std::string where(const Core& core) const;

    const MachineParams& params_;
    Ledger& ledger_;
    Execute execute_;
    std::vector<Core> cores_;
};

}  // namespace quatrain::machine
