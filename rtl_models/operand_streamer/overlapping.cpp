// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/overlapping.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::operand_streamer {
namespace {

/// Both ends count.
struct Range {
    std::int64_t first, last;

    std::int64_t count() const { return last - first + 1; }
    /// Of value * step, in ascending order.
    Range times(std::int64_t step) const {
        return {std::min(first * step, last * step), std::max(first * step, last * step)};
    }
    Range plus(const Range& other) const { return {first + other.first, last + other.last}; }
    Range shifted(std::int64_t distance) const { return {first + distance, last + distance}; }
};

/// Consecutive grid pixels of one image.
struct Pixels {
    std::int64_t image, first_pixel, count;  ///< the pixel within the image
};

class LayOut {
public:
    LayOut(const isa::Stream& stream, numerics::Format format, std::span<const std::byte> buffer,
           const Block& block, numerics::ProductKind kind, numerics::OverlappingVectors& vectors)
        : stream_(stream),
          format_(format),
          buffer_(buffer),
          block_(block),
          kind_(kind),
          vectors_(vectors),
          per_word_(numerics::elements_per_word(kind)) {}

    /// Vectors as rows, or else as steps.
    bool make(bool vectors_are_rows) {
        const bool words_are_whole = vectors_are_rows ? elements_pair_up() : vectors_pair_up();
        if (block_.count < 1 || !words_are_whole) return false;
        set_columns();
        std::int64_t rows = 0;
        for_each_image([&](const Pixels& pixels) { rows += rows_of(pixels).count(); });
        const std::int64_t elements = rows * pitch_;
        const std::int64_t words = vectors_are_rows ? elements / per_word_ : elements;
        if (words > block_.count * block_.k_count / per_word_ ||
            elements > std::numeric_limits<std::int32_t>::max())
            return false;
        elements_ = vectors_.memory.zeroed(kind_, rows, pitch_);
        if (!decode_all()) return false;
        if (vectors_are_rows) {
            vectors_.words = numerics::words_of(elements_);
            place_vectors(per_word_, 1, vectors_.row_places);
            place_elements(per_word_, vectors_.step_places);
        } else {
            pair_vectors(elements);
            place_vectors(1, per_word_, vectors_.step_places);
            place_elements(1, vectors_.row_places);
        }
        return true;
    }

private:
    bool elements_pair_up() const {
        return stream_.channels % per_word_ == 0 && block_.k_offset % per_word_ == 0 &&
               block_.k_count % per_word_ == 0;
    }
    bool vectors_pair_up() const {
        return per_word_ == 1 ||
               (per_word_ == 2 && stream_.column_step > 0 && stream_.grid_width % 2 == 0 &&
                block_.count % 2 == 0 && (stream_.first_pixel + block_.first) % 2 == 0);
    }
    std::int64_t kernel_row(std::int64_t k) const {
        return k / (stream_.kernel_width * stream_.channels);
    }

    template <class Body>
    void for_each_image(Body body) const {
        const std::int64_t per_image = stream_.grid_height * stream_.grid_width;
        std::int64_t pixel = stream_.first_pixel + block_.first;
        for (std::int64_t left = block_.count; left > 0;) {
            const std::int64_t within = pixel % per_image;
            const std::int64_t count = std::min(left, per_image - within);
            body(Pixels{pixel / per_image, within, count});
            pixel += count;
            left -= count;
        }
    }

    /// The tensor's columns that any pixel of the grid reaches, outside of it too.
    void set_columns() {
        columns_ = Range{0, stream_.grid_width - 1}
                       .times(stream_.column_step)
                       .plus(Range{0, stream_.kernel_width - 1}.times(stream_.column_kernel_step))
                       .shifted(stream_.column_offset);
        pitch_ = columns_.count() * stream_.channels;
    }
    /// The tensor's rows that the pixels reach with the block's elements.
    Range rows_of(const Pixels& pixels) const {
        const Range grid{pixels.first_pixel / stream_.grid_width,
                         (pixels.first_pixel + pixels.count - 1) / stream_.grid_width};
        const Range kernel{kernel_row(block_.k_offset),
                           kernel_row(block_.k_offset + block_.k_count - 1)};
        return grid.times(stream_.row_step)
            .plus(kernel.times(stream_.row_kernel_step))
            .shifted(stream_.row_offset);
    }

