// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "sim/machine/datapath.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/task_graph.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace quatrain::machine {

/// A program that is executed again and again, as fast as the host can: its instructions in the
/// order in which run_untimed() executes them or, by several threads, in any order in which each
/// finds the bytes that it would find in that one. Loops, semaphores, bounds and dependencies are
/// looked at once, in the constructor; a run does nothing but the arithmetic and the copies.
class Replay {
public:
    /// `operators` is read here alone; the memories must outlive the object. Of the settings,
    /// `threads`, `count_zeros` and `tile_passes` count. Throws what run_untimed() throws before
    /// its arithmetic.
    Replay(const MachineParams& params, std::span<const OperatorQueues> operators,
           const Settings& settings, dram::DramImage& dram,
           scratchpad::ScratchpadImage* scratchpad = nullptr);
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    /// Executes the program once on what the memories hold. Returns the events that depend on the
    /// data (zero_macs_*, fault_*, gradient_odd_clipped). `seconds`: none, or one per operator, to
    /// which the time of the host's threads is added [s]. Throws what the blocks' functions throw:
    /// of several errors, that of the instruction that comes first.
    EventCounts run(std::span<double> seconds = {});

    std::size_t instructions() const { return steps_.size(); }

private:
    struct Step {
        std::size_t core;
        isa::Engine engine;
        std::size_t operator_index;
        isa::Instruction instruction;
        double seconds = 0;  ///< that it took in this run
    };
    /// What a thread of the host has to itself.
    struct Worker {
        Scratch scratch;
        EventCounts events;
    };

    void record(std::span<const OperatorQueues> operators, const Settings& settings);
    void execute(Step& step, Worker& worker, bool timed);

    MachineParams params_;  ///< the datapaths refer to it
    std::vector<Datapath> datapaths_;
    std::vector<Step> steps_;
    std::vector<Worker> workers_;
    std::unique_ptr<TaskGraph> graph_;  ///< null: one thread
};

}  // namespace quatrain::machine
