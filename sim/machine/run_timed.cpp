// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "sim/machine/engines.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/ring_traffic.hpp"
#include "sim/machine/validate.hpp"

#include <fmt/format.h>
#include <array>
#include <memory>
#include <vector>

namespace quatrain::machine {
namespace {

/// The engines of one core.
class Core final : public sc_core::sc_module {
public:
    Core(const sc_core::sc_module_name& name, MachineState& machine, std::int64_t index,
         Datapath* datapath, std::span<const OperatorQueues> operators, MemoryController& memory)
        : sc_module(name),
          state_{.machine = machine, .index = index, .datapath = datapath},
          load_("load", dma::Direction::load, state_, operators, memory),
          store_("store", dma::Direction::store, state_, operators, memory),
          array_("array", state_, operators),
          vector_("vector", state_, operators) {}

    /// Where the engines stand: for the message about a deadlock.
    std::string where() const {
        std::string text;
        for (const Engine* engine : engines()) text += (text.empty() ? "" : "; ") + engine->where();
        return text;
    }
    bool finished() const {
        return std::ranges::all_of(engines(), [](const Engine* one) { return one->finished(); });
    }
    CoreState& state() { return state_; }

private:
    std::array<const Engine*, isa::engine_count> engines() const {
        return {&load_, &store_, &array_, &vector_};
    }

    CoreState state_;
    DmaEngine load_;
    DmaEngine store_;
    ArrayEngine array_;
    VectorEngine vector_;
};

/// The cores and their memory: the block diagram in code.
class Machine final : public sc_core::sc_module {
public:
    Machine(const sc_core::sc_module_name& name, MachineState& state,
            std::vector<Datapath>& datapaths, std::span<const OperatorQueues> operators,
            const Settings& settings)
        : sc_module(name), state_(state), memory_("memory", state, settings) {
        for (std::int64_t i = 0; i < state.params.cores; ++i) {
            Datapath* const datapath =
                datapaths.empty() ? nullptr : &datapaths[static_cast<std::size_t>(i)];
            cores_.push_back(std::make_unique<Core>(fmt::format("core{}", i).c_str(), state, i,
                                                    datapath, operators, memory_));
        }
        if (cores_.size() > 1)
            for (std::int64_t i = 0; i < state.params.cores; ++i) connect(i);
    }

    /// Throws DeadlockError unless every engine has finished.
    void check_finished() const {
        if (std::ranges::all_of(cores_, [](const auto& core) { return core->finished(); })) return;
        if (cores_.size() == 1) throw DeadlockError("no progress: " + cores_.front()->where());
        std::string message = "no progress";
        for (std::size_t i = 0; i < cores_.size(); ++i)
            message += fmt::format("{}core {}: {}", i == 0 ? ": " : "; ", i, cores_[i]->where());
        throw DeadlockError(message);
    }

    MemoryController& memory() { return memory_; }

private:
    CoreState& core(std::int64_t index) { return cores_[static_cast<std::size_t>(index)]->state(); }

    /// Gives core `index` its neighbours.
    void connect(std::int64_t index) {
        CoreState& here = core(index);
        here.next = &core(next_core(state_.params, index));
        here.to_next = wires("next", index, *here.next);
        here.to_previous = wires("previous", index, core(previous_core(state_.params, index)));
    }
    SignalWires* wires(std::string_view to, std::int64_t index, CoreState& neighbour) {
        const std::int64_t hops = ring_hops(state_.params, index, neighbour.index);
        wires_.push_back(std::make_unique<SignalWires>(
            fmt::format("core{}_to_{}", index, to).c_str(), state_,
            hops * state_.params.ring.hop_cycles,
            [&neighbour](const isa::SemaphoreUse& signal) { neighbour.arrive(signal); }));
        return wires_.back().get();
    }

    MachineState& state_;
    MemoryController memory_;
    std::vector<std::unique_ptr<Core>> cores_;
    std::vector<std::unique_ptr<SignalWires>> wires_;
};

}  // namespace

MachineResult run_timed(const MachineParams& params, std::span<const OperatorQueues> operators,
                        const Settings& settings, dram::DramImage& dram,
                        scratchpad::ScratchpadImage* scratchpad) {
    validate(params);
    validate(params, settings, scratchpad);
    Ledger ledger(operators, settings, params.cores);
    std::vector<Datapath> datapaths = make_datapaths(params, settings, dram, scratchpad);

    KernelContext kernel;
    MachineState state{
        .params = params,
        .ledger = ledger,
        .period = sc_core::sc_time(static_cast<double>(params.clock_period_ps), sc_core::SC_PS)};
    Machine machine("machine", state, datapaths, operators, settings);
    sc_core::sc_start();
    if (state.failure) std::rethrow_exception(state.failure);
    if (!ledger.stopped()) machine.check_finished();
    MachineResult result = ledger.result();
    if (!params.dram.ideal) result.channels = machine.memory().finish(result.cycles);
    return result;
}

}  // namespace quatrain::machine
