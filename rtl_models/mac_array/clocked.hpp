// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/clocked_shell.hpp"

#include <span>
#include <vector>

namespace quatrain::mac_array {

/// The systolic array, one clock edge at a time, as one module with a loop over its PEs.
///
/// A moving vector (step) reaches PE(r, c) r + c cycles after it entered, and so do the stationary
/// codes of an output-stationary step; the stationary codes of a preload reach column c after c
/// cycles. Weight stationary: partial sums go down one row per cycle, and the rounder below a
/// column works in the cycle of its bottom PE, reading and writing the accumulator buffer. A PE
/// with a second stationary register takes it over when the control word of the cycle in which the
/// pass began to stream passes; the next preload follows that word everywhere. Output stationary:
/// row r drains when the last step has reached its last PE, whose result is bypassed.
///
/// Only PEs whose registers can change are computed: those that a control word enters or leaves,
/// and those that load codes or an accumulator.
class ClockedArray : public ArrayShell {
public:
    ClockedArray(const sc_core::sc_module_name& name, const Params& params);

private:
    void work(const Entry& entry) override;
    void enter(const Entry& entry);
    void find_loads();
    void find_awake(std::int64_t row, const ResumeRow& resumed);
    void edge_of_row(std::int64_t row, const ResumeRow& resumed);
    void edge_of_pe(std::int64_t row, std::int64_t column, const ResumeRow& resumed);
    void drain_row(std::int64_t row);
    ProcessingElement& pe(std::int64_t row, std::int64_t column) {
        return pes_[static_cast<std::size_t>(row * params_.cols + column)];
    }

    /// The words of one row in a bit map of the PEs.
    std::span<std::uint64_t> row_of(std::vector<std::uint64_t>& map, std::int64_t row) {
        return std::span(map).subspan(static_cast<std::size_t>(row) * awake_.size(), awake_.size());
    }

    std::vector<ProcessingElement> pes_;
    std::vector<DelayLine<MovingStep>> row_skew_;
    std::vector<DelayLine<StationaryStep>> column_skew_;
    std::vector<MovingStep> row_entries_;  ///< before the skew
    std::vector<StationaryStep> column_entries_;
    std::vector<const MovingStep*> row_inputs_;         ///< of column 0, in this cycle
    std::vector<const StationaryStep*> column_inputs_;  ///< of row 0, in this cycle
    std::vector<std::uint64_t> awake_;     ///< of a row: its PEs whose registers can change
    std::vector<std::uint64_t> occupied_;  ///< PEs whose moving register holds a control word
    std::vector<std::uint64_t> loads_;     ///< PEs whose row is on their column's load bus
};

}  // namespace quatrain::mac_array
