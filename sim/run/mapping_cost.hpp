// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "sim/energy/energy.hpp"
#include "sim/machine/pass_cost.hpp"
#include "sim/run/mapping_choice.hpp"
#include "workloads/compiler/search_mapper.hpp"

#include <vector>

namespace quatrain::run {

/// What a GEMM costs on one machine: cycles by machine::forecast() on one core that has its share
/// of the DRAM's bandwidth; energy [fJ] of that many cycles and of the events of all cores; or both
/// multiplied. For searches with `threads` threads.
class GemmCost final : public compiler::MappingCost {
public:
    GemmCost(const config::Architecture& architecture, const config::Technology& technology,
             MappingObjective objective, int threads);
    GemmCost(const GemmCost&) = delete;
    GemmCost& operator=(const GemmCost&) = delete;

    OfCode of(const isa::Queues& code, std::size_t worker) const override;
    double least(const compiler::MappingWork& work, const EventCounts& same_gemm) const override;

private:
    double cost(std::int64_t cycles, const EventCounts& events) const;

    config::Architecture architecture_;
    mutable std::vector<machine::PassCosts> pass_costs_;  ///< of every worker; saves time
    energy::Model energy_;
    MappingObjective objective_;
};

}  // namespace quatrain::run
