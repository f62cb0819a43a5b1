// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"

namespace quatrain::compiler {

/// Gives every tensor of the program's graph a place of its own for the whole step. Tensors that
/// the step computes lie in the scratchpad, those with the most traffic per byte first, as far as
/// they fit; all others in the DRAM. Throws CompileError.
void place_tensors(Program& program, const Target& target);

}  // namespace quatrain::compiler
