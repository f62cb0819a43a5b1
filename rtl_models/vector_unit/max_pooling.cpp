// SPDX-License-Identifier: Apache-2.0
// Max pooling over whole images or bands of rows: docs/training-step.md, rules 7 and 9.
#include "rtl_models/base/grown.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::vector_unit {
namespace {

/// Rows or columns [first, end).
struct Range {
    std::int64_t first;
    std::int64_t end;
};

/// The part of window `index` that lies inside [0, size).
Range window_range(const isa::WindowGeometry& window, std::int64_t index, std::int64_t size) {
    const std::int64_t first = index * window.stride - window.padding;
    return {std::max<std::int64_t>(first, 0), std::min(first + window.kernel, size)};
}

/// One window of one image: where it is, and in which image of the tile.
struct Position {
    std::int64_t image;
    std::int64_t output_row;  ///< of the whole image
    std::int64_t output_column;
};

/// Rows [first, end) of one image's part of a tile of bands.
struct Band {
    std::int64_t image;
    Range rows;
};

/// Calls body(band) for the images' parts of rows [first, end) of a tile with `height` rows of
/// every image.
template <class Body>
void for_each_band(const Range& tile_rows, std::int64_t height, Body&& body) {
    for (std::int64_t row = tile_rows.first; row < tile_rows.end;) {
        const std::int64_t image = row / height;
        const std::int64_t end = std::min(tile_rows.end, (image + 1) * height);
        body(Band{image, {row - image * height, end - image * height}});
        row = end;
    }
}

/// Rows of a tile that one host thread takes at a time: an even number, so that their 4-bit codes
/// start on a byte of their own.
std::int64_t rows_at_a_time(std::int64_t row_elements) {
    constexpr std::int64_t elements = 16384;
    return std::max<std::int64_t>(1, elements / std::max<std::int64_t>(1, row_elements) / 2) * 2;
}

/// The windows of a checked instruction.
class Windows {
public:
    Windows(const Execution& run, std::int64_t pixels_per_image)
        : window_(run.instruction().window) {
        check_geometry(run);
        check_images(run, pixels_per_image);
        check_input(run);
    }

    std::int64_t images() const { return images_; }
    std::int64_t input_pixels() const { return images_ * window_.input_rows * window_.input_width; }
    std::int64_t output_pixels() const {
        return images_ * window_.output_rows * window_.output_width;
    }

    /// Calls body(position, number) for the windows of the band of output rows in raster order;
    /// number counts the windows of the band.
    template <class Body>
    void for_each(const Band& band, Body&& body) const {
        std::int64_t number = 0;
        for (std::int64_t row = band.rows.first; row < band.rows.end; ++row)
            for (std::int64_t column = 0; column < window_.output_width; ++column, ++number)
                body(Position{band.image, window_.first_output_row + row, column}, number);
    }

    /// The rows of the input tile that the windows of a band of output rows need.
    Range input_rows(const Band& band) const {
        const std::int64_t first = window_.first_output_row + band.rows.first;
        const std::int64_t last = window_.first_output_row + band.rows.end - 1;
        return {tile_row(band.image, window_range(window_, first, window_.input_height).first),
                tile_row(band.image, window_range(window_, last, window_.input_height).end)};
    }

    /// The band of output rows whose windows touch a band of result rows.
    Band touching(const Band& results) const {
        const std::int64_t top = window_.first_result_row + results.rows.first;
        const std::int64_t bottom = window_.first_result_row + results.rows.end;
        Range rows{0, window_.output_rows};
        const auto window = [&](std::int64_t row) {
            return window_range(window_, window_.first_output_row + row, window_.input_height);
        };
        while (rows.first < rows.end && window(rows.first).end <= top) ++rows.first;
        while (rows.first < rows.end && window(rows.end - 1).first >= bottom) --rows.end;
        return {results.image, rows};
    }

