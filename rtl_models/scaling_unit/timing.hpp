// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::scaling_unit {

/// In line behind the accumulator buffer: scale, quantise, track maxima and sums.
struct Params {
    std::int64_t lanes = 64;
    std::int64_t depth = 8;
};
BOOST_DESCRIBE_STRUCT(Params, (), (lanes, depth))
std::span<const ParameterInfo> parameter_info(const Params&);

/// True for the vector-queue operations that the scaling units execute (the first block of VectorOperation).
bool executes(isa::VectorOperation operation);
/// Cycles from issue to done.
std::int64_t cycles(const Params& params, const isa::Drain& drain);
std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction);

}  // namespace quatrain::scaling_unit
