// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/datasets/dataset.hpp"

#include <memory>
#include <string_view>

namespace quatrain::datasets {

inline constexpr std::int64_t synthetic_figures = 10;

/// Training images, unless another number is asked for; of that number, the least and the most.
inline constexpr std::int64_t synthetic_images = 50'000;
inline constexpr std::int64_t fewest_synthetic_images = 5;  // there is an image to test with
inline constexpr std::int64_t most_synthetic_images = 1'000'000'000;

/// What the images of class `label` show: "disc", "ring", ... Classes ten apart show the same
/// figure.
std::string_view figure_name(std::int64_t label);

/// Images drawn by the program: one figure or texture per image, at a random place, size, angle and
/// contrast, on a shaded and noisy background with two blots. Every image is a function of (seed,
/// split, index), by additions, multiplications, divisions and square roots only, so it is the same
/// on every host. A data set of `train_images` training images, and a fifth as many test images,
/// rounded down, drawn alike; a smaller one has the first images of a larger one. Image i belongs
/// to class i mod classes. The figure is that of class mod 10; with more than ten classes, the
/// colours tell the classes of one figure apart. Throws DatasetError on a size below 8 x 8 x 1,
/// fewer than 2 classes, or a number of images out of its range.
std::unique_ptr<Dataset> open_synthetic(const Shape& shape, std::uint64_t seed,
                                        std::int64_t train_images = synthetic_images);

}  // namespace quatrain::datasets
