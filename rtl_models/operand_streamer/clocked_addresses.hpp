// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/stream.hpp"

#include <cstdint>
#include <string_view>

namespace quatrain::operand_streamer {

// Widths of the registers. Buffers have 2^30 bytes at most, 2^31 elements of 4 bits; a bit more for
// rows beside the tile, and a sign.
inline constexpr int byte_bits = 32;
inline constexpr int address_bits = 33;     ///< of a 4-bit element, likewise pixels
inline constexpr int coordinate_bits = 24;  ///< rows and columns of tensor, grid, kernel; channels
inline constexpr int count_bits = 33;       ///< vectors, pixels and rows of a pass

/// `value` as it leaves a signed register of `bits`, as in_signed. Throws std::invalid_argument
/// below 1, where it makes no sense.
std::int64_t at_least_one(std::string_view name, std::int64_t value, int bits);

/// Where the elements of a vector lie: counters for the kernel position and the channel inside the
/// vector, and for the grid pixel from one vector to the next. Divides once, when the pass is
/// taken.
class MovingAddresses {
public:
    MovingAddresses(const isa::Stream& stream, int element_bits, std::int64_t k_offset,
                    std::int64_t k_count);

    /// Calls place(i, element) for the vector's elements i in [0, k_count) that lie inside the
    /// tensor; `element` counts from the first byte of the buffer.
    template <class Place>
    void for_each_element(Place place) const {
        KernelCounters at = first_;
        for (std::int64_t i = 0; i < k_count_; ++i) {
            const std::int64_t y = y_ + at.y, x = x_ + at.x;
            if (y >= 0 && y < stream_.height && x >= 0 && x < stream_.width)
                place(i, element(y, x, at.channel));
            advance(at);
        }
    }
    void next_vector();

private:
    /// Kernel position and channel of an element; y and x are the position's distance from the
    /// first position [pixels of the tensor].
    struct KernelCounters {
        std::int64_t column, channel, y, x;
    };
    void advance(KernelCounters& at) const;
    std::int64_t element(std::int64_t y, std::int64_t x, std::int64_t channel) const;
    void check() const;

    isa::Stream stream_;
    std::int64_t k_count_;
    std::int64_t first_element_;  ///< of the tile
    KernelCounters first_{};      ///< of element k_offset
    std::int64_t grid_row_, grid_column_;
    std::int64_t image_row_;  ///< of the image's first row, counted from the tile's first
    std::int64_t y_, x_;      ///< of kernel position 0 in the tensor
};

/// Where the elements of a dense tile's rows lie.
class StationaryAddresses {
public:
    StationaryAddresses(std::int64_t address, std::int64_t stride, int element_bits);
    /// Of the present row's column 0, counted from the first byte of the buffer.
    std::int64_t first_element() const { return address_ * 8 / element_bits_; }
    void next_row();

private:
    std::int64_t address_ = 0;  ///< [bytes]
    std::int64_t stride_ = 0;   ///< [bytes]
    int element_bits_ = 1;
};

}  // namespace quatrain::operand_streamer
