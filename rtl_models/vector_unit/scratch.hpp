// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace quatrain::vector_unit {

/// Memory of one host thread, or of one piece of a sum, while an instruction is executed.
struct Workspace {
    std::array<std::vector<float>, 7> in;   ///< decoded blocks, by operand
    std::array<std::vector<float>, 4> out;  ///< blocks to encode, by operand
    std::vector<float> maxima;              ///< of a pooling window, by column
    std::vector<std::int32_t> places;       ///< of these maxima
    numerics::Faults faults;                ///< of conversions in this workspace
};

/// Memory that instructions reuse: once it has seen the largest of them, nothing is allocated. One
/// per thread of control.
struct Scratch {
    std::vector<Workspace> workspaces;
    std::array<std::vector<float>, 7> in;   ///< vector operands
    std::array<std::vector<float>, 4> out;  ///< the same
    std::vector<std::int32_t> labels;
    std::vector<float> losses;  ///< by row
};

}  // namespace quatrain::vector_unit
