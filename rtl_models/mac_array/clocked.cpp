// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked.hpp"

namespace quatrain::mac_array {

ClockedArray::ClockedArray(const sc_core::sc_module_name& name, const Params& params)
    : ArrayShell(name, params),
      row_entries_(static_cast<std::size_t>(params.rows)),
      column_entries_(static_cast<std::size_t>(params.cols)),
      row_inputs_(row_entries_.size()),
      column_inputs_(column_entries_.size()) {
    for (std::int64_t row = 0; row < params.rows; ++row) {
        row_skew_.emplace_back(row);
        for (std::int64_t column = 0; column < params.cols; ++column)
            pes_.emplace_back(params, row, column);
    }
    for (std::int64_t column = 0; column < params.cols; ++column) column_skew_.emplace_back(column);
}

void ClockedArray::enter(const Entry& entry) {
    for (std::size_t row = 0; row < row_inputs_.size(); ++row) {
        enter_row(entry, static_cast<std::int64_t>(row), row_entries_[row]);
        row_inputs_[row] = &row_skew_[row].shift(row_entries_[row]);
    }
    for (std::size_t column = 0; column < column_inputs_.size(); ++column) {
        enter_column(entry, static_cast<std::int64_t>(column), column_entries_[column]);
        column_inputs_[column] = &column_skew_[column].shift(column_entries_[column]);
    }
}

/// Registers of neighbours are read before they change: rows from the bottom up, columns from the
/// right.
void ClockedArray::edge_of_row(std::int64_t row, const ResumeRow& resumed) {
    const std::int64_t last_column = params_.cols - 1;
    for (std::int64_t column = last_column; column >= 0; --column) {
        const StationaryStep& from_edge = *column_inputs_[static_cast<std::size_t>(column)];
        ProcessingElement::Inputs inputs{
            .moving = column == 0 ? *row_inputs_[static_cast<std::size_t>(row)]
                                  : pe(row, column - 1).moving(),
            .partial_sum = row == 0 ? 0 : pe(row - 1, column).partial_sum(),
            .stationary = row == 0 ? from_edge.codes : pe(row - 1, column).stationary(),
            .load = from_edge,
            .resumed = std::nullopt};
        if (resumed.valid && resumed.row == row && column < resumed.columns)
            inputs.resumed = resume(resumed, column);
        ProcessingElement& element = pe(row, column);
        control_.charge(element.edge(inputs), inputs.moving.control.pass, from_edge.pass);
        if (column == last_column) drain_row(row);
    }
}

/// Behind the edge of the row's last PE, whose result is thereby bypassed, before that of the
/// others.
void ClockedArray::drain_row(std::int64_t row) {
    const StepControl& control = pe(row, params_.cols - 1).moving().control;
    const bool drains =
        control.valid && control.last && control.dataflow == Dataflow::output_stationary;
    if (!drains) return;
    for (std::int64_t column = 0; column < params_.cols; ++column)
        drain(control, row, column, pe(row, column).result());
}

void ClockedArray::work(const Entry& entry) {
    enter(entry);
    for (std::int64_t row = params_.rows - 1; row >= 0; --row) edge_of_row(row, entry.resume);
    for (std::int64_t column = 0; column < params_.cols; ++column) {
        const ProcessingElement& bottom = pe(params_.rows - 1, column);
        round(bottom.moving().control, column, bottom.partial_sum());
    }
}

}  // namespace quatrain::mac_array
