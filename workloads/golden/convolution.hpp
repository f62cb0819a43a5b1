// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/structure.hpp"

#include <cstdint>
#include <vector>

namespace quatrain::golden {

/// Shape of a layer's three GEMMs; a fully connected layer is a convolution with a 1 x 1 kernel.
struct Geometry {
    std::int64_t batch = 1;
    network::Extent in, out;
    std::int64_t kernel = 1, stride = 1, padding = 0, dilation = 1;

    std::int64_t input_pixel(std::int64_t n, std::int64_t y, std::int64_t x) const {
        return (n * in.height + y) * in.width + x;
    }
    std::int64_t output_pixel(std::int64_t n, std::int64_t y, std::int64_t x) const {
        return (n * out.height + y) * out.width + x;
    }
    bool input_has(std::int64_t y, std::int64_t x) const {
        return y >= 0 && y < in.height && x >= 0 && x < in.width;
    }
    bool output_has(std::int64_t y, std::int64_t x) const {
        return y >= 0 && y < out.height && x >= 0 && x < out.width;
    }
};
Geometry geometry(const Structure& structure, std::size_t index);

/// The phases of a layer's dX, [stride][stride] by row and column of the input pixel, numbered row
/// by row; -1: no input pixel has it, or no kernel position reaches it.
std::vector<std::int64_t> phase_numbers(const Geometry& g);

/// One element of n.output: x is [N,H,W,Cin], weights [ky][kx][cin][cout]; index is (output pixel,
/// cout).
template <class Sum, class Operand>
float forward_element(const Geometry& g, const Operand& x, const Operand& weights, Sum sum,
                      std::int64_t index) {
    const std::int64_t cout = index % g.out.channels, pixel = index / g.out.channels;
    const std::int64_t image = pixel / (g.out.height * g.out.width);
    const std::int64_t row = pixel / g.out.width % g.out.height, column = pixel % g.out.width;
    std::int64_t weight = cout;
    for (std::int64_t ky = 0; ky < g.kernel; ++ky) {
        for (std::int64_t kx = 0; kx < g.kernel; ++kx) {
            const std::int64_t in_row = row * g.stride - g.padding + ky * g.dilation;
            const std::int64_t in_column = column * g.stride - g.padding + kx * g.dilation;
            const bool inside = g.input_has(in_row, in_column);
            std::int64_t source =
                inside ? g.input_pixel(image, in_row, in_column) * g.in.channels : 0;
            for (std::int64_t cin = 0; cin < g.in.channels; ++cin) {
                sum.add(inside ? x[source + cin] : 0, weights[weight]);
                weight += g.out.channels;
            }
        }
    }
    return sum.finish();
}

/// One element of dX: dy is [N,H',W',Cout], weights [ky][kx][cout][cin]; index is (input pixel,
/// cin). Takes the kernel positions that exist for the pixel's phase, inside the output or not; the
/// last one first where outputs stay in the array (`last_first`).
template <class Sum, class Operand>
float backward_data_element(const Geometry& g, const Operand& dy, const Operand& weights, Sum sum,
                            std::int64_t index, bool last_first = false) {
    const auto position = [&](std::int64_t i) { return last_first ? g.kernel - 1 - i : i; };
    const std::int64_t cin = index % g.in.channels, pixel = index / g.in.channels;
    const std::int64_t image = pixel / (g.in.height * g.in.width);
    const std::int64_t row = pixel / g.in.width % g.in.height, column = pixel % g.in.width;
    for (std::int64_t i = 0; i < g.kernel; ++i) {
        const std::int64_t ky = position(i);
        const std::int64_t strided_row = row + g.padding - ky * g.dilation;
        if (strided_row % g.stride != 0) continue;
        for (std::int64_t j = 0; j < g.kernel; ++j) {
            const std::int64_t kx = position(j);
            const std::int64_t strided_column = column + g.padding - kx * g.dilation;
            if (strided_column % g.stride != 0) continue;
            const std::int64_t out_row = strided_row / g.stride,
                               out_column = strided_column / g.stride;
            const bool inside = g.output_has(out_row, out_column);
            const std::int64_t source =
                inside ? g.output_pixel(image, out_row, out_column) * g.out.channels : 0;
            std::int64_t weight = (ky * g.kernel + kx) * g.out.channels * g.in.channels + cin;
            for (std::int64_t cout = 0; cout < g.out.channels; ++cout) {
                sum.add(inside ? dy[source + cout] : 0, weights[weight]);
                weight += g.in.channels;
            }
        }
    }
    return sum.finish();
}

/// One element of dW, [ky][kx][cin][cout]: the sum over output pixels in raster order.
template <class Sum, class Operand>
float backward_weight_element(const Geometry& g, const Operand& x, const Operand& dy, Sum sum,
                              std::int64_t index) {
    const std::int64_t cout = index % g.out.channels, k = index / g.out.channels;
    const std::int64_t cin = k % g.in.channels, position = k / g.in.channels;
    const std::int64_t ky = position / g.kernel, kx = position % g.kernel;
    std::int64_t gradient = cout;
    for (std::int64_t image = 0; image < g.batch; ++image) {
        for (std::int64_t row = 0; row < g.out.height; ++row) {
            for (std::int64_t column = 0; column < g.out.width; ++column) {
                const std::int64_t in_row = row * g.stride - g.padding + ky * g.dilation;
                const std::int64_t in_column = column * g.stride - g.padding + kx * g.dilation;
                const bool inside = g.input_has(in_row, in_column);
                const std::int64_t source =
                    inside ? g.input_pixel(image, in_row, in_column) * g.in.channels + cin : 0;
                sum.add(inside ? x[source] : 0, dy[gradient]);
                gradient += g.out.channels;
            }
        }
        sum.end_image();
    }
    return sum.finish();
}

}  // namespace quatrain::golden