    /// Calls body(image row y, column x, pixel) for the window's in-bounds elements, in raster
    /// order; the pixel counts from the input tile's row `first_row`.
    template <class Body>
    void for_each_element(const Position& position, std::int64_t first_row, Body&& body) const {
        const Range rows = window_range(window_, position.output_row, window_.input_height);
        const Range columns = window_range(window_, position.output_column, window_.input_width);
        for (std::int64_t y = rows.first; y < rows.end; ++y) {
            const std::int64_t row = tile_row(position.image, y) - first_row;
            for (std::int64_t x = columns.first; x < columns.end; ++x)
                body(y, x, row * window_.input_width + x);
        }
    }

private:
    std::int64_t tile_row(std::int64_t image, std::int64_t y) const {
        return image * window_.input_rows + y - window_.first_input_row;
    }

    void check_geometry(const Execution& run) const {
        const isa::WindowGeometry& w = window_;
        if (w.kernel < 1 || w.stride < 1 || w.padding < 0 || w.padding >= w.kernel)
            run.reject(
                fmt::format("kernel {}, stride {}, padding {}: must be at least 1, at least 1, and "
                            "below the kernel",
                            w.kernel, w.stride, w.padding));
        check_band(run, "input", w.first_input_row, w.input_rows, w.input_height);
        check_band(run, "output", w.first_output_row, w.output_rows, w.output_height);
        check_reach(run, "rows", w.output_height, w.input_height);
        check_reach(run, "columns", w.output_width, w.input_width);
    }

    static void check_band(const Execution& run, std::string_view what, std::int64_t first,
                           std::int64_t rows, std::int64_t height) {
        if (first < 0 || rows < 0 || first + rows > height)
            run.reject(fmt::format("{} rows {} to {}: must lie in the image's {} rows", what, first,
                                   first + rows - 1, height));
    }

    /// The last window holds at least one element.
    void check_reach(const Execution& run, std::string_view what, std::int64_t outputs,
                     std::int64_t inputs) const {
        if (outputs < 1 || inputs < 1 || (outputs - 1) * window_.stride - window_.padding >= inputs)
            run.reject(fmt::format("{} output {} of {} input {}: every window must hold an element",
                                   outputs, what, inputs, what));
    }

    void check_images(const Execution& run, std::int64_t pixels_per_image) {
        if (run.rows() % pixels_per_image != 0)
            run.reject(fmt::format("rows = {}: must be whole bands of {} pixels", run.rows(),
                                   pixels_per_image));
        images_ = run.rows() / pixels_per_image;
        const bool whole = window_.input_rows == window_.input_height &&
                           window_.output_rows == window_.output_height;
        if (images_ > 1 && !whole)
            run.reject(fmt::format("rows = {}: a band belongs to one image, and these are {}",
                                   run.rows(), images_));
    }

    void check_input(const Execution& run) const {
        if (window_.output_rows == 0) return;  // a band of dx that no window touches
        const Range first = window_range(window_, window_.first_output_row, window_.input_height);
        const Range last = window_range(window_, window_.first_output_row + window_.output_rows - 1,
                                        window_.input_height);
        if (first.first < window_.first_input_row ||
            last.end > window_.first_input_row + window_.input_rows)
            run.reject(fmt::format(
                "input rows {} to {}: the windows of the output rows need {} to {}",
                window_.first_input_row, window_.first_input_row + window_.input_rows - 1,
                first.first, last.end - 1));
    }