    bool decode_all() const {
        std::int64_t row = 0;
        bool inside = true;
        for_each_image([&](const Pixels& pixels) {
            const Range rows = rows_of(pixels);
            inside = inside && decode(pixels.image, rows, row);
            row += rows.count();
        });
        return inside;
    }
    /// Decodes what of the rows is in the tensor, from row `to` on. False: not all in the buffer.
    bool decode(std::int64_t image, const Range& rows, std::int64_t to) const {
        const std::int64_t y = std::max<std::int64_t>(rows.first, 0);
        const std::int64_t y_end = std::min(rows.last + 1, stream_.height);
        const std::int64_t x = std::max<std::int64_t>(columns_.first, 0);
        const std::int64_t x_end = std::min(columns_.last + 1, stream_.width);
        if (y >= y_end || x >= x_end) return true;
        const std::int64_t row = image * stream_.height + y - stream_.first_row;
        const std::int64_t row_elements = stream_.width * stream_.channels;
        const std::int64_t element = stream_.address * 8 / numerics::bits(format_) +
                                     row * row_elements + x * stream_.channels;
        const std::int64_t length = (x_end - x) * stream_.channels;
        const std::int64_t capacity =
            static_cast<std::int64_t>(buffer_.size()) * 8 / numerics::bits(format_);
        if (row < 0 || element + (y_end - y - 1) * row_elements + length > capacity) return false;
        const std::int64_t place =
            (to + y - rows.first) * pitch_ + (x - columns_.first) * stream_.channels;
        const numerics::DecodedRows destination = std::visit(
            [place](auto* first) -> numerics::DecodedRows { return first + place; }, elements_);
        numerics::decode_rows(format_, buffer_, element, row_elements, y_end - y, length,
                              destination, pitch_);
        return true;
    }

    /// Of element k, from that of kernel position (0, 0) and channel 0 [elements].
    std::int64_t place_of(std::int64_t k) const {
        const std::int64_t position = k / stream_.channels;
        return position / stream_.kernel_width * stream_.row_kernel_step * pitch_ +
               position % stream_.kernel_width * stream_.column_kernel_step * stream_.channels +
               k % stream_.channels;
    }

    /// Every element and that of the next vector, at the same place in it, as a word.
    void pair_vectors(std::int64_t elements) const {
        if (per_word_ == 1) {
            vectors_.words = numerics::words_of(elements_);
            return;
        }
        const std::int64_t distance = stream_.column_step * stream_.channels;
        numerics::pack_moving(elements_, distance, 2, elements - distance, 2, vectors_.packed);
        vectors_.words = vectors_.packed.words.data();
    }

    /// Of each `step`-th vector, the word with its first element; `per_word` elements to a word.
    /// Both divide what they must: pairs begin and end with a grid row.
    void place_vectors(std::int64_t per_word, std::int64_t step,
                       std::vector<std::int32_t>& places) const {
        const auto distance =
            static_cast<std::int32_t>(step * stream_.column_step * stream_.channels / per_word);
        places.resize(static_cast<std::size_t>(block_.count / step));
        std::int32_t* next = places.data();
        std::int64_t row = 0;
        for_each_image([&](const Pixels& pixels) {
            const Range rows = rows_of(pixels);
            for (std::int64_t i = 0; i < pixels.count;) {
                const std::int64_t gy = (pixels.first_pixel + i) / stream_.grid_width;
                const std::int64_t gx = (pixels.first_pixel + i) % stream_.grid_width;
                const std::int64_t count = std::min(pixels.count - i, stream_.grid_width - gx);
                const std::int64_t y =
                    row + gy * stream_.row_step + stream_.row_offset - rows.first;
                const std::int64_t x =
                    gx * stream_.column_step + stream_.column_offset - columns_.first;
                auto place = static_cast<std::int32_t>(
                    (y * pitch_ + x * stream_.channels + place_of(block_.k_offset)) / per_word);
                for (std::int64_t pixel = 0; pixel < count; pixel += step, place += distance)
                    *next++ = place;
                i += count;
            }
            row += rows.count();
        });
    }

    /// Of each `per_word`-th element, the word with it, from that of the vector's first.
    void place_elements(std::int64_t per_word, std::vector<std::int32_t>& places) const {
        places.clear();
        const std::int64_t first = place_of(block_.k_offset);
        for (std::int64_t k = 0; k < block_.k_count; k += per_word)
            places.push_back(
                static_cast<std::int32_t>((place_of(block_.k_offset + k) - first) / per_word));
    }

    const isa::Stream& stream_;
    numerics::Format format_;
    std::span<const std::byte> buffer_;
    const Block& block_;
    numerics::ProductKind kind_;
    numerics::OverlappingVectors& vectors_;
    std::int64_t per_word_;
    numerics::DecodedRows elements_;
    Range columns_{0, 0};
    std::int64_t pitch_ = 0;  ///< of rows in the layout [elements]
};

}  // namespace

bool lay_out(const isa::Stream& stream, numerics::Format format, std::span<const std::byte> buffer,
             const Block& block, numerics::ProductKind kind,
             numerics::OverlappingVectors& vectors) {
    return LayOut(stream, format, buffer, block, kind, vectors).make(true);
}

bool lay_out_transposed(const isa::Stream& stream, numerics::Format format,
                        std::span<const std::byte> buffer, const Block& block,
                        numerics::ProductKind kind, numerics::OverlappingVectors& vectors) {
    return LayOut(stream, format, buffer, block, kind, vectors).make(false);
}

}  // namespace quatrain::operand_streamer
