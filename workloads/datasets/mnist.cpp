// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/mnist.hpp"

#include "workloads/datasets/mapped_file.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::datasets {
namespace {

constexpr std::int64_t side = 28, padded_side = 32, classes = 10;
constexpr std::uint32_t images_magic = 2051, labels_magic = 2049;

/// Big-endian 32-bit field of an IDX header.
std::uint32_t field(const MappedFile& file, std::size_t index) {
    const auto bytes = file.bytes().subspan(4 * index, 4);
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Checks magic number and size; returns the number of items. `header` and `item` are sizes
/// [bytes].
std::int64_t checked_count(const MappedFile& file, std::uint32_t magic, std::size_t header,
                           std::int64_t item) {
    if (file.bytes().size() < header)
        throw DatasetError(fmt::format("{}: size = {} bytes: shorter than its header of {}",
                                       file.name(), file.bytes().size(), header));
    if (field(file, 0) != magic)
        throw DatasetError(
            fmt::format("{}: magic number = {}: must be {}", file.name(), field(file, 0), magic));
    const std::int64_t count = field(file, 1);
    const std::int64_t expected = static_cast<std::int64_t>(header) + count * item;
    if (std::ssize(file.bytes()) != expected || count == 0)
        throw DatasetError(fmt::format("{}: size = {} bytes: its header says {} items, {} bytes",
                                       file.name(), file.bytes().size(), count, expected));
    return count;
}

struct Part {
    MappedFile images, labels;
    std::int64_t count;

    Part(const std::filesystem::path& directory, const std::string& prefix)
        : images(directory / (prefix + "-images-idx3-ubyte")),
          labels(directory / (prefix + "-labels-idx1-ubyte")),
          count(checked_count(images, images_magic, 16, side * side)) {
        if (field(images, 2) != side || field(images, 3) != side)
            throw DatasetError(fmt::format("{}: image size = {} x {}: must be 28 x 28",
                                           images.name(), field(images, 2), field(images, 3)));
        if (checked_count(labels, labels_magic, 8, 1) != count)
            throw DatasetError(fmt::format("{}: {} labels: must be one for each of the {} images",
                                           labels.name(), field(labels, 1), count));
    }
};

class Mnist final : public Dataset {
public:
    Mnist(const std::filesystem::path& directory, const Shape& shape, std::uint64_t seed)
        : Dataset(shape, seed), train_(directory, "train"), test_(directory, "t10k") {}

    std::int64_t size(Split split) const override { return part(split).count; }

    std::int32_t read(Split split, std::int64_t index,
                      std::span<std::uint8_t> image) const override {
        require(split, index, image);
        const MappedFile& labels = part(split).labels;
        const std::uint8_t label = labels.bytes()[static_cast<std::size_t>(8 + index)];
        if (label >= classes)
            throw DatasetError(fmt::format("{}: item {}, label = {}: must be below {}",
                                           labels.name(), index, label, classes));
        const auto source = part(split).images.bytes().subspan(
            static_cast<std::size_t>(16 + index * side * side), side * side);
        const std::int64_t border = (shape().height - side) / 2;
        std::ranges::fill(image, std::uint8_t{0});
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x) {
                const std::int64_t pixel = (y + border) * shape().width + x + border;
                std::fill_n(image.begin() + pixel * shape().channels, shape().channels,
                            source[static_cast<std::size_t>(y * side + x)]);
            }
        return label;
    }

private:
    const Part& part(Split split) const { return split == Split::train ? train_ : test_; }

    Part train_, test_;
};

}  // namespace

std::unique_ptr<Dataset> open_mnist(const std::filesystem::path& directory, const Shape& shape,
                                    std::uint64_t seed) {
    if (shape.height != shape.width || (shape.height != side && shape.height != padded_side))
        throw DatasetError(
            fmt::format("dataset = mnist: its images are 28 x 28 (or 32 x 32 with a border), the "
                        "network takes {} x {}",
                        shape.height, shape.width));
    if (shape.classes < classes)
        throw DatasetError(
            fmt::format("dataset = mnist: it has 10 classes, the network {}", shape.classes));
    return std::make_unique<Mnist>(directory, shape, seed);
}

}  // namespace quatrain::datasets
