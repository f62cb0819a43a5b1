// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::vector_unit {

/// FP32 lanes over the vector buffer.
struct Params {
    std::int64_t lanes = 64;
    std::int64_t depth = 8;
    std::int64_t special_cycles = 4;
};
BOOST_DESCRIBE_STRUCT(Params, (), (lanes, depth, special_cycles))
std::span<const ParameterInfo> parameter_info(const Params&);

/// Cycles from issue to done: passes(operation) * ceil(rows * columns / lanes) [+ special functions] + depth.
std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction);

}  // namespace quatrain::vector_unit
