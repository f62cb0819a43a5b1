// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/dataset.hpp"

#include "workloads/datasets/cifar10.hpp"
#include "workloads/datasets/mnist.hpp"
#include "workloads/datasets/shuffle.hpp"
#include "workloads/datasets/synthetic.hpp"

#include <fmt/format.h>
#include <charconv>
#include <optional>
#include <system_error>

namespace quatrain::datasets {

void Dataset::require(Split split, std::int64_t index, std::span<const std::uint8_t> image) const {
    if (index < 0 || index >= size(split))
        throw std::out_of_range(
            fmt::format("image {}: the split has images 0 .. {}", index, size(split) - 1));
    if (std::ssize(image) != shape_.elements())
        throw std::out_of_range(fmt::format("image buffer of {}: an image has {} values",
                                            image.size(), shape_.elements()));
}

namespace {

/// Image number i of the batch is that of index_of(i).
template <class IndexOf>
void read_all(const Dataset& dataset, Split split, std::int64_t count, IndexOf index_of,
              Batch& batch) {
    const auto images = static_cast<std::size_t>(count);
    const auto elements = static_cast<std::size_t>(dataset.shape().elements());
    batch.images.resize(images * elements);
    batch.labels.resize(images);
    for (std::size_t i = 0; i < images; ++i)
        batch.labels[i] = dataset.read(split, index_of(static_cast<std::int64_t>(i)),
                                       std::span(batch.images).subspan(i * elements, elements));
}

/// N of "synthetic:N"; nothing when that is no number.
std::optional<std::int64_t> synthetic_size(const std::string& text) {
    std::int64_t images = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, images);
    if (stop != end || error != std::errc{}) return std::nullopt;
    return images;
}

}  // namespace

Batch Dataset::batch(Split split, std::span<const std::int64_t> indices) const {
    Batch batch;
    read_all(
        *this, split, std::ssize(indices),
        [&](std::int64_t i) { return indices[static_cast<std::size_t>(i)]; }, batch);
    return batch;
}

Batch Dataset::train_batch(std::int64_t step, std::int64_t count) const {
    Batch batch;
    train_batch_into(step, count, batch);
    return batch;
}

Batch Dataset::test_batch(std::int64_t first, std::int64_t count) const {
    Batch batch;
    test_batch_into(first, count, batch);
    return batch;
}

void Dataset::train_batch_into(std::int64_t step, std::int64_t count, Batch& batch) const {
    if (step < 0 || count < 1)
        throw std::out_of_range(
            fmt::format("step {} of {} images: must be at least 0 and 1", step, count));
    const std::int64_t images = size(Split::train);
    const auto index_of = [&](std::int64_t i) {
        const std::int64_t position = step * count + i;
        const auto epoch = static_cast<std::uint64_t>(position / images);
        // Epochs shuffle differently: the key moves with the epoch.
        return permuted(seed_ ^ (epoch * 0x9e3779b97f4a7c15), position % images, images);
    };
    read_all(*this, Split::train, count, index_of, batch);
}

void Dataset::test_batch_into(std::int64_t first, std::int64_t count, Batch& batch) const {
    if (count < 1)
        throw std::out_of_range(fmt::format("batch of {} images: must be at least 1", count));
    read_all(
        *this, Split::test, count, [&](std::int64_t i) { return first + i; }, batch);
}

std::unique_ptr<Dataset> open(const std::string& spec, std::int64_t height, std::int64_t width,
                              std::int64_t channels, std::int64_t classes, std::uint64_t seed) {
    const Shape shape{height, width, channels, classes};
    if (spec == "synthetic") return open_synthetic(shape, seed);
    const std::size_t colon = spec.find(':');
    if (colon != std::string::npos && colon + 1 < spec.size()) {
        const std::string argument = spec.substr(colon + 1);
        if (spec.starts_with("cifar10:")) return open_cifar10(argument, shape, seed);
        if (spec.starts_with("mnist:")) return open_mnist(argument, shape, seed);
        if (const auto images = synthetic_size(argument); images && spec.starts_with("synthetic:"))
            return open_synthetic(shape, seed, *images);
    }
    throw DatasetError(fmt::format(
        "dataset = {}: must be synthetic, synthetic:N, cifar10:DIR or mnist:DIR", spec));
}

}  // namespace quatrain::datasets
