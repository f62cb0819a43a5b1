// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked.hpp"

#include <algorithm>
#include <bit>

namespace quatrain::mac_array {
namespace {

constexpr std::size_t word_bits = 64;

void set_bit(std::span<std::uint64_t> map, std::int64_t bit) {
    map[static_cast<std::size_t>(bit) / word_bits] |=
        std::uint64_t{1} << (static_cast<std::size_t>(bit) % word_bits);
}

/// Calls visit(bit) for the bits that are set, from the last to the first.
template <class Visit>
void for_each_bit_downwards(std::span<const std::uint64_t> map, Visit visit) {
    for (std::size_t word = map.size(); word-- > 0;)
        for (std::uint64_t rest = map[word]; rest != 0;) {
            const std::size_t bit =
                word_bits - 1 - static_cast<std::size_t>(std::countl_zero(rest));
            rest ^= std::uint64_t{1} << bit;
            visit(static_cast<std::int64_t>(word * word_bits + bit));
        }
}

/// A control word that has an effect where it passes.
bool acts(const StepControl& control) {
    return control.valid || control.take_over;
}

}  // namespace

ClockedArray::ClockedArray(const sc_core::sc_module_name& name, const Params& params)
    : ArrayShell(name, params),
      row_entries_(static_cast<std::size_t>(params.rows)),
      column_entries_(static_cast<std::size_t>(params.cols)),
      row_inputs_(row_entries_.size()),
      column_inputs_(column_entries_.size()),
      awake_((column_entries_.size() + word_bits - 1) / word_bits),
      occupied_(row_entries_.size() * awake_.size()),
      loads_(occupied_.size()) {
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

void ClockedArray::find_loads() {
    std::ranges::fill(loads_, 0);
    for (std::int64_t column = 0; column < params_.cols; ++column) {
        const StationaryStep& step = *column_inputs_[static_cast<std::size_t>(column)];
        if (step.load) set_bit(row_of(loads_, step.row), column);
    }
}

/// Control words move one PE to the right: each changes the PE that it enters and the one that it
/// leaves.
void ClockedArray::find_awake(std::int64_t row, const ResumeRow& resumed) {
    const std::span<std::uint64_t> occupied = row_of(occupied_, row);
    const std::span<const std::uint64_t> loads = row_of(loads_, row);
    std::uint64_t enters = acts(row_inputs_[static_cast<std::size_t>(row)]->control) ? 1 : 0;
    for (std::size_t word = 0; word < awake_.size(); ++word) {
        const std::uint64_t before = occupied[word];
        occupied[word] = before << 1 | enters;
        enters = before >> (word_bits - 1);
        awake_[word] = before | occupied[word] | loads[word];
    }
    if (params_.cols % static_cast<std::int64_t>(word_bits) != 0) {
        const std::uint64_t exist =
            (std::uint64_t{1} << (static_cast<std::size_t>(params_.cols) % word_bits)) - 1;
        occupied.back() &= exist;
        awake_.back() &= exist;
    }
    if (resumed.valid && resumed.row == row)
        for (std::int64_t column = 0; column < resumed.columns; ++column) set_bit(awake_, column);
}

/// Registers of neighbours are read before they change: rows from the bottom up, columns from the
/// right.
void ClockedArray::edge_of_row(std::int64_t row, const ResumeRow& resumed) {
    find_awake(row, resumed);
    for_each_bit_downwards(awake_, [&](std::int64_t column) {
        edge_of_pe(row, column, resumed);
        if (column == params_.cols - 1) drain_row(row);
    });
}

void ClockedArray::edge_of_pe(std::int64_t row, std::int64_t column, const ResumeRow& resumed) {
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
    control_.events().charge(pe(row, column).edge(inputs), inputs.moving.control.pass,
                             from_edge.pass);
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
    find_loads();
    for (std::int64_t row = params_.rows - 1; row >= 0; --row) edge_of_row(row, entry.resume);
    for_each_bit_downwards(row_of(occupied_, params_.rows - 1), [&](std::int64_t column) {
        const ProcessingElement& bottom = pe(params_.rows - 1, column);
        round(bottom.moving().control, column, bottom.partial_sum());
    });
}

}  // namespace quatrain::mac_array
