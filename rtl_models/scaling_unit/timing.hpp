// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <span>

namespace quatrain::scaling_unit {

/// In line behind the accumulator buffer: scale, quantise, track maxima and sums.
struct Params {
    std::int64_t lanes = 64;
    std::int64_t depth = 8;
    std::int64_t special_cycles = 4;
};
BOOST_DESCRIBE_STRUCT(Params, (), (lanes, depth, special_cycles))
std::span<const ParameterInfo> parameter_info(const Params&);

/// True for the vector-queue operations that the scaling units execute (the first block of
/// VectorOperation).
bool executes(isa::VectorOperation operation);

/// Cycles from issue to done: ceil(rows * columns / lanes) + depth for what flows through in one
/// pass. Besides: weight_statistics adds one row's element to a column's sums per cycle, so its
/// groups are rows * ceil(columns / lanes); a weight's division by its step holds the lanes for
/// `special_cycles`, its transposed copy is a pass of its own, weight_scale adds one column per
/// cycle, and the scalar path takes `special_cycles` per division or square root. The second throws
/// std::invalid_argument unless executes(instruction.operation).
std::int64_t cycles(const Params& params, const isa::Drain& drain);
std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction);

/// Elements that pass through the lanes; feeds the counter scaling_unit_elements. Throws as
/// cycles() does.
std::int64_t elements(const isa::Drain& drain);
std::int64_t elements(const isa::VectorInstruction& instruction);

}  // namespace quatrain::scaling_unit
