// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/datasets/dataset.hpp"

#include <cstdint>

namespace quatrain::datasets {

/// How training images are varied: the usual augmentation of CIFAR-10 (Lee et al., "Deeply-
/// Supervised Nets", AISTATS 2015; He et al., CVPR 2016).
struct Augmentation {
    bool enabled = false;
    std::int64_t padding = 4;  ///< zeros around an image, on each side, before the crop [pixels]
    bool flip = true;          ///< mirror every second image, on average
};

/// What is done to one image.
struct Crop {
    /// The window begins this many pixels below and right of the image's first, -padding ..
    /// padding. Where it leaves the image, pixels are 0.
    std::int64_t rows = 0, columns = 0;
    bool flipped = false;  ///< then: left and right change places
};

/// The crop of the image at `position` (from 0) of the stream of training images, all epochs
/// counted: a function of seed and position alone. Rows, columns and flip are uniform and
/// independent of each other; no crop when augmentation is not enabled.
Crop crop_at(const Augmentation& augmentation, std::uint64_t seed, std::int64_t position);

/// Crops every image of a batch, the first of which is at `first_position` of the stream: step *
/// count for Dataset::train_batch(step, count). Works in place, on bytes: a pixel outside the image
/// is black before the network's mean and deviation normalise it. Throws std::invalid_argument
/// unless padding is at least 0 and less than the image's sides, first_position at least 0, and the
/// batch has images of this shape.
void augment(Batch& batch, const Shape& shape, const Augmentation& augmentation, std::uint64_t seed,
             std::int64_t first_position);

}  // namespace quatrain::datasets
