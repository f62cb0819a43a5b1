// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/quantise_rows.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quatrain::scaling_unit {

/// Memory of one host thread, or of one piece of a sum, while an instruction is executed.
struct Workspace {
    std::vector<float> values;
    std::vector<std::uint8_t> codes;             ///< 4-bit codes, one to a byte
    std::vector<std::byte> source, destination;  ///< a drain's rows without gaps
    numerics::Faults faults;                     ///< of conversions in this workspace
    numerics::GradientStatistics tracked;        ///< likewise
};

/// Memory that instructions reuse: once it has seen the largest of them, nothing is allocated. One
/// per thread of control.
struct Scratch {
    std::vector<Workspace> workspaces;
    std::array<std::vector<float>, 3> vectors;
};

}  // namespace quatrain::scaling_unit
