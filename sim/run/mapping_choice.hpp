// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/pinned_mapper.hpp"

#include <boost/describe.hpp>
#include <vector>

namespace quatrain::run {

BOOST_DEFINE_ENUM_CLASS(MapperKind, heuristic, search)
/// What the search makes small, GEMM by GEMM; edp: energy x delay.
BOOST_DEFINE_ENUM_CLASS(MappingObjective, cycles, energy, edp)

/// How the GEMMs of a step are mapped. No number that the step computes depends on it.
struct MappingChoice {
    MapperKind mapper = MapperKind::heuristic;
    MappingObjective objective = MappingObjective::cycles;
    std::vector<compiler::PinnedMapping> pinned{};  ///< chosen by the user
};

}  // namespace quatrain::run
