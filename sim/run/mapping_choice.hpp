// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/pinned_mapper.hpp"
#include "workloads/compiler/search_mapper.hpp"

#include <boost/describe.hpp>
#include <vector>

namespace quatrain::run {

BOOST_DEFINE_ENUM_CLASS(MapperKind, heuristic, search)
/// What the search makes small, GEMM by GEMM; edp: energy x delay.
BOOST_DEFINE_ENUM_CLASS(MappingObjective, cycles, energy, edp)

/// How the GEMMs of a step are mapped. Of the numbers that the step computes, none depends on
/// tiles; the chunks in which sums are rounded depend on the dataflow.
struct MappingChoice {
    MapperKind mapper = MapperKind::heuristic;
    MappingObjective objective = MappingObjective::cycles;
    compiler::DataflowChoice dataflow = compiler::DataflowChoice::pass;
    std::vector<compiler::PinnedMapping> pinned{};  ///< chosen by the user
    /// What the choice comes to: other_dataflow() of the compiled step. References, and what else
    /// computes the step's numbers, go by it.
    compiler::OtherDataflow other_dataflow{};
};

}  // namespace quatrain::run
