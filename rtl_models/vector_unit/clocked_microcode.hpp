// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"

#include <cstdint>
#include <vector>

// What the lanes do, cycle by cycle: one program per operation, from which the clocked view gets
// its arithmetic, its cycles and its counts.
namespace quatrain::vector_unit {

/// Where a micro-operation finds a value, or leaves one.
enum class File : std::uint8_t {
    lane,       ///< FP32 registers of a lane, zero at the start of a group
    row,        ///< FP32 registers of a lane, one per column: a row of a loss
    column,     ///< FP32 registers shared by the lanes, one per column: in[index] as a vector, read
                ///< from the buffer at its first use
    sum,        ///< likewise: out[index], from zero or, with `accumulate`, from the buffer; also
                ///< factors of a column
    store,      ///< FP32 sums, one per element of the pooled tile
    scalar,     ///< FP32 registers shared by the lanes, loaded in the first cycle
    immediate,  ///< the instruction's immediate, as FP32
    constant,   ///< zero (0) or one (1)
};
struct Register {
    File file = File::constant;
    std::uint8_t index = 0;
    bool operator==(const Register&) const = default;
};

enum class Action : std::uint8_t {
    // adder
    add,
    subtract,
    compare,  ///< leaves less, equal or greater in a flag register; none of them with a NaN
    // multiplier
    multiply,
    // special unit
    divide,
    square_root,
    exponential,
    logarithm,
    // ports and wires
    read,           ///< an element of in[operand]; through the port's multiplier where it has one
    read_label,     ///< the row's label, in[operand]
    write,          ///< an element of out[operand], rounded into its format
    clear,          ///< an element of out[operand]: all bits zero
    write_vector,   ///< a column of out[operand], all bits
    write_scalar,   ///< scalars[operand], all bits
    move,           ///< to = left
    magnitude,      ///< to = |left|
    select,         ///< to = condition ? left : right
    keep_position,  ///< the lane's position register = the step, where the condition holds
};
enum class Unit : std::uint8_t { none, adder, multiplier, special };
Unit unit(Action action);

/// What decides a selection.
enum class Condition : std::uint8_t {
    less,
    less_equal,
    greater,
    greater_equal,  ///< of the flag register `flags`
    first,          ///< the first element of a window that lies inside the image
    at_position,    ///< the step is the lane's position register
    at_label,       ///< the step is the lane's label
};

/// Which element of an operand a lane's port addresses.
enum class Index : std::uint8_t { tile, pixel, window_input, window_output, row };

/// In which steps of a sweep, or rows of a tile, a micro-operation happens.
enum class When : std::uint8_t { always, first_step, last_step, last_row };

/// Without this operand the micro-operation does not happen, and its unit is idle.
struct Need {
    enum class Kind : std::uint8_t { nothing, scalar, input } kind = Kind::nothing;
    std::uint8_t index = 0;
};

inline constexpr std::uint8_t no_scalar = 255;

struct MicroOperation {
    Action action{};
    Register to{};
    Register left{};
    Register right{};
    Condition condition{};
    std::uint8_t flags = 0;         ///< flag register of a comparison or a condition
    std::uint8_t operand = 0;       ///< of a port
    Index index{};                  ///< of a port
    std::uint8_t step = no_scalar;  ///< scalar that the read port multiplies by, when it is given
    When when = When::always;
    Need need{};
};

/// What a lane does at once: a pass (one cycle, at most one use of the adder and one of the
/// multiplier, chained in the order written), or one use of the special unit, which holds the lane
/// for `special_cycles`.
struct Step {
    std::vector<MicroOperation> actions;
};

/// How often the steps of a sweep are done.
enum class Domain : std::uint8_t {
    columns,            ///< once per column, before everything else: groups of `lanes` columns
    result,             ///< once per group of results
    elements,           ///< for every element of the group's results, in order
    elements_backward,  ///< likewise, the last element first
    lane_by_lane,       ///< for every result of the group, one lane after the other
};
struct Sweep {
    Domain domain{};
    std::vector<Step> steps;
};

/// The address generators: what a lane's result is, and which elements belong to it.
enum class Walk : std::uint8_t {
    elements,  ///< result: an element of the tile
    channels,  ///< result: an element of the tile; a group lies in one row
    rows,      ///< result: a row; elements: its columns
    serial,    ///< result: the instruction's only one; elements: the columns
    windows,   ///< result: a window of a channel; elements: kernel x kernel positions
    pixels,    ///< result: a pooled element; elements: its pixels
    scalars,   ///< result: the instruction's only one, one element
};

/// What the lanes do for one instruction: for every group of results, the sweeps in order.
struct MicroProgram {
    isa::VectorOperation operation{};
    Walk walk{};
    std::vector<Sweep> sweeps;
    bool accumulates_scalar = false;  ///< scalars[0] is a sum that starts from zero unless the
                                      ///< instruction accumulates
};

/// Throws std::invalid_argument when the scaling units execute the operation.
MicroProgram micro_program(isa::VectorOperation operation);

/// How often a step, a sweep, uses a unit of one lane.
struct UnitUses {
    std::int64_t adder = 0, multiplier = 0, special = 0;
};
UnitUses unit_uses(const Step& step);

/// The cycles that a sweep holds its lanes, and what for.
struct Interval {
    std::int64_t passes = 0, specials = 0;
};
/// Throws std::logic_error, naming operation, sweep, step and uses, when a step asks for more than
/// a lane has.
Interval interval(const MicroProgram& program, std::size_t sweep);

/// Registers that the program reads or writes, by index in their file: true where it does.
std::vector<bool> registers_used(const MicroProgram& program, File file, std::size_t count);

}  // namespace quatrain::vector_unit
