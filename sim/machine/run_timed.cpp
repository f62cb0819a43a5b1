// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "sim/machine/engines.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/validate.hpp"

#include <array>

namespace quatrain::machine {
namespace {

/// One core: the block diagram in code.
class Machine final : public sc_core::sc_module {
public:
    Machine(const sc_core::sc_module_name& name, CoreState& core,
            std::span<const OperatorQueues> operators, const Settings& settings)
        : sc_module(name),
          memory_("memory", core, settings),
          load_("load", dma::Direction::load, core, operators, memory_),
          store_("store", dma::Direction::store, core, operators, memory_),
          array_("array", core, operators),
          vector_("vector", core, operators) {}

    /// Throws DeadlockError unless every engine has finished.
    void check_finished() const {
        const std::array<const Engine*, isa::engine_count> engines{&load_, &store_, &array_,
                                                                   &vector_};
        std::string message = "no progress";
        bool finished = true;
        for (const Engine* engine : engines) {
            message += (engine == engines.front() ? ": " : "; ") + engine->where();
            finished = finished && engine->finished();
        }
        if (!finished) throw DeadlockError(message);
    }

    MemoryController& memory() { return memory_; }

private:
    MemoryController memory_;
    DmaEngine load_;
    DmaEngine store_;
    ArrayEngine array_;
    VectorEngine vector_;
};

}  // namespace

MachineResult run_timed(const MachineParams& params, std::span<const OperatorQueues> operators,
                        const Settings& settings, dram::DramImage& dram) {
    validate(params);
    Ledger ledger(operators, settings);
    std::optional<Datapath> datapath;
    if (settings.numerics) datapath.emplace(params, dram, settings.threads);

    KernelContext kernel;
    CoreState core{
        .params = params,
        .ledger = ledger,
        .datapath = datapath ? &*datapath : nullptr,
        .period = sc_core::sc_time(static_cast<double>(params.clock_period_ps), sc_core::SC_PS)};
    Machine machine("machine", core, operators, settings);
    sc_core::sc_start();
    if (core.failure) std::rethrow_exception(core.failure);
    if (!ledger.stopped()) machine.check_finished();
    MachineResult result = ledger.result();
    if (!params.dram.ideal) result.channels = machine.memory().finish(result.cycles);
    return result;
}

}  // namespace quatrain::machine
