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

/// Distinct buffer words of element intervals that arrive in ascending order.
class WordCounter {
public:
    explicit WordCounter(std::int64_t elements_per_word) : elements_per_word_(elements_per_word) {}
    void add(std::int64_t first_element, std::int64_t length) {
        const std::int64_t first = floor_div(first_element, elements_per_word_);
        const std::int64_t last = floor_div(first_element + length - 1, elements_per_word_);
        words_ += std::max<std::int64_t>(0, last - std::max(first, next_) + 1);
        next_ = std::max(next_, last + 1);
    }
    std::int64_t words() const { return words_; }

private:
    std::int64_t elements_per_word_;
    std::int64_t next_ =
        std::numeric_limits<std::int64_t>::min();  ///< the first word not yet counted
    std::int64_t words_ = 0;
};

void add_step(const Params& params, std::int64_t words, std::int64_t steps, StreamCost& cost) {
    cost.words += words * steps;
    cost.cycles += std::max<std::int64_t>(1, ceil_div(words, params.read_ports)) * steps;
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

    std::int64_t words(const Pixel& at) const {
        WordCounter counter(elements_per_word_);
        for_each_run(at,
                     [&](std::int64_t first, std::int64_t length) { counter.add(first, length); });
        return counter.words();
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
    /// equal positions inside, need equally many words.
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
    std::vector<std::int64_t> words_of_phase(static_cast<std::size_t>(shape.elements_per_word()),
                                             -1);
    StreamCost cost;
    VectorShape::Pixel at = shape.pixel(first_pixel);
    for (std::int64_t i = 0; i < count; ++i, at.x += stream.column_step) {
        if (!shape.all_columns_inside(at.x)) {
            add_step(params, shape.words(at), 1, cost);
            continue;
        }
        std::int64_t& words = words_of_phase[static_cast<std::size_t>(shape.phase(at))];
        if (words < 0) words = shape.words(at);
        add_step(params, words, 1, cost);
    }
    return cost;
}

/// A grid row's cost, for every later row with the same phase and the same kernel rows inside.
struct KnownRow {
    std::int64_t phase;
    std::uint64_t rows_inside;
    StreamCost cost;
};

/// Rows `[first, first + count)` of a dense tile that are read in one step.
std::int64_t step_words(const Params& params, std::int64_t address, std::int64_t stride,
                        std::int64_t row_elements, int element_bits, std::int64_t count) {
    if (stride < 0)
        return step_words(params, address + (count - 1) * stride, -stride, row_elements,
                          element_bits, count);
    WordCounter counter(params.word_bytes * 8 / element_bits);
    for (std::int64_t row = 0; row < count; ++row)
        counter.add((address + row * stride) * 8 / element_bits, row_elements);
    return counter.words();
}

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 2> info{{
        {"read_ports", "words per cycle", 1, 1024,
         "words read from the moving (and from the stationary) buffer per cycle"},
        {"word_bytes", "bytes", 4, 4096,
         "bytes of a buffer word; equal to the buffers' word_bytes"},
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
    }
    return cost;
}

StreamCost output_stationary_cost(const Params& params, const isa::Stream& stream, int element_bits,
                                  std::int64_t k_offset, std::int64_t k_count, std::int64_t pixels,
                                  std::int64_t lanes) {
    const VectorShape shape(params, stream, element_bits, k_offset, k_count);
    std::vector<std::pair<std::int64_t, std::int64_t>> runs;
    StreamCost cost;
    for (std::int64_t first = 0; first < pixels; first += lanes) {
        runs.clear();
        for (std::int64_t pixel = first; pixel < std::min(first + lanes, pixels); ++pixel) {
            shape.for_each_run(shape.pixel(stream.first_pixel + pixel),
                               [&](std::int64_t element, std::int64_t length) {
                                   runs.emplace_back(element, length);
                               });
        }
        if (!std::ranges::is_sorted(runs)) std::ranges::sort(runs);
        WordCounter counter(shape.elements_per_word());
        for (const auto& [element, length] : runs) counter.add(element, length);
        add_step(params, counter.words(), 1, cost);
    }
    return cost;
}

StreamCost row_cost(const Params& params, std::int64_t address, std::int64_t stride,
                    int element_bits, std::int64_t columns, std::int64_t count,
                    std::int64_t lanes) {
    StreamCost cost;
    const std::int64_t whole_steps = count / lanes;
    const std::int64_t rest = count % lanes;
    const auto words = [&](std::int64_t step, std::int64_t rows) {
        return step_words(params, address + step * lanes * stride, stride, columns, element_bits,
                          rows);
    };
    if (lanes * stride % params.word_bytes == 0 &&
        whole_steps > 0) {  // every step meets the words alike
        add_step(params, words(0, lanes), whole_steps, cost);
    } else {
        for (std::int64_t step = 0; step < whole_steps; ++step)
            add_step(params, words(step, lanes), 1, cost);
    }
    if (rest > 0) add_step(params, words(whole_steps, rest), 1, cost);
    return cost;
}

}  // namespace quatrain::operand_streamer
