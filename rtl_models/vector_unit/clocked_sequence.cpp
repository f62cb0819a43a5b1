// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/clocked_sequence.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include "rtl_models/base/params.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

using isa::VectorInstruction;
using isa::VectorOperation;

std::int64_t images_of(const VectorInstruction& instruction) {
    const isa::WindowGeometry& window = instruction.window;
    const std::int64_t pixels = instruction.operation == VectorOperation::max_pool
                                    ? window.output_rows * window.output_width
                                    : window.result_rows * window.input_width;
    return pixels == 0 ? 0 : instruction.rows / pixels;
}

std::int64_t results_of(Walk walk, const VectorInstruction& instruction, std::int64_t images) {
    const isa::WindowGeometry& window = instruction.window;
    switch (walk) {
        case Walk::rows:
            return instruction.rows;
        case Walk::serial:
        case Walk::scalars:
            return 1;
        case Walk::windows:
            return images * window.output_rows * window.output_width * instruction.columns;
        default:
            return instruction.rows * instruction.columns;
    }
}

std::int64_t steps_of(Walk walk, const VectorInstruction& instruction) {
    switch (walk) {
        case Walk::rows:
        case Walk::serial:
            return instruction.columns;
        case Walk::windows:
            return instruction.window.kernel * instruction.window.kernel;
        case Walk::pixels:
            return instruction.immediate;
        default:
            return 1;
    }
}

}  // namespace

Sequence::Sequence(const MicroProgram& program, const VectorInstruction& instruction,
                   std::int64_t lanes)
    : program_(program),
      instruction_(instruction),
      lanes_(lanes),
      columns_first_(program.sweeps.front().domain == Domain::columns),
      prologue_(columns_first_) {
    check();
    if (program.walk == Walk::windows) images_ = images_of(instruction);
    results_ = in_unsigned("vector_unit result counter",
                           results_of(program.walk, instruction, images_), counter_bits);
    steps_ =
        in_unsigned("vector_unit step counter", steps_of(program.walk, instruction), step_bits);
    skip_empty();
}

void Sequence::check() const {
    const auto reject = [this](const std::string& message) {
        throw std::invalid_argument(
            fmt::format("vector_unit {}: {}", isa::name(program_.operation), message));
    };
    in_unsigned("vector_unit row counter", instruction_.rows, counter_bits);
    in_unsigned("vector_unit column counter", instruction_.columns, counter_bits);
    if (program_.walk != Walk::scalars && (instruction_.rows < 1 || instruction_.columns < 1))
        reject(fmt::format("rows x columns = {} x {}: must be at least 1 x 1", instruction_.rows,
                           instruction_.columns));
    const bool counts =
        program_.walk == Walk::pixels || registers_used(program_, File::immediate, 1).front();
    if (counts) {
        if (instruction_.immediate < 1)
            reject(fmt::format("immediate = {}: must be at least 1", instruction_.immediate));
        in_unsigned("vector_unit immediate", instruction_.immediate, counter_bits);
    }
    const bool one_row =
        program_.walk == Walk::serial || program_.operation == VectorOperation::batch_norm_finish;
    if (one_row && instruction_.rows != 1)
        reject(fmt::format("rows = {}: must be 1", instruction_.rows));
    if (program_.walk == Walk::windows &&
        (instruction_.window.kernel < 1 || instruction_.window.stride < 1))
        reject(fmt::format("kernel {}, stride {}: must be at least 1", instruction_.window.kernel,
                           instruction_.window.stride));
}

std::int64_t Sequence::groups() const {
    if (prologue_) return ceil_div(instruction_.columns, lanes_);
    if (program_.walk == Walk::channels)
        return instruction_.rows * ceil_div(instruction_.columns, lanes_);
    return ceil_div(results_, lanes_);
}

std::int64_t Sequence::results_of_group() const {
    if (prologue_) return std::min(lanes_, instruction_.columns - group_ * lanes_);
    if (program_.walk == Walk::channels) {
        const std::int64_t first = group_ % ceil_div(instruction_.columns, lanes_) * lanes_;
        return std::min(lanes_, instruction_.columns - first);
    }
    return std::min(lanes_, results_ - group_ * lanes_);
}

std::int64_t Sequence::repeats() const {
    switch (program_.sweeps[sweep_].domain) {
        case Domain::elements:
        case Domain::elements_backward:
            return steps_;
        case Domain::lane_by_lane:
            return results_of_group();
        default:
            return 1;
    }
}

void Sequence::skip_empty() {
    while (!finished_) {
        if (group_ == groups()) {
            group_ = 0;
            finished_ = !prologue_;
            prologue_ = false;
            sweep_ = first_sweep();
        } else if (repeat_ == repeats()) {
            repeat_ = 0;
            ++sweep_;
            if (prologue_ || sweep_ == program_.sweeps.size()) {
                sweep_ = first_sweep();
                ++group_;
            }
        } else {
            return;
        }
    }
}

void Sequence::advance() {
    ++repeat_;
    skip_empty();
}

bool Sequence::group_ends() const {
    return !prologue_ && sweep_ + 1 == program_.sweeps.size() && repeat_ + 1 == repeats();
}

