// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/ideal_layers.hpp"

#include "workloads/golden/parallel.hpp"

#include <algorithm>
#include <cmath>

namespace quatrain::golden {
namespace {

/// y[0..n-1] += a * x[0..n-1]
void add_scaled(double a, const double* x, std::int64_t n, double* y) {
    for (std::int64_t i = 0; i < n; ++i) y[i] += a * x[i];
}

/// Calls visit(input pixel, kernel position) for every kernel position of an output pixel that is
/// inside the image.
template <class Visit>
void visit_window(const Geometry& g, std::int64_t pixel, Visit visit) {
    const std::int64_t image = pixel / (g.out.height * g.out.width);
    const std::int64_t row = pixel / g.out.width % g.out.height, column = pixel % g.out.width;
    for (std::int64_t ky = 0; ky < g.kernel; ++ky) {
        for (std::int64_t kx = 0; kx < g.kernel; ++kx) {
            const std::int64_t y = row * g.stride - g.padding + ky * g.dilation;
            const std::int64_t x = column * g.stride - g.padding + kx * g.dilation;
            if (g.input_has(y, x)) visit(g.input_pixel(image, y, x), ky * g.kernel + kx);
        }
    }
}

std::int64_t output_pixels(const Geometry& g) {
    return g.batch * g.out.height * g.out.width;
}
std::int64_t input_pixels(const Geometry& g) {
    return g.batch * g.in.height * g.in.width;
}

/// [position][cin][cout] to [position][cout][cin].
Numbers transposed(const Geometry& g, const Numbers& weights) {
    const std::int64_t cin = g.in.channels, cout = g.out.channels;
    Numbers result(weights.size());
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(weights.size()); ++i) {
        const std::int64_t position = i / (cin * cout), in = i / cout % cin, out = i % cout;
        result[(position * cout + out) * cin + in] = weights[i];
    }
    return result;
}

/// The first of the largest elements of a window of one channel.
std::int64_t largest(const Geometry& g, const Numbers& x, std::int64_t pixel,
                     std::int64_t channel) {
    std::int64_t best = -1;
    visit_window(g, pixel, [&](std::int64_t source, std::int64_t) {
        const std::int64_t i = source * g.in.channels + channel;
        if (best < 0 || x[i] > x[best]) best = i;
    });
    return best;
}

}  // namespace

Numbers ideal_forward(const Geometry& g, const Numbers& x, const Numbers& weights, int threads) {
    const std::int64_t cin = g.in.channels, cout = g.out.channels;
    Numbers result(output_pixels(g) * cout);
    for_each_index(output_pixels(g), threads, [&](std::int64_t pixel) {
        visit_window(g, pixel, [&](std::int64_t source, std::int64_t position) {
            for (std::int64_t c = 0; c < cin; ++c) {
                add_scaled(x[source * cin + c], &weights[(position * cin + c) * cout], cout,
                           &result[pixel * cout]);
            }
        });
    });
    return result;
}

Numbers ideal_backward_data(const Geometry& g, const Numbers& dy, const Numbers& weights,
                            int threads) {
    const std::int64_t cin = g.in.channels, cout = g.out.channels;
    const Numbers by_output = transposed(g, weights);
    Numbers result(input_pixels(g) * cin);
    // An image's windows overlap in its input only, so images are independent of each other.
    const std::int64_t pixels = g.out.height * g.out.width;
    const auto image_gradient = [&](std::int64_t image) {
        for (std::int64_t pixel = image * pixels; pixel < (image + 1) * pixels; ++pixel) {
            visit_window(g, pixel, [&](std::int64_t target, std::int64_t position) {
                for (std::int64_t c = 0; c < cout; ++c) {
                    add_scaled(dy[pixel * cout + c], &by_output[(position * cout + c) * cin], cin,
                               &result[target * cin]);
                }
            });
        }
    };
    for_each_index(g.batch, threads, image_gradient);
    return result;
}

