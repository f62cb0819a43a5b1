// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/convolution.hpp"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace quatrain::golden {

using Numbers = std::vector<double>;

/// The three products of a layer in FP64. Shapes as in convolution.hpp; each output element is
/// summed in a fixed order, whatever the number of threads.
Numbers ideal_forward(const Geometry& g, const Numbers& x, const Numbers& weights, int threads);
Numbers ideal_backward_data(const Geometry& g, const Numbers& dy, const Numbers& weights,
                            int threads);
Numbers ideal_backward_weight(const Geometry& g, const Numbers& x, const Numbers& dy, int threads);

/// Max pooling and its gradient (to the first largest element of each window).
Numbers ideal_max_pool(const Geometry& g, const Numbers& x);
Numbers ideal_max_pool_gradient(const Geometry& g, const Numbers& x, const Numbers& dy);

/// Batch norm over the pixels of a channel.
struct IdealBatchNorm {
    double count = 0;  ///< pixels; 0 of an evaluation
    Numbers mean, variance, inverse_deviation;

    /// Over the pixels of all these tensors.
    IdealBatchNorm(std::span<const Numbers* const> parts, std::size_t channels, double epsilon);
    /// As given: of an evaluation.
    IdealBatchNorm(Numbers given_mean, Numbers given_inverse_deviation)
        : mean(std::move(given_mean)), inverse_deviation(std::move(given_inverse_deviation)) {}
    Numbers normalised(const Numbers& z) const;
    /// Gradient of z, from the gradient of the output and the sums of dy and of dy * normalised z
    /// over all pixels.
    Numbers input_gradient(const Numbers& dy, const Numbers& normalised, const Numbers& gamma,
                           const Numbers& beta_gradient, const Numbers& gamma_gradient) const;
};

/// Sum of a * b per channel; of a alone when b is empty.
Numbers channel_sums(const Numbers& a, const Numbers& b, std::size_t channels);

/// Softmax cross-entropy: the loss of these images over the number of images in the batch, and its
/// gradient with respect to the logits.
struct IdealLoss {
    double loss = 0;
    Numbers gradient;

    IdealLoss(const Numbers& logits, std::span<const std::uint32_t> labels, std::int64_t batch);
};

}  // namespace quatrain::golden