    const isa::WindowGeometry& window_;
    std::int64_t images_ = 0;
};

/// Decoded rows of the input tile.
struct InputRows {
    const float* values;
    std::int64_t first_row;  ///< of the tile
};

/// Writes per column the largest element of the window.
void find_maxima(const Windows& windows, const Position& position, const InputRows& input,
                 std::int64_t columns, float* maximum) {
    bool first = true;
    const auto take = [&](std::int64_t, std::int64_t, std::int64_t pixel) {
        const float* x = input.values + pixel * columns;
        if (first) std::copy_n(x, columns, maximum);
        first = false;
        for (std::int64_t c = 0; c < columns; ++c)
            maximum[c] = x[c] > maximum[c] ? x[c] : maximum[c];
    };
    windows.for_each_element(position, input.first_row, take);
}

/// Writes per column the largest element of the window, and its pixel in the input rows.
void locate_maxima(const Windows& windows, const Position& position, const InputRows& input,
                   std::int64_t columns, float* maximum, std::int32_t* where) {
    bool first = true;
    const auto take = [&](std::int64_t, std::int64_t, std::int64_t pixel) {
        const float* x = input.values + pixel * columns;
        const auto here = static_cast<std::int32_t>(pixel);
        if (first) {
            std::copy_n(x, columns, maximum);
            std::fill_n(where, columns, here);
        }
        first = false;
        for (std::int64_t c = 0; c < columns; ++c) {
            const float value = x[c];
            const float best = maximum[c];
            const std::int32_t place = where[c];
            where[c] = value > best ? here : place;
            maximum[c] = value > best ? value : best;
        }
    };
    windows.for_each_element(position, input.first_row, take);
}

/// sum[c] += contribution[c] where the column's maximum is this pixel.
void add_where(const std::int32_t* where, std::int32_t pixel, const float* contribution,
               std::int64_t columns, float* sum) {
    // A sum that starts from +0 is never -0, so adding +0 leaves it as it is.
    for (std::int64_t c = 0; c < columns; ++c) {
        const float value = contribution[c];
        sum[c] = sum[c] + (where[c] == pixel ? value : 0.0F);
    }
}

/// The result rows exist, and the dy band holds every window that touches them.
void check_results(const Execution& run) {
    const isa::WindowGeometry& w = run.instruction().window;
    if (w.first_result_row < 0 || w.result_rows < 1 ||
        w.first_result_row + w.result_rows > w.input_height || w.input_width < 1 || w.stride < 1)
        run.reject(fmt::format("result rows {} to {}: must lie in the image's {} rows",
                               w.first_result_row, w.first_result_row + w.result_rows - 1,
                               w.input_height));
    if (run.rows() > w.result_rows * w.input_width && w.result_rows != w.input_height)
        run.reject(fmt::format("rows = {}: a band of {} result rows belongs to one image",
                               run.rows(), w.result_rows));
    for (std::int64_t row = 0; row < w.output_height; ++row) {
        const Range range = window_range(w, row, w.input_height);
        const bool touches =
            range.first < w.first_result_row + w.result_rows && range.end > w.first_result_row;
        const bool held = row >= w.first_output_row && row < w.first_output_row + w.output_rows;
        if (touches && !held)
            run.reject(fmt::format(
                "output row {}: its windows touch result rows {} to {}, and dy does not hold it",
                row, w.first_result_row, w.first_result_row + w.result_rows - 1));
    }
}

/// Decodes the rows of an operand with `row_elements` to a row.
const float* read_rows(const TileReader& reader, const Range& rows, std::int64_t row_elements,
                       Workspace& workspace) {
    return reader.read({rows.first * row_elements, (rows.end - rows.first) * row_elements},
                       workspace);
}

/// Backward: the operands, and what one host thread adds up for a band of result rows.
class BackwardBands {
public:
    BackwardBands(Execution& run, const Windows& windows)
        : windows_(windows),
          window_(run.instruction().window),
          columns_(run.columns()),
          gradient_(run.tile_in(0, windows.output_pixels() * columns_)),
          input_(run.tile_in(1, windows.input_pixels() * columns_)) {}

