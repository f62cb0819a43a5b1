// SPDX-License-Identifier: Apache-2.0
// Rules 7 and 9: max pooling, and average pooling over a whole image.
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/definition.hpp"

#include <algorithm>

namespace quatrain::golden {
namespace {

/// A window of max pooling, by its output pixel: the first (raster order) of its largest in-bounds
/// elements. Returns the element's index in the input.
std::int64_t largest_of_window(const Geometry& g, const Values& x, std::int64_t image,
                               std::int64_t row, std::int64_t column, std::int64_t channel) {
    std::int64_t best = -1;
    for (std::int64_t ky = 0; ky < g.kernel; ++ky) {
        for (std::int64_t kx = 0; kx < g.kernel; ++kx) {
            const std::int64_t in_row = row * g.stride - g.padding + ky;
            const std::int64_t in_column = column * g.stride - g.padding + kx;
            if (!g.input_has(in_row, in_column)) continue;
            const std::int64_t i =
                g.input_pixel(image, in_row, in_column) * g.in.channels + channel;
            if (best < 0 || x[i] > x[best]) best = i;
        }
    }
    return best;
}

/// The sum of dy over the windows, in raster order, in which element `index` of the input is the
/// first largest.
float max_pool_gradient(const Geometry& g, const Values& x, const Values& dy, std::int64_t index) {
    const std::int64_t channel = index % g.in.channels, pixel = index / g.in.channels;
    const std::int64_t image = pixel / (g.in.height * g.in.width);
    const std::int64_t row = pixel / g.in.width % g.in.height, column = pixel % g.in.width;
    // Windows that start after the element, or end before it, do not cover it.
    const std::int64_t first_row =
        std::max<std::int64_t>(0, (row + g.padding - g.kernel) / g.stride);
    const std::int64_t first_column =
        std::max<std::int64_t>(0, (column + g.padding - g.kernel) / g.stride);
    float sum = 0;
    for (std::int64_t y = first_row; y < g.out.height && y * g.stride - g.padding <= row; ++y) {
        for (std::int64_t z = first_column; z < g.out.width && z * g.stride - g.padding <= column;
             ++z) {
            if (largest_of_window(g, x, image, y, z, channel) != index) continue;
            sum += dy[g.output_pixel(image, y, z) * g.out.channels + channel];
        }
    }
    return sum;
}

float image_sum(const Values& x, std::int64_t pixels, std::int64_t channels, std::int64_t index) {
    const std::int64_t image = index / channels, channel = index % channels;
    float sum = 0;
    for (std::int64_t p = 0; p < pixels; ++p) sum += x[(image * pixels + p) * channels + channel];
    return sum;
}

}  // namespace

void define_pool_forward(const Structure& structure, std::size_t index, Definitions& list) {
    const network::Node& node = structure.node(index);
    const Geometry g = geometry(structure, index);
    const Source input = structure.output(structure.producer(index));
    const Shape shape = structure.output_shape(index);
    if (node.kind == network::NodeKind::max_pool) {
        list.push_back({node.name + ".output", structure.output_format(index), shape,
                        [=](const Operands& operands) -> Element {
                            return [=, codes = operands.tensor(input.name).codes.data(),
                                    x = operands.values(input)](std::int64_t i) {
                                const std::int64_t pixel = i / g.out.channels;
                                const std::int64_t row = pixel / g.out.width % g.out.height;
                                const std::int64_t image = pixel / (g.out.width * g.out.height);
                                return codes[largest_of_window(
                                    g, x, image, row, pixel % g.out.width, i % g.out.channels)];
                            };
                        }});
        return;
    }
    const std::string& format = structure.options().activation_format;
    const std::int64_t pixels = g.in.height * g.in.width;
    list.push_back({node.name + ".output", format, shape, [=](const Operands& operands) {
                        return rounded(format, [=, x = operands.values(input)](std::int64_t i) {
                            return image_sum(x, pixels, g.in.channels, i) /
                                   static_cast<float>(pixels);
                        });
                    }});
}

void define_pool_backward(const Structure& structure, std::size_t index, Definitions& list) {
    if (!structure.makes_input_gradient(index)) return;
    const network::Node& node = structure.node(index);
    const Geometry g = geometry(structure, index);
    const Source input = structure.output(structure.producer(index));
    const Source gradient{structure.output_gradient(index)};
    const std::string& format = structure.options().gradient_format;
    const Shape shape = structure.output_shape(structure.producer(index));
    if (node.kind == network::NodeKind::max_pool) {
        list.push_back(
            {node.name + ".input_gradient", format, shape, [=](const Operands& operands) {
                 return rounded(format,
                                [=, x = operands.values(input), dy = operands.values(gradient)](
                                    std::int64_t i) { return max_pool_gradient(g, x, dy, i); });
             }});
        return;
    }
    const std::int64_t channels = g.in.channels, pixels = g.in.height * g.in.width;
    list.push_back({node.name + ".input_gradient", format, shape, [=](const Operands& operands) {
                        return rounded(format, [=, dy = operands.values(gradient)](std::int64_t i) {
                            const std::int64_t image = i / (pixels * channels);
                            return dy[image * channels + i % channels] / static_cast<float>(pixels);
                        });
                    }});
}

}  // namespace quatrain::golden