Numbers ideal_backward_weight(const Geometry& g, const Numbers& x, const Numbers& dy, int threads) {
    const std::int64_t cin = g.in.channels, cout = g.out.channels;
    Numbers result(g.kernel * g.kernel * cin * cout);
    const auto position_gradient = [&](std::int64_t wanted) {
        for (std::int64_t pixel = 0; pixel < output_pixels(g); ++pixel) {
            visit_window(g, pixel, [&](std::int64_t source, std::int64_t position) {
                if (position != wanted) return;
                for (std::int64_t c = 0; c < cin; ++c) {
                    add_scaled(x[source * cin + c], &dy[pixel * cout], cout,
                               &result[(position * cin + c) * cout]);
                }
            });
        }
    };
    for_each_index(g.kernel * g.kernel, threads, position_gradient);
    return result;
}

Numbers ideal_max_pool(const Geometry& g, const Numbers& x) {
    const std::int64_t channels = g.out.channels;
    Numbers result(output_pixels(g) * channels);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(result.size()); ++i) {
        result[i] = x[largest(g, x, i / channels, i % channels)];
    }
    return result;
}

Numbers ideal_max_pool_gradient(const Geometry& g, const Numbers& x, const Numbers& dy) {
    Numbers result(x.size());
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(dy.size()); ++i) {
        result[largest(g, x, i / g.out.channels, i % g.out.channels)] += dy[i];
    }
    return result;
}

Numbers channel_sums(const Numbers& a, const Numbers& b, std::size_t channels) {
    Numbers sums(channels);
    for (std::size_t i = 0; i < a.size(); ++i) sums[i % channels] += b.empty() ? a[i] : a[i] * b[i];
    return sums;
}

IdealBatchNorm::IdealBatchNorm(std::span<const Numbers* const> parts, std::size_t channels,
                               double epsilon)
    : mean(channels), variance(channels), inverse_deviation(channels) {
    for (const Numbers* z : parts) {
        const Numbers sums = channel_sums(*z, {}, channels);
        for (std::size_t c = 0; c < channels; ++c) mean[c] += sums[c];
        count += static_cast<double>(z->size() / channels);
    }
    for (double& value : mean) value /= count;
    for (const Numbers* z : parts)
        for (std::size_t i = 0; i < z->size(); ++i) {
            const double distance = (*z)[i] - mean[i % channels];
            variance[i % channels] += distance * distance / count;
        }
    for (std::size_t c = 0; c < channels; ++c)
        inverse_deviation[c] = 1 / std::sqrt(variance[c] + epsilon);
}

Numbers IdealBatchNorm::normalised(const Numbers& z) const {
    Numbers result(z.size());
    for (std::size_t i = 0; i < z.size(); ++i) {
        result[i] = (z[i] - mean[i % mean.size()]) * inverse_deviation[i % mean.size()];
    }
    return result;
}

Numbers IdealBatchNorm::input_gradient(const Numbers& dy, const Numbers& normalised,
                                       const Numbers& gamma, const Numbers& beta_gradient,
                                       const Numbers& gamma_gradient) const {
    const std::size_t channels = mean.size();
    Numbers result(dy.size());
    for (std::size_t i = 0; i < dy.size(); ++i) {
        const std::size_t c = i % channels;
        const double centred = dy[i] - beta_gradient[c] / count;
        result[i] =
            gamma[c] * inverse_deviation[c] * (centred - normalised[i] * gamma_gradient[c] / count);
    }
    return result;
}

IdealLoss::IdealLoss(const Numbers& logits, std::span<const std::uint32_t> labels,
                     std::int64_t batch)
    : gradient(logits.size()) {
    const std::size_t rows = labels.size(), classes = logits.size() / rows;
    const auto count = static_cast<double>(batch);
    for (std::size_t i = 0; i < rows; ++i) {
        const double* row = &logits[i * classes];
        const double max = *std::max_element(row, row + classes);
        double sum = 0;
        for (std::size_t j = 0; j < classes; ++j) sum += std::exp(row[j] - max);
        loss += (std::log(sum) - (row[labels[i]] - max)) / count;
        for (std::size_t j = 0; j < classes; ++j) {
            const double target = j == labels[i] ? 1 : 0;
            gradient[i * classes + j] = (std::exp(row[j] - max) / sum - target) / count;
        }
    }
}

}  // namespace quatrain::golden
