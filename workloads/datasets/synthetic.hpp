// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/datasets/dataset.hpp"

#include <memory>
#include <string_view>

namespace quatrain::datasets {

inline constexpr std::int64_t synthetic_figures = 10;

/// What the images of class `label` show: "disc", "ring", ... Classes ten apart show the same
/// figure.
std::string_view figure_name(std::int64_t label);

/// Images drawn by the program: one figure or texture per image, at a random place, size, angle and
/// contrast, on a shaded and noisy background with two blots. Every image is a function of (seed,
/// split, index), by additions, multiplications, divisions and square roots only, so it is the same
/// on every host. 50 000 training and 10 000 test images of any size; image i belongs to class i
/// mod classes. The figure is that of class mod 10; with more than ten classes, the colours tell
/// the classes of one figure apart. Throws DatasetError on a size below 8 x 8 x 1 or fewer than 2
/// classes.
std::unique_ptr<Dataset> open_synthetic(const Shape& shape, std::uint64_t seed);

}  // namespace quatrain::datasets
