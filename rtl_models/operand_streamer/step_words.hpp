// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/operand_streamer/timing.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

// Which words of a buffer the elements of a step lie in: what the costs of streams are made of.
namespace quatrain::operand_streamer {

inline std::int64_t floor_div(std::int64_t a, std::int64_t b) {
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
            lowest_y_ = std::min(lowest_y_, position.y_offset);
            highest_y_ = std::max(highest_y_, position.y_offset);
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
    bool all_rows_inside(std::int64_t y) const {
        return y + lowest_y_ >= 0 && y + highest_y_ < stream_.height;
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
    std::int64_t lowest_x_ = 0, highest_x_ = 0, lowest_y_ = 0, highest_y_ = 0;
};

}  // namespace quatrain::operand_streamer
