// SPDX-License-Identifier: Apache-2.0
// Max pooling over whole images or bands of rows: docs/training-step.md, rules 7 and 9.
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

    /// Calls body(position, number) in raster order, image by image; number counts the windows of
    /// the tile.
    template <class Body>
    void for_each(Body&& body) const {
        std::int64_t number = 0;
        for (std::int64_t image = 0; image < images_; ++image)
            for (std::int64_t row = 0; row < window_.output_rows; ++row)
                for (std::int64_t column = 0; column < window_.output_width; ++column, ++number)
                    body(Position{image, window_.first_output_row + row, column}, number);
    }

    /// Calls body(image row y, column x, pixel of the input tile) for the window's in-bounds
    /// elements, in raster order.
    template <class Body>
    void for_each_element(const Position& position, Body&& body) const {
        const Range rows = window_range(window_, position.output_row, window_.input_height);
        const Range columns = window_range(window_, position.output_column, window_.input_width);
        for (std::int64_t y = rows.first; y < rows.end; ++y) {
            const std::int64_t tile_row =
                position.image * window_.input_rows + y - window_.first_input_row;
            for (std::int64_t x = columns.first; x < columns.end; ++x)
                body(y, x, tile_row * window_.input_width + x);
        }
    }

private:
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

/// Writes per column the largest element of the window.
void find_maxima(const Windows& windows, const Position& position, const float* input,
                 std::int64_t columns, float* maximum) {
    bool first = true;
    windows.for_each_element(position, [&](std::int64_t, std::int64_t, std::int64_t pixel) {
        const float* x = input + pixel * columns;
        if (first) std::copy_n(x, columns, maximum);
        first = false;
        for (std::int64_t c = 0; c < columns; ++c)
            maximum[c] = x[c] > maximum[c] ? x[c] : maximum[c];
    });
}

/// Writes per column the largest element of the window, and its pixel in the input tile.
void locate_maxima(const Windows& windows, const Position& position, const float* input,
                   std::int64_t columns, float* maximum, std::int32_t* where) {
    bool first = true;
    windows.for_each_element(position, [&](std::int64_t, std::int64_t, std::int64_t pixel) {
        const float* x = input + pixel * columns;
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
    });
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

}  // namespace

void max_pool(Execution& run) {
    const isa::WindowGeometry& window = run.instruction().window;
    const Windows windows(run, std::max<std::int64_t>(1, window.output_rows * window.output_width));
    const std::int64_t columns = run.columns();
    const Block input{0, windows.input_pixels() * columns};
    TileReader reader = run.tile_in(0, input.count);
    TileWriter writer = run.tile_out(0);
    const float* x = reader.read(input);
    const Block output{0, run.elements()};
    float* y = writer.scratch(output);
    windows.for_each([&](const Position& position, std::int64_t number) {
        find_maxima(windows, position, x, columns, y + number * columns);
    });
    writer.write(output);
}

void max_pool_backward(Execution& run) {
    check_results(run);
    const isa::WindowGeometry& window = run.instruction().window;
    const Windows windows(run, window.result_rows * window.input_width);
    const std::int64_t columns = run.columns();
    const Block input{0, windows.input_pixels() * columns};
    const Block output{0, windows.output_pixels() * columns};
    const Block result{0, run.elements()};
    TileReader gradient = run.tile_in(0, output.count);
    TileReader reader = run.tile_in(1, input.count);
    TileWriter writer = run.tile_out(0);
    const float* dy = gradient.read(output);
    const float* x = reader.read(input);
    float* dx = writer.scratch(result);
    std::fill_n(dx, result.count, 0.0F);
    std::vector<float> maximum(static_cast<std::size_t>(columns));
    std::vector<std::int32_t> where(static_cast<std::size_t>(columns));
    windows.for_each([&](const Position& position, std::int64_t number) {
        locate_maxima(windows, position, x, columns, maximum.data(), where.data());
        windows.for_each_element(
            position, [&](std::int64_t row, std::int64_t column, std::int64_t pixel) {
                const std::int64_t band_row = row - window.first_result_row;
                if (band_row < 0 || band_row >= window.result_rows) return;
                const std::int64_t result_row = position.image * window.result_rows + band_row;
                add_where(where.data(), static_cast<std::int32_t>(pixel), dy + number * columns,
                          columns, dx + (result_row * window.input_width + column) * columns);
            });
    });
    writer.write(result);
}

}  // namespace quatrain::vector_unit
