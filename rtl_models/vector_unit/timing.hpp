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

/// How an operation's results are dealt to the lanes. A lane has one adder: it can carry a running
/// sum from one of its elements to the next, but no sum crosses lanes.
enum class Spread : std::uint8_t {
    /// Any result to any lane, which keeps it until it is complete: ceil(results / lanes) *
    /// (elements per result) groups. A result is an element of the tile (1 element), a window or a
    /// pooled element of a channel (its pixels), a row of a loss (its columns).
    results,
    /// A channel to a lane, because its sum runs from row to row: a group belongs to one row, rows
    /// *
    /// ceil(columns / lanes) groups.
    channels,
    serial,  ///< one running sum through one lane: as many groups as elements
};

/// The price of an operation.
struct OperationCost {
    LaneCost element{};  ///< per streamed element; pooling over windows: per element of a window
    LaneCost vector{};   ///< besides, per column (softmax: per row; average_pool*: per pooled
                         ///< element), in all lanes
    Spread spread = Spread::results;
    LaneCost serial{};  ///< besides, per row, one row after the other in one lane
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

/// Cycles from issue to done: groups * (passes + specials * special_cycles) of every part of the
/// price, + depth.
std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction);

}  // namespace quatrain::vector_unit
