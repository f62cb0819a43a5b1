// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/timing.hpp"

#include "rtl_models/operand_streamer/step_words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

namespace quatrain::operand_streamer {
namespace {

/// Adds `steps` equal steps to the cost; returns the cycles of one.
std::int64_t add_steps(const Params& params, const StepWords& step, std::int64_t steps,
                       StreamCost& cost) {
    const std::int64_t ports = std::max<std::int64_t>(1, ceil_div(step.words, params.read_ports));
    const std::int64_t cycles = std::max(ports, step.fullest_bank);
    cost.words += step.words * steps;
    cost.cycles += cycles * steps;
    cost.conflict_cycles += (cycles - ports) * steps;
    return cycles;
}

/// Cost of `count` pixels of one grid row, one vector per step.
StreamCost row_segment_cost(const Params& params, const isa::Stream& stream,
                            const VectorShape& shape, std::int64_t first_pixel,
                            std::int64_t count) {
    std::vector<StepWords> words_of_phase(static_cast<std::size_t>(shape.elements_per_word()),
                                          StepWords{-1, 0});
    WordCounter counter(params, shape.elements_per_word());
    StreamCost cost;
    VectorShape::Pixel at = shape.pixel(first_pixel);
    for (std::int64_t i = 0; i < count; ++i, at.x += stream.column_step) {
        if (!shape.all_columns_inside(at.x)) {
            add_steps(params, shape.words(at, counter), 1, cost);
            continue;
        }
        StepWords& known = words_of_phase[static_cast<std::size_t>(shape.phase(at))];
        if (known.words < 0) known = shape.words(at, counter);
        add_steps(params, known, 1, cost);
    }
    return cost;
}

/// A grid row's cost, for every later row with the same phase and the same kernel rows inside.
struct KnownRow {
    std::int64_t phase;
    std::uint64_t rows_inside;
    StreamCost cost;
};

/// The words of steps of vectors of consecutive grid pixels.
class VectorSteps {
public:
    VectorSteps(const Params& params, const VectorShape& shape)
        : shape_(shape), counter_(params, shape.elements_per_word()) {}

    StepWords operator()(std::int64_t first_pixel, std::int64_t count) {
        runs_.clear();
        for (std::int64_t pixel = first_pixel; pixel < first_pixel + count; ++pixel) {
            shape_.for_each_run(shape_.pixel(pixel),
                                [&](std::int64_t element, std::int64_t length) {
                                    runs_.emplace_back(element, length);
                                });
        }
        if (!std::ranges::is_sorted(runs_)) std::ranges::sort(runs_);
        counter_.restart();
        for (const auto& [element, length] : runs_) counter_.add(element, length);
        return counter_.step();
    }

private:
    const VectorShape& shape_;
    WordCounter counter_;
    std::vector<std::pair<std::int64_t, std::int64_t>> runs_;  ///< first element and length
};

/// The words of steps of `lanes` rows of a dense tile. Two steps that start at the same place
/// within a word meet the words alike.
class RowSteps {
public:
    RowSteps(const Params& params, const DenseRows& rows, std::int64_t lanes)
        : word_bytes_(params.word_bytes),
          rows_(rows),
          lanes_(lanes),
          counter_(params, params.word_bytes * 8 / rows.element_bits),
          known_(static_cast<std::size_t>(params.word_bytes), StepWords{-1, 0}) {}

    /// Of the step's first `count` rows.
    StepWords operator()(std::int64_t step, std::int64_t count) {
        const std::int64_t address = rows_.address + step * lanes_ * rows_.stride;
        if (count < lanes_) return counted(address, count);
        StepWords& known = known_[static_cast<std::size_t>(
            address - floor_div(address, word_bytes_) * word_bytes_)];
        if (known.words < 0) known = counted(address, count);
        return known;
    }

private:
    StepWords counted(std::int64_t address, std::int64_t count) {
        const std::int64_t lowest =
            rows_.stride < 0 ? address + (count - 1) * rows_.stride : address;
        const std::int64_t stride = std::abs(rows_.stride);
        counter_.restart();
        for (std::int64_t row = 0; row < count; ++row)
            counter_.add((lowest + row * stride) * 8 / rows_.element_bits, rows_.columns);
        return counter_.step();
    }

    std::int64_t word_bytes_;
    DenseRows rows_;
    std::int64_t lanes_;
    WordCounter counter_;
    std::vector<StepWords> known_;  ///< by the step's place within a word; words < 0: not yet
};

/// Both sides of an output-stationary pass, step by step.
class JointSteps {
public:
    JointSteps(const Params& params, const isa::Stream& stream, const VectorShape& shape,
               std::int64_t lanes, const DenseRows& stationary)
        : params_(params),
          stream_(stream),
          shape_(shape),
          lanes_(lanes),
          stationary_(stationary),
          vector_steps_(params, shape),
          row_steps_(params, stationary, lanes) {}

    /// The fewest pixels that are whole steps and as long as whole rows of the grid.
    std::int64_t block() const { return std::lcm(stream_.grid_width, lanes_); }

