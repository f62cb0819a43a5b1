// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/timing.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace quatrain::operand_streamer {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -ceil_div(-a, b);
}

/// The distinct words of one step.
struct StepWords {
    std::int64_t words = 0;
    std::int64_t fullest_bank = 0;  ///< words that lie in one bank, the largest number
};

/// Counts the distinct buffer words of element intervals that arrive in ascending order.
class WordCounter {
public:
    WordCounter(const Params& params, std::int64_t elements_per_word)
        : elements_per_word_(elements_per_word), of_bank_(static_cast<std::size_t>(params.banks)) {}
    void restart() {
        next_ = std::numeric_limits<std::int64_t>::min();
        words_ = 0;
        std::ranges::fill(of_bank_, 0);
    }
    void add(std::int64_t first_element, std::int64_t length) {
        const std::int64_t last = floor_div(first_element + length - 1, elements_per_word_);
        const std::int64_t first = std::max(floor_div(first_element, elements_per_word_), next_);
        if (last < first) return;
        words_ += last - first + 1;
        next_ = last + 1;
        const std::int64_t banks = std::ssize(of_bank_);
        std::int64_t rest = last - first + 1;
        if (rest >= banks) {
            for (std::int64_t& words : of_bank_) words += rest / banks;
            rest %= banks;
        }
        std::int64_t bank = first - floor_div(first, banks) * banks;
        for (; rest > 0; --rest) {
            ++of_bank_[static_cast<std::size_t>(bank)];
            if (++bank == banks) bank = 0;
        }
    }
    StepWords step() const { return {words_, std::ranges::max(of_bank_)}; }

private:
    std::int64_t elements_per_word_;
    std::int64_t next_ =
        std::numeric_limits<std::int64_t>::min();  ///< the first word not yet counted
    std::int64_t words_ = 0;
    std::vector<std::int64_t> of_bank_;
};

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

/// A run of channels at one kernel position.
struct Position {
    std::int64_t y_offset, x_offset;  ///< from the grid pixel's y and x in the tensor
    std::int64_t channel, length;
};

/// Where the elements of a vector lie. Positions are in ascending order of address.
class VectorShape {
public:
    VectorShape(const Params& params, const isa::Stream& stream, int element_bits,
                std::int64_t k_offset, std::int64_t k_count)
        : stream_(stream),
          elements_per_word_(params.word_bytes * 8 / element_bits),
          first_element_(stream.address * 8 / element_bits) {
        for (std::int64_t k = k_offset; k < k_offset + k_count;) {
            const std::int64_t kernel = k / stream.channels;
            const std::int64_t channel = k % stream.channels;
            const std::int64_t length = std::min(stream.channels - channel, k_offset + k_count - k);
            positions_.push_back({kernel / stream.kernel_width * stream.row_kernel_step,
                                  kernel % stream.kernel_width * stream.column_kernel_step, channel,
                                  length});
            k += length;
        }
        std::stable_sort(
            positions_.begin(), positions_.end(), [](const Position& a, const Position& b) {
                return std::pair(a.y_offset, a.x_offset) < std::pair(b.y_offset, b.x_offset);
            });
        for (const Position& position : positions_) {
            lowest_x_ = std::min(lowest_x_, position.x_offset);
            highest_x_ = std::max(highest_x_, position.x_offset);
        }
    }

    struct Pixel {
        std::int64_t row;   ///< tensor row of the image's first row, relative to the tile
        std::int64_t y, x;  ///< of kernel position 0
    };
    Pixel pixel(std::int64_t grid_pixel) const {
        const std::int64_t global_row = grid_pixel / stream_.grid_width;
        return {global_row / stream_.grid_height * stream_.height - stream_.first_row,
                global_row % stream_.grid_height * stream_.row_step + stream_.row_offset,
                grid_pixel % stream_.grid_width * stream_.column_step + stream_.column_offset};
    }

    /// Calls body(first element, length) for every run of the pixel's vector that is inside the
    /// tensor.
    template <class Body>
    void for_each_run(const Pixel& at, Body body) const {
        for (const Position& position : positions_) {
            const std::int64_t y = at.y + position.y_offset;
            const std::int64_t x = at.x + position.x_offset;
            if (y < 0 || y >= stream_.height || x < 0 || x >= stream_.width) continue;
            body(element(at.row + y, x) + position.channel, position.length);
        }
    }

    StepWords words(const Pixel& at, WordCounter& counter) const {
        counter.restart();
        for_each_run(at,
                     [&](std::int64_t first, std::int64_t length) { counter.add(first, length); });
        return counter.step();
    }

    /// Which rows of the kernel lie inside the tensor at y, one bit per distinct position (the
    /// first 64).
    std::uint64_t rows_inside(std::int64_t y) const {
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < std::min<std::size_t>(positions_.size(), 64); ++i) {
            const std::int64_t row = y + positions_[i].y_offset;
            mask |= std::uint64_t{row >= 0 && row < stream_.height ? 1U : 0U} << i;
        }
        return mask;
    }
    bool all_columns_inside(std::int64_t x) const {
        return x + lowest_x_ >= 0 && x + highest_x_ < stream_.width;
    }
    /// Place of kernel position 0 within its word [elements]: two pixels with equal phase, and
    /// equal positions inside, need equally many words, in the same banks but for a rotation.
    std::int64_t phase(const Pixel& at) const {
        const std::int64_t first = element(at.row + at.y, at.x);
        return first - floor_div(first, elements_per_word_) * elements_per_word_;
    }
    std::int64_t elements_per_word() const { return elements_per_word_; }
    bool masks_are_complete() const { return positions_.size() <= 64; }

private:
    std::int64_t element(std::int64_t row, std::int64_t x) const {
        return first_element_ + (row * stream_.width + x) * stream_.channels;
    }

    const isa::Stream& stream_;
    std::int64_t elements_per_word_;
    std::int64_t first_element_;
    std::vector<Position> positions_;
    std::int64_t lowest_x_ = 0, highest_x_ = 0;
};

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
        cost.cycles += row_cost.cycles;
        cost.words += row_cost.words;
        cost.conflict_cycles += row_cost.conflict_cycles;
    }
    return cost;
}

JointCost output_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                 std::int64_t k_offset, std::int64_t k_count, std::int64_t pixels,
                                 std::int64_t lanes, const DenseRows& stationary) {
    const VectorShape shape(params, stream, element_bits, k_offset, k_count);
    std::vector<std::pair<std::int64_t, std::int64_t>> runs;
    WordCounter counter(params, shape.elements_per_word());
    RowSteps row_steps(params, stationary, lanes);
    JointCost cost;
    for (std::int64_t first = 0; first < pixels; first += lanes) {
        const std::int64_t count = std::min(lanes, pixels - first);
        runs.clear();
        for (std::int64_t pixel = first; pixel < first + count; ++pixel) {
            shape.for_each_run(shape.pixel(stream.first_pixel + pixel),
                               [&](std::int64_t element, std::int64_t length) {
                                   runs.emplace_back(element, length);
                               });
        }
        if (!std::ranges::is_sorted(runs)) std::ranges::sort(runs);
        counter.restart();
        for (const auto& [element, length] : runs) counter.add(element, length);
        cost.cycles +=
            std::max(add_steps(params, counter.step(), 1, cost.moving),
                     add_steps(params, row_steps(first / lanes, count), 1, cost.stationary));
    }
    return cost;
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
