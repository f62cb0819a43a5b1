// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/vector_unit/clocked_microcode.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace quatrain::vector_unit {

// Widths of the counters.
inline constexpr int counter_bits = 32;  ///< rows, columns, results
inline constexpr int step_bits = 24;     ///< elements of a result

/// Where a lane is: the outputs of its address generator.
struct Place {
    std::int64_t row = 0;
    std::int64_t column = 0;
    std::int64_t step = 0;  ///< element of the lane's result
    /// Element of an operand, by Index; -1 in the padding.
    std::array<std::int64_t, 5> index{-1, -1, -1, -1, -1};
    std::int64_t store = -1;  ///< element of the pooled tile's sums; -1 outside the band
    bool first = false;       ///< first element of its result that exists
    bool first_step = false, last_step = false, last_row = false;

    std::int64_t operator[](Index which) const { return index[static_cast<std::size_t>(which)]; }
    std::int64_t& operator[](Index which) { return index[static_cast<std::size_t>(which)]; }
};

/// The counters that issue groups, sweeps and steps, and the address generators behind them.
class Sequence {
public:
    /// `program` and `instruction` must live as long as this. Throws std::invalid_argument when the
    /// instruction's shape is none, and std::overflow_error when a counter's register is too
    /// narrow.
    Sequence(const MicroProgram& program, const isa::VectorInstruction& instruction,
             std::int64_t lanes);

    bool finished() const { return finished_; }
    std::size_t sweep() const { return sweep_; }
    std::int64_t group() const { return group_; }    ///< of results, counted from 0
    std::int64_t repeat() const { return repeat_; }  ///< executions of the sweep for this group
    /// The lanes begin with new results: their registers are cleared.
    bool group_begins() const { return repeat_ == 0 && sweep_ == first_sweep(); }
    /// This is the last execution of the last sweep of a group of results.
    bool group_ends() const;
    /// To the next execution of a sweep.
    void advance();
    /// Nothing where the lane has no result.
    std::optional<Place> place(std::int64_t lane) const;

    /// Elements of an operand that is addressed so.
    std::int64_t elements(Index index) const;
    /// Elements of the pooled tile's sums.
    std::int64_t store_elements() const;
    /// No window of this group or a later one adds to sum `element`.
    bool store_complete(std::int64_t element) const;

private:
    std::size_t first_sweep() const { return columns_first_ && !prologue_ ? 1 : 0; }
    std::int64_t repeats() const;
    std::int64_t results_of_group() const;
    std::int64_t groups() const;
    void skip_empty();
    void check() const;

    Place tile_place(std::int64_t element) const;
    Place row_place(std::int64_t row, std::int64_t step) const;
    Place pooled_place(std::int64_t result, std::int64_t step) const;
    Place window_place(std::int64_t result, std::int64_t step) const;

    const MicroProgram& program_;
    const isa::VectorInstruction& instruction_;
    std::int64_t lanes_;
    bool columns_first_;
    std::int64_t images_ = 0;   ///< of a pooling tile
    std::int64_t results_ = 0;  ///< of the instruction
    std::int64_t steps_ = 0;    ///< elements per result

    bool finished_ = false;
    bool prologue_;  ///< in the sweep over the columns
    std::size_t sweep_ = 0;
    std::int64_t group_ = 0;
    std::int64_t repeat_ = 0;
};

}  // namespace quatrain::vector_unit
