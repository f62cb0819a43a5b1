// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/pinned_mapper.hpp"

#include <boost/describe.hpp>
#include <vector>

namespace quatrain::run {

BOOST_DEFINE_ENUM_CLASS(MapperKind, heuristic, search)
/// What the search makes small, GEMM by GEMM; edp: energy x delay.
BOOST_DEFINE_ENUM_CLASS(MappingObjective, cycles, energy, edp)

/// Which dataflows the search looks at: that which is usual for the pass, or both.
BOOST_DEFINE_ENUM_CLASS(MapperDataflow, pass, any)

/// How the GEMMs of a step are mapped. Of the numbers that the step computes, none depends on
/// tiles; the chunks in which sums are rounded depend on the dataflow.
struct MappingChoice {
    MapperKind mapper = MapperKind::heuristic;
    MappingObjective objective = MappingObjective::cycles;
    MapperDataflow dataflow = MapperDataflow::pass;
    std::vector<compiler::PinnedMapping> pinned{};  ///< chosen by the user
    /// What the choice comes to: other_dataflow() of the compiled step. References, and what else
    /// computes the step's numbers, go by it.
    compiler::OtherDataflow other_dataflow{};
};

}  // namespace quatrain::run
