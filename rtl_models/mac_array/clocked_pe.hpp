// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/clocked_step.hpp"
#include "rtl_models/mac_array/timing.hpp"

#include <optional>

namespace quatrain::mac_array {

/// The value of an accumulator of the array's format after one more chunk, as codes: the rounder
/// below a column, and the one in an output-stationary PE. `chunk_sum` is the 32-bit chunk sum of a
/// PE in this step's mode.
std::uint32_t round_into_accumulator(Accumulator accumulator, const StepControl& control,
                                     std::uint32_t code, std::uint32_t chunk_sum);

/// One processing element, one clock edge at a time: multipliers and the exact inner product of one
/// cycle, a stationary register (and a second one, the shadow), a 32-bit chunk sum, and for output
/// stationary the working accumulator and a result register. Chunk sums are 32-bit integers in the
/// 4-bit modes and FP32 bit patterns in the 16-bit mode.
class ProcessingElement {
public:
    /// The pins on the input side in one cycle. References to registers of neighbours, read before
    /// those change.
    struct Inputs {
        const MovingStep& moving;              ///< from the left
        std::uint32_t partial_sum = 0;         ///< WS: from above, 0 in row 0
        const Codes& stationary;               ///< OS: from above
        const StationaryStep& load;            ///< WS: the column's load bus
        std::optional<std::uint32_t> resumed;  ///< OS: accumulator code to load
    };
    /// What the cycle's combinational logic makes of them.
    struct Outputs {
        std::uint32_t sum = 0;          ///< WS: partial sum; OS: chunk sum, before it is rounded
        std::uint32_t accumulator = 0;  ///< OS: working accumulator after this cycle
    };
    /// What happened at an edge, to be counted.
    struct Work {
        std::uint32_t macs = 0, zero_macs = 0, accumulator_adds = 0;
        std::uint32_t stationary_register_bits = 0;
    };

    ProcessingElement(const Params& params, std::int64_t row, std::int64_t column);

    /// The combinational logic; changes nothing. Throws std::overflow_error when a value does not
    /// fit its register, std::invalid_argument for the code -8 of int4, std::out_of_range when a
    /// lane gets no code.
    Outputs evaluate(const Inputs& inputs) const;
    /// The clock edge that ends a cycle with these inputs. Errors as above.
    Work edge(const Inputs& inputs);

    const MovingStep& moving() const { return moving_; }          ///< to the right
    std::uint32_t partial_sum() const { return partial_sum_; }    ///< downwards
    const Codes& stationary() const { return stationary_down_; }  ///< downwards
    /// What the drain path reads.
    std::uint32_t result() const { return doubled_result_ ? result_ : working_; }

private:
    struct Cycle {
        Outputs outputs;
        Work work;
    };
    Cycle cycle(const Inputs& inputs) const;
    int active_lanes(const StepControl& control) const;
    const Codes& stationary_operand(const Inputs& inputs) const;

    Accumulator accumulator_;
    bool doubled_stationary_, doubled_result_;
    std::int64_t row_, column_;
    MovingStep moving_;
    std::uint32_t partial_sum_ = 0;
    Codes stationary_, shadow_, stationary_down_;
    std::uint32_t chunk_sum_ = 0;
    std::uint32_t working_ = 0, result_ = 0;
};

}  // namespace quatrain::mac_array
