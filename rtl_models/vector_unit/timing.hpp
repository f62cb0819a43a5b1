// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/params.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <span>

namespace quatrain::vector_unit {

/// FP32 lanes over the vector buffer.
struct Params {
    std::int64_t lanes = 64;
    std::int64_t depth = 8;
    std::int64_t special_cycles = 4;
};
BOOST_DESCRIBE_STRUCT(Params, (), (lanes, depth, special_cycles))
std::span<const ParameterInfo> parameter_info(const Params&);

/// What one element asks of its lane. A pass gives the lane one adder (which also compares) and one
/// multiplier; divide, square root, exponential and logarithm hold the lane's special unit for
/// `special_cycles` each.
struct LaneCost {
    std::int64_t passes = 0, adds = 0, multiplies = 0, specials = 0;
};

/// How an operation's elements are dealt to the lanes.
enum class Spread : std::uint8_t {
    elements,  ///< any element to any lane: ceil(elements / lanes) groups
    rows,    ///< one row per lane, because its sums run along the row: ceil(rows / lanes) * columns
             ///< groups
    serial,  ///< one running sum through one lane: as many groups as elements
};

/// The price of an operation.
struct OperationCost {
    LaneCost element{};  ///< per streamed element; pooling over windows: per element of a window
    LaneCost vector{};   ///< besides, per column (Spread::rows: per row; average_pool*: per pooled
                         ///< element)
    Spread spread = Spread::elements;
};
/// Throws std::invalid_argument when the scaling units execute the operation.
OperationCost cost(isa::VectorOperation operation);

/// What an instruction does, in all lanes together; feeds the vector_unit_* counters.
struct Work {
    std::int64_t elements =
        0;  ///< streamed once through the lanes (window operations: elements of all windows)
    std::int64_t adds = 0;  ///< additions, subtractions and comparisons
    std::int64_t multiplies = 0;
    std::int64_t specials = 0;
};
Work work(const isa::VectorInstruction& instruction);

/// Cycles from issue to done: passes(operation) * ceil(rows * columns / lanes) [+ special
/// functions] + depth.
std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction);

}  // namespace quatrain::vector_unit
