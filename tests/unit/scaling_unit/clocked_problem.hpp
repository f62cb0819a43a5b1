// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/scaling_unit/clocked.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::scaling_unit {

/// A random instruction, small enough to print: everything else follows from the seed.
struct Case {
    std::string operation;  ///< "drain", or a name of isa::VectorOperation
    std::uint64_t seed = 0;
    std::int64_t rows = 1;
    std::int64_t columns = 1;
    std::int64_t lanes = 1;
    std::int64_t depth = 1;
    std::int64_t special_cycles = 1;
    std::int64_t stall_percent = 0;  ///< of the cycles, on either side
};
std::string describe(const Case& one);
/// Shapes from 1 on, lanes 1 to 9, depth 1 to 6 (sometimes more), special_cycles 1 to 5.
Case random_case(const std::string& operation, std::uint64_t seed);

/// The instruction, with memories full of its operands and of noise.
struct Problem {
    Params params;
    numerics::Format accumulator_format = numerics::Format::fp32;
    Command command;
    std::vector<std::byte> accumulator, vector, scalar;
};
/// Formats, strides, optional operands, `accumulate` and data are drawn from the seed, in this
/// order, so that a smaller shape keeps the options.
Problem problem_of(const Case& one);

}  // namespace quatrain::scaling_unit
