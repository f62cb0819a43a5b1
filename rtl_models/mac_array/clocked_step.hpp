// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/numerics/format.hpp"

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>

namespace quatrain::mac_array {

/// Multipliers that a PE has at most (parameter_info()).
inline constexpr std::size_t max_lanes = 64;
/// Width of a number of rows or columns, or of one of them: the array has at most 1024 of each
/// (parameter_info()) [bits].
inline constexpr int position_bits = 11;
/// Width of an address in the accumulator buffer, and of a stride through it [bits].
inline constexpr int accumulator_address_bits = buffer_bit_address_bits;
/// Width of `k_count`, which a pass has up to rows * lanes of [bits].
inline constexpr int element_count_bits = 17;
static_assert(((1LL << position_bits) - 1) * static_cast<std::int64_t>(max_lanes) <
              1LL << element_count_bits);
/// What the lanes of one PE get in a cycle: element codes of 4 to 32 bits.
using Codes = boost::container::static_vector<std::uint32_t, max_lanes>;

enum class Dataflow : std::uint8_t { weight_stationary, output_stationary };

/// What the multipliers of a PE do.
enum class Mode : std::uint8_t {
    integer,                 ///< int4 or uint4 on both sides
    moving_logarithmic,      ///< fp4_r4 codes shift the stationary operand
    stationary_logarithmic,  ///< fp4_r4 codes shift the moving operand
    floating,                ///< wider formats: groups of lanes, rounded once to FP32
};

/// The control word that travels with a moving vector (weight stationary) or step (output
/// stationary), skewed like it. It gates the rows, lanes and columns that a pass does not use. Its
/// fields have the widths above and are checked where Control makes them; the number of the pass is
/// the account's and no hardware.
struct StepControl {
    bool valid = false;      ///< there is a vector
    bool take_over = false;  ///< the second stationary register moves into the first, vector or not
    bool first = false;      ///< OS: chunk sum and accumulator start from zero
    bool rounds = false;     ///< OS: the chunk ends with this step
    bool last = false;       ///< of its pass
    bool accumulate = false;  ///< WS: added to what the accumulator buffer holds
    Dataflow dataflow = Dataflow::weight_stationary;
    Mode mode = Mode::integer;
    numerics::Format moving_format = numerics::Format::uint4;
    numerics::Format stationary_format = numerics::Format::int4;
    std::int16_t lanes = 0;         ///< WS: of the mode; OS: that hold a pixel of this step
    std::int32_t k_count = 0;       ///< WS: reduction elements of the pass
    std::int16_t outputs = 0;       ///< OS: rows in use
    std::int16_t columns = 0;       ///< columns in use
    std::int64_t accumulators = 0;  ///< of this vector (WS) or of row 0 (OS), column 0 [bits]
    std::int64_t row_stride = 0;    ///< OS: from one row's accumulators to the next [bits]
    std::uint64_t pass = 0;         ///< number of the pass in the order of issue
    bool operator==(const StepControl&) const = default;
};

/// What enters a row of the array from the left, and what a PE hands to its right neighbour.
struct MovingStep {
    StepControl control;
    Codes codes;  ///< one per lane; keeps its old value when the step is not valid
    bool operator==(const MovingStep&) const = default;
};

/// What enters a column of the array from above. Output stationary: the codes of the step, handed
/// down from PE to PE. Weight stationary: with `load`, a column-wide bus that PE `row` takes its
/// stationary register's new codes from.
struct StationaryStep {
    bool load = false;
    std::int16_t row = 0;
    std::int16_t lanes = 0;    ///< that hold a reduction element
    std::int16_t columns = 0;  ///< columns in use
    std::int16_t element_bits = 0;
    std::uint64_t pass = 0;
    Codes codes;  ///< one per lane
    bool operator==(const StationaryStep&) const = default;
};

/// Loading of one row's results from the accumulator buffer (output stationary, resuming).
struct ResumeRow {
    bool valid = false;
    std::int16_t row = 0;
    std::int16_t columns = 0;
    std::int64_t accumulators = 0;  ///< of column 0 [bits]
    std::uint64_t pass = 0;
    bool operator==(const ResumeRow&) const = default;
};

// What sc_signal asks of its type.
std::ostream& operator<<(std::ostream& stream, const MovingStep& step);
std::ostream& operator<<(std::ostream& stream, const StationaryStep& step);
std::ostream& operator<<(std::ostream& stream, const ResumeRow& row);
void sc_trace(sc_core::sc_trace_file* file, const MovingStep& step, const std::string& name);
void sc_trace(sc_core::sc_trace_file* file, const StationaryStep& step, const std::string& name);
void sc_trace(sc_core::sc_trace_file* file, const ResumeRow& row, const std::string& name);

}  // namespace quatrain::mac_array
