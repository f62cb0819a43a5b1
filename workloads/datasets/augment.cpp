// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/augment.hpp"

#include "workloads/datasets/counter_random.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace quatrain::datasets {
namespace {

using Image = std::span<std::uint8_t>;

void require(const Batch& batch, const Shape& shape, const Augmentation& augmentation,
             std::int64_t first_position) {
    const std::int64_t side = std::min(shape.height, shape.width);
    if (augmentation.padding < 0 || augmentation.padding >= side)
        throw std::invalid_argument(fmt::format(
            "augmentation.padding = {}: must be at least 0 and less than the image's sides, {} x "
            "{}",
            augmentation.padding, shape.height, shape.width));
    if (first_position < 0)
        throw std::invalid_argument(
            fmt::format("first_position = {}: must be at least 0", first_position));
    if (std::ssize(batch.images) != std::ssize(batch.labels) * shape.elements())
        throw std::invalid_argument(
            fmt::format("batch of {} labels and {} values: an image has {} values",
                        batch.labels.size(), batch.images.size(), shape.elements()));
}

/// In place: a row is written when it has been read, from the side that the window moves away from.
void shift(Image image, const Shape& shape, const Crop& crop) {
    const auto pixel = static_cast<std::size_t>(shape.channels);
    const auto row = static_cast<std::size_t>(shape.width) * pixel;
    const auto from = static_cast<std::size_t>(std::max<std::int64_t>(0, crop.columns)) * pixel;
    const auto to = static_cast<std::size_t>(std::max<std::int64_t>(0, -crop.columns)) * pixel;
    const std::size_t length = row - from - to;
    for (std::int64_t k = 0; k < shape.height; ++k) {
        const std::int64_t y = crop.rows >= 0 ? k : shape.height - 1 - k;
        const std::int64_t source = y + crop.rows;
        const Image target = image.subspan(static_cast<std::size_t>(y) * row, row);
        if (source < 0 || source >= shape.height) {
            std::ranges::fill(target, 0);
            continue;
        }
        std::memmove(&target[to], &image[static_cast<std::size_t>(source) * row + from], length);
        std::ranges::fill(target.first(to), 0);
        std::ranges::fill(target.subspan(to + length), 0);
    }
}

void mirror(Image image, const Shape& shape) {
    const std::int64_t pixel = shape.channels, row = shape.width * pixel;
    for (auto begin = image.begin(); begin != image.end(); begin += row)
        for (auto left = begin, right = begin + row - pixel; left < right;
             left += pixel, right -= pixel)
            std::swap_ranges(left, left + pixel, right);
}

}  // namespace

Crop crop_at(const Augmentation& augmentation, std::uint64_t seed, std::int64_t position) {
    if (!augmentation.enabled) return {};
    const CounterRandom random =
        CounterRandom(seed, "augmentation").split(static_cast<std::uint64_t>(position));
    // 64 bits for a handful of offsets: no offset is likelier than another by more than 2^-60.
    const auto offsets = static_cast<std::uint64_t>(2 * augmentation.padding + 1);
    const auto offset = [&](std::uint64_t counter) {
        return static_cast<std::int64_t>(random.bits(counter) % offsets) - augmentation.padding;
    };
    return {.rows = offset(0),
            .columns = offset(1),
            .flipped = augmentation.flip && random.uniform(2) < 0.5};
}

void augment(Batch& batch, const Shape& shape, const Augmentation& augmentation, std::uint64_t seed,
             std::int64_t first_position) {
    require(batch, shape, augmentation, first_position);
    if (!augmentation.enabled) return;
    const auto elements = static_cast<std::size_t>(shape.elements());
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        const Image image = Image(batch.images).subspan(i * elements, elements);
        const Crop crop =
            crop_at(augmentation, seed, first_position + static_cast<std::int64_t>(i));
        shift(image, shape, crop);
        if (crop.flipped) mirror(image, shape);
    }
}

}  // namespace quatrain::datasets
