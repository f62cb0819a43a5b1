// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/report/table.hpp"
#include "workloads/compiler/compiler.hpp"
#include "workloads/compiler/search_mapper.hpp"

#include <string>

namespace quatrain::report {

/// One row per operator of a compiled step: shape, dataflow, tile, instructions, bytes; of core 0
/// where every core has its own code.
Table program_table(const compiler::Program& program);
/// Sizes of the program and of its DRAM image, for people.
std::string program_summary(const compiler::Program& program);
/// What a search has looked at, for people; empty where none has been.
std::string search_summary(const compiler::SearchCount& count);
/// The queues of every operator of the layer, one instruction a line, loops folded; those of every
/// core where each has its own. Empty when no
/// operator has this name.
std::string program_listing(const compiler::Program& program, const std::string& layer);

}  // namespace quatrain::report