    /// Adds to dx, the elements of the band's result rows.
    void add(const Band& results, float* dx, Workspace& workspace) const {
        const Band outputs = windows_.touching(results);
        if (outputs.rows.first == outputs.rows.end) return;
        const std::int64_t dy_row = outputs.image * window_.output_rows;
        const float* dy =
            read_rows(gradient_, {dy_row + outputs.rows.first, dy_row + outputs.rows.end},
                      window_.output_width * columns_, workspace);
        const Range rows = windows_.input_rows(outputs);
        const InputRows input{read_rows(input_, rows, window_.input_width * columns_, workspace),
                              rows.first};
        float* maxima = grown(workspace.maxima, columns_).data();
        std::int32_t* places = grown(workspace.places, columns_).data();
        windows_.for_each(outputs, [&](const Position& position, std::int64_t number) {
            locate_maxima(windows_, position, input, columns_, maxima, places);
            const auto give = [&](std::int64_t y, std::int64_t x, std::int64_t pixel) {
                const std::int64_t row = y - window_.first_result_row - results.rows.first;
                if (row < 0 || row >= results.rows.end - results.rows.first) return;
                add_where(places, static_cast<std::int32_t>(pixel), dy + number * columns_,
                          columns_, dx + (row * window_.input_width + x) * columns_);
            };
            windows_.for_each_element(position, input.first_row, give);
        });
    }

private:
    const Windows& windows_;
    const isa::WindowGeometry& window_;
    std::int64_t columns_;
    TileReader gradient_, input_;
};

}  // namespace

void max_pool(Execution& run) {
    const isa::WindowGeometry& window = run.instruction().window;
    const Windows windows(run, std::max<std::int64_t>(1, window.output_rows * window.output_width));
    const std::int64_t columns = run.columns();
    const std::int64_t input_elements = windows.input_pixels() * columns;
    const TileReader reader = run.tile_in(0, input_elements);
    const TileWriter writer = run.tile_out(0);
    const std::int64_t row_elements = window.output_width * columns;
    const std::int64_t rows = windows.images() * window.output_rows;
    const std::int64_t step = rows_at_a_time(window.stride * window.input_width * columns);
    const auto pool = [&](std::int64_t piece, Workspace& workspace) {
        const Range piece_rows{piece * step, std::min((piece + 1) * step, rows)};
        const Block block{piece_rows.first * row_elements,
                          (piece_rows.end - piece_rows.first) * row_elements};
        float* y = writer.room(block, workspace);
        for_each_band(piece_rows, window.output_rows, [&](const Band& band) {
            const Range input_rows = windows.input_rows(band);
            const InputRows input{
                read_rows(reader, input_rows, window.input_width * columns, workspace),
                input_rows.first};
            windows.for_each(band, [&](const Position& position, std::int64_t) {
                find_maxima(windows, position, input, columns, y);
                y += columns;
            });
        });
        writer.write(block, workspace);
    };
    run.for_each_piece(ceil_div(rows, step), input_elements, pool);
}

void max_pool_backward(Execution& run) {
    check_results(run);
    const isa::WindowGeometry& window = run.instruction().window;
    const Windows windows(run, window.result_rows * window.input_width);
    const BackwardBands bands(run, windows);
    const TileWriter writer = run.tile_out(0);
    const std::int64_t row_elements = window.input_width * run.columns();
    const std::int64_t rows = windows.images() * window.result_rows;
    const std::int64_t step = rows_at_a_time(row_elements);
    const auto give_back = [&](std::int64_t piece, Workspace& workspace) {
        const Range piece_rows{piece * step, std::min((piece + 1) * step, rows)};
        const Block block{piece_rows.first * row_elements,
                          (piece_rows.end - piece_rows.first) * row_elements};
        float* dx = writer.room(block, workspace);
        std::fill_n(dx, block.count, 0.0F);
        for_each_band(piece_rows, window.result_rows, [&](const Band& band) {
            bands.add(band, dx, workspace);
            dx += (band.rows.end - band.rows.first) * row_elements;
        });
        writer.write(block, workspace);
    };
    run.for_each_piece(ceil_div(rows, step), run.elements(), give_back);
}

}  // namespace quatrain::vector_unit