    /// Two blocks cost the same that start at the same places within their words, and in the same
    /// row of an image or with the whole kernel inside in all rows of one image.
    using Likeness = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
    Likeness likeness(std::int64_t first) const {
        const std::int64_t pixel = stream_.first_pixel + first;
        const VectorShape::Pixel at = shape_.pixel(pixel);
        const VectorShape::Pixel last = shape_.pixel(pixel + block() - 1);
        const bool inside =
            at.row == last.row && shape_.all_rows_inside(at.y) && shape_.all_rows_inside(last.y);
        const std::int64_t row = pixel / stream_.grid_width % stream_.grid_height;
        const std::int64_t address = stationary_.address + first * stationary_.stride;
        return {shape_.phase(at),
                address - floor_div(address, params_.word_bytes) * params_.word_bytes,
                inside ? -1 : row};
    }

    /// Of `count` pixels from the first pixel of a step on.
    JointCost cost(std::int64_t first, std::int64_t count) {
        JointCost cost;
        for (const std::int64_t end = first + count; first < end; first += lanes_) {
            const std::int64_t pixels = std::min(lanes_, end - first);
            const StepWords vectors = vector_steps_(stream_.first_pixel + first, pixels);
            const StepWords rows = row_steps_(first / lanes_, pixels);
            cost.cycles += std::max(add_steps(params_, vectors, 1, cost.moving),
                                    add_steps(params_, rows, 1, cost.stationary));
        }
        return cost;
    }

private:
    const Params& params_;
    const isa::Stream& stream_;
    const VectorShape& shape_;
    std::int64_t lanes_;
    DenseRows stationary_;
    VectorSteps vector_steps_;
    RowSteps row_steps_;
};

void add(const StreamCost& one, StreamCost& sum) {
    sum.cycles += one.cycles;
    sum.words += one.words;
    sum.conflict_cycles += one.conflict_cycles;
}

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 3> info{{
        {"read_ports", "words per cycle", 1, 1024,
         "words read from the moving (and from the stationary) buffer per cycle"},
        {"word_bytes", "bytes", 4, 4096,
         "bytes of a buffer word; equal to the buffers' word_bytes"},
        {"banks", "banks", 1, 1024,
         "banks of the moving and stationary buffers, one word per bank and cycle; equal to the "
         "buffers' banks"},
    }};
    return info;
}

void validate(const Params& params) {
    require(params.word_bytes % 4 == 0, "word_bytes", params.word_bytes,
            "must be a multiple of 4: the widest element");
}

StreamCost weight_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                  std::int64_t k_offset, std::int64_t k_count,
                                  std::int64_t vectors) {
    const VectorShape shape(params, stream, element_bits, k_offset, k_count);
    std::vector<KnownRow> known;
    StreamCost cost;
    for (std::int64_t done = 0; done < vectors;) {
        const std::int64_t pixel = stream.first_pixel + done;
        const std::int64_t count =
            std::min(stream.grid_width - pixel % stream.grid_width, vectors - done);
        done += count;
        const bool whole_row = count == stream.grid_width && shape.masks_are_complete();
        const VectorShape::Pixel at = shape.pixel(pixel);
        const std::int64_t phase = shape.phase(at);
        const std::uint64_t inside = shape.rows_inside(at.y);
        const auto found = std::ranges::find_if(known, [&](const KnownRow& row) {
            return whole_row && row.phase == phase && row.rows_inside == inside;
        });
        const StreamCost row_cost = found != known.end()
                                        ? found->cost
                                        : row_segment_cost(params, stream, shape, pixel, count);
        if (whole_row && found == known.end()) known.push_back({phase, inside, row_cost});
        add(row_cost, cost);
    }
    return cost;
}

JointCost output_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                 std::int64_t k_offset, std::int64_t k_count, std::int64_t pixels,
                                 std::int64_t lanes, const DenseRows& stationary) {
    const VectorShape shape(params, stream, element_bits, k_offset, k_count);
    JointSteps steps(params, stream, shape, lanes, stationary);
    std::map<JointSteps::Likeness, JointCost> known;
    JointCost sum;
    for (std::int64_t first = 0; first < pixels; first += steps.block()) {
        const std::int64_t count = std::min(steps.block(), pixels - first);
        JointCost cost;
        if (count < steps.block()) {
            cost = steps.cost(first, count);
        } else {
            const auto [found, is_new] = known.try_emplace(steps.likeness(first));
            if (is_new) found->second = steps.cost(first, count);
            cost = found->second;
        }
        sum.cycles += cost.cycles;
        add(cost.moving, sum.moving);
        add(cost.stationary, sum.stationary);
    }
    return sum;
}

StreamCost row_cost(const Params& params, const DenseRows& rows, std::int64_t count,
                    std::int64_t lanes) {
    StreamCost cost;
    RowSteps steps(params, rows, lanes);
    for (std::int64_t first = 0; first < count; first += lanes)
        add_steps(params, steps(first / lanes, std::min(lanes, count - first)), 1, cost);
    return cost;
}

}  // namespace quatrain::operand_streamer