Place Sequence::tile_place(std::int64_t element) const {
    Place place;
    place.row = element / instruction_.columns;
    place.column = element % instruction_.columns;
    place[Index::tile] = element;
    return place;
}

Place Sequence::row_place(std::int64_t row, std::int64_t step) const {
    Place place = tile_place(row * instruction_.columns + step);
    place[Index::row] = row;
    place.first = step == 0;
    return place;
}

Place Sequence::pooled_place(std::int64_t result, std::int64_t step) const {
    Place place = tile_place(result);
    place[Index::pixel] =
        (place.row * instruction_.immediate + step) * instruction_.columns + place.column;
    return place;
}

Place Sequence::window_place(std::int64_t result, std::int64_t step) const {
    const isa::WindowGeometry& w = instruction_.window;
    Place place;
    place.column = result % instruction_.columns;
    place[Index::window_output] = result;
    place[Index::tile] = result;
    const std::int64_t number = result / instruction_.columns;
    const std::int64_t image = number / w.output_width / w.output_rows;
    const std::int64_t top =
        (w.first_output_row + number / w.output_width % w.output_rows) * w.stride - w.padding;
    const std::int64_t left = number % w.output_width * w.stride - w.padding;
    const std::int64_t y = top + step / w.kernel;
    const std::int64_t x = left + step % w.kernel;
    if (y < 0 || y >= w.input_height || x < 0 || x >= w.input_width) return place;
    const auto element = [&](std::int64_t row) {
        return (row * w.input_width + x) * instruction_.columns + place.column;
    };
    place[Index::window_input] = element(image * w.input_rows + y - w.first_input_row);
    place.first = y == std::max<std::int64_t>(top, 0) && x == std::max<std::int64_t>(left, 0);
    const std::int64_t band_row = y - w.first_result_row;
    if (band_row >= 0 && band_row < w.result_rows)
        place.store = element(image * w.result_rows + band_row);
    return place;
}

std::optional<Place> Sequence::place(std::int64_t lane) const {
    const Domain domain = program_.sweeps[sweep_].domain;
    if (finished_ || lane >= results_of_group()) return std::nullopt;
    if (domain == Domain::lane_by_lane && lane != repeat_) return std::nullopt;
    Place place;
    const std::int64_t result = group_ * lanes_ + lane;
    const std::int64_t step = domain == Domain::elements_backward ? steps_ - 1 - repeat_ : repeat_;
    if (prologue_) {
        place.column = result;
    } else if (program_.walk == Walk::elements) {
        place = tile_place(result);
    } else if (program_.walk == Walk::channels) {
        const std::int64_t groups_of_row = ceil_div(instruction_.columns, lanes_);
        const std::int64_t column = group_ % groups_of_row * lanes_ + lane;
        place = tile_place(group_ / groups_of_row * instruction_.columns + column);
    } else if (program_.walk == Walk::rows) {
        place = row_place(result, domain == Domain::lane_by_lane ? 0 : step);
    } else if (program_.walk == Walk::pixels) {
        place = pooled_place(result, step);
    } else if (program_.walk == Walk::windows) {
        place = window_place(result, step);
    } else if (program_.walk == Walk::serial) {
        place.column = step;
    }
    place.step = step;
    place.first_step = repeat_ == 0;
    place.last_step = repeat_ + 1 == repeats();
    place.last_row = place.row + 1 == instruction_.rows;
    return place;
}

std::int64_t Sequence::elements(Index index) const {
    const isa::WindowGeometry& w = instruction_.window;
    switch (index) {
        case Index::pixel:
            return instruction_.rows * instruction_.immediate * instruction_.columns;
        case Index::window_input:
            return images_ * w.input_rows * w.input_width * instruction_.columns;
        case Index::window_output:
            return images_ * w.output_rows * w.output_width * instruction_.columns;
        case Index::row:
            return instruction_.rows;
        default:
            return instruction_.rows * instruction_.columns;
    }
}

std::int64_t Sequence::store_elements() const {
    return program_.operation == VectorOperation::max_pool_backward ? elements(Index::tile) : 0;
}

bool Sequence::store_complete(std::int64_t element) const {
    if (finished_) return true;
    const isa::WindowGeometry& w = instruction_.window;
    const std::int64_t pixel = element / instruction_.columns;
    const std::int64_t image = pixel / w.input_width / w.result_rows;
    const std::int64_t y = w.first_result_row + pixel / w.input_width % w.result_rows;
    const std::int64_t x = pixel % w.input_width;
    // The last window that reaches as far; -1 where none of this image does.
    const std::int64_t row =
        std::min((y + w.padding) / w.stride - w.first_output_row, w.output_rows - 1);
    const std::int64_t column = std::min((x + w.padding) / w.stride, w.output_width - 1);
    const std::int64_t window = row < 0 ? image * w.output_rows * w.output_width - 1
                                        : (image * w.output_rows + row) * w.output_width + column;
    return window * instruction_.columns + element % instruction_.columns < group_ * lanes_;
}

}  // namespace quatrain::vector_unit
