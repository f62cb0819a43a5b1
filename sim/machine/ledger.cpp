// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/ledger.hpp"

#include <algorithm>

namespace quatrain::machine {

Ledger::Ledger(std::span<const OperatorQueues> operators, const Settings& settings,
               std::int64_t cores)
    : operators_(operators),
      settings_(settings),
      remaining_(operators.size()),
      started_(operators.size()) {
    result_.operators.resize(operators.size());
    for (std::size_t i = 0; i < operators.size(); ++i) {
        for (std::int64_t core = 0; core < cores; ++core)
            for (const isa::Queue& queue : operators[i].on(core))
                remaining_[i] += isa::executed_instructions(queue);
    }
    advance(0);
}

void Ledger::issued(std::size_t index, std::int64_t cycle) {
    if (started_[index]) return;
    started_[index] = true;
    result_.operators[index].start_cycle = cycle;
    result_.operators[index].end_cycle = cycle;
}

void Ledger::done(std::size_t index, std::int64_t cycle) {
    OperatorResult& result = result_.operators[index];
    result.end_cycle = std::max(result.end_cycle, cycle);
    result_.cycles = std::max(result_.cycles, cycle);
    --remaining_[index];
    advance(cycle);
}

MachineResult Ledger::result() const {
    MachineResult total = result_;
    for (const OperatorResult& one : total.operators) total.events += one.events;
    return total;
}

void Ledger::advance(std::int64_t cycle) {
    const std::size_t before = result_.operators_done;
    std::size_t& done = result_.operators_done;
    while (done < operators_.size() && remaining_[done] == 0) ++done;
    if (done != before && settings_.progress && !settings_.progress(done, cycle)) stopped_ = true;
}

}  // namespace quatrain::machine
