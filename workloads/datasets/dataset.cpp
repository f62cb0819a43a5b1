// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/dataset.hpp"

#include "workloads/datasets/cifar10.hpp"
#include "workloads/datasets/mnist.hpp"
#include "workloads/datasets/shuffle.hpp"
#include "workloads/datasets/synthetic.hpp"

#include <fmt/format.h>

namespace quatrain::datasets {

void Dataset::require(Split split, std::int64_t index, std::span<const std::uint8_t> image) const {
    if (index < 0 || index >= size(split))
        throw std::out_of_range(
            fmt::format("image {}: the split has images 0 .. {}", index, size(split) - 1));
    if (std::ssize(image) != shape_.elements())
        throw std::out_of_range(fmt::format("image buffer of {}: an image has {} values",
                                            image.size(), shape_.elements()));
}

Batch Dataset::batch(Split split, std::span<const std::int64_t> indices) const {
    const auto elements = static_cast<std::size_t>(shape_.elements());
    Batch batch;
    batch.images.resize(indices.size() * elements);
    for (std::size_t i = 0; i < indices.size(); ++i)
        batch.labels.push_back(
            read(split, indices[i], std::span(batch.images).subspan(i * elements, elements)));
    return batch;
}

Batch Dataset::train_batch(std::int64_t step, std::int64_t count) const {
    if (step < 0 || count < 1)
        throw std::out_of_range(
            fmt::format("step {} of {} images: must be at least 0 and 1", step, count));
    const std::int64_t images = size(Split::train);
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t position = step * count + i;
        const auto epoch = static_cast<std::uint64_t>(position / images);
        // Epochs shuffle differently: the key moves with the epoch.
        indices.push_back(
            permuted(seed_ ^ (epoch * 0x9e3779b97f4a7c15), position % images, images));
    }
    return batch(Split::train, indices);
}

Batch Dataset::test_batch(std::int64_t first, std::int64_t count) const {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < count; ++i) indices.push_back(first + i);
    return batch(Split::test, indices);
}

std::unique_ptr<Dataset> open(const std::string& spec, std::int64_t height, std::int64_t width,
                              std::int64_t channels, std::int64_t classes, std::uint64_t seed) {
    const Shape shape{height, width, channels, classes};
    if (spec == "synthetic") return open_synthetic(shape, seed);
    const std::size_t colon = spec.find(':');
    if (colon != std::string::npos && colon + 1 < spec.size()) {
        const std::string directory = spec.substr(colon + 1);
        if (spec.starts_with("cifar10:")) return open_cifar10(directory, shape, seed);
        if (spec.starts_with("mnist:")) return open_mnist(directory, shape, seed);
    }
    throw DatasetError(
        fmt::format("dataset = {}: must be synthetic, cifar10:DIR or mnist:DIR", spec));
}

}  // namespace quatrain::datasets
