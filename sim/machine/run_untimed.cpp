// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/datapath.hpp"
#include "sim/machine/event_charges.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/turns.hpp"
#include "sim/machine/validate.hpp"

namespace quatrain::machine {

MachineResult run_untimed(const MachineParams& params, std::span<const OperatorQueues> operators,
                          const Settings& settings, dram::DramImage& dram,
                          scratchpad::ScratchpadImage* scratchpad) {
    validate(params);
    validate(params, settings, scratchpad);
    Ledger ledger(operators, settings, params.cores);
    std::vector<Datapath> datapaths = make_datapaths(params, settings, dram, scratchpad);
    const auto execute = [&](std::int64_t core, isa::Engine engine, std::size_t operator_index,
                             const isa::Instruction& instruction) {
        const Footprint touched = footprint(params, engine, instruction);
        check_bounds(params, touched);
        EventCounts& events = ledger.events(operator_index);
        charge(params, core, engine, instruction, pass_cost(params, instruction), touched, events);
        if (!datapaths.empty())
            datapaths[static_cast<std::size_t>(core)].execute(engine, instruction, events);
    };
    Turns(params, operators, ledger, execute).run();
    return ledger.result();
}

}  // namespace quatrain::machine
