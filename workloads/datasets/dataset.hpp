// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::datasets {

/// A data set cannot be opened or read: one line that names the file (or the choice), the value and
/// the rule.
struct DatasetError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Split : std::uint8_t { train, test };

/// Height, width and channels of every image, and the number of labels that the network tells
/// apart.
struct Shape {
    std::int64_t height = 0, width = 0, channels = 0;
    std::int64_t classes = 0;
    std::int64_t elements() const { return height * width * channels; }
};

/// Images and labels of one step.
struct Batch {
    std::vector<std::uint8_t> images;  ///< NHWC
    std::vector<std::int32_t> labels;  ///< one per image, 0 .. classes-1
};

/// Labelled images, by index. Immutable, and safe to read from several threads.
class Dataset {
public:
    Dataset(const Shape& shape, std::uint64_t seed) : shape_(shape), seed_(seed) {}
    virtual ~Dataset() = default;
    Dataset(const Dataset&) = delete;
    Dataset& operator=(const Dataset&) = delete;

    const Shape& shape() const { return shape_; }
    /// Images in the split.
    virtual std::int64_t size(Split split) const = 0;
    /// Writes image `index` (HWC, shape().elements() values) and returns its label. Throws
    /// DatasetError when the file holds a label that is none, std::out_of_range when there is no
    /// such image.
    virtual std::int32_t read(Split split, std::int64_t index,
                              std::span<std::uint8_t> image) const = 0;

    /// These images, in this order.
    Batch batch(Split split, std::span<const std::int64_t> indices) const;
    /// The `count` images of training step `step`. Steps follow each other through a stream of
    /// epochs; each epoch holds every training image once, in an order of its own that the seed
    /// decides. A batch may straddle two epochs. Throws std::out_of_range unless step is at least 0
    /// and count at least 1.
    Batch train_batch(std::int64_t step, std::int64_t count) const;
    /// Test images first .. first + count - 1, in the order of the file. Throws std::out_of_range
    /// when there are no such images.
    Batch test_batch(std::int64_t first, std::int64_t count) const;
    /// The same into `batch`, whose memory is used again: a second thread can so make the next
    /// step's batch while this step computes with another. Nothing is allocated where `batch` once
    /// had as many images. After an exception its contents mean nothing.
    void train_batch_into(std::int64_t step, std::int64_t count, Batch& batch) const;
    void test_batch_into(std::int64_t first, std::int64_t count, Batch& batch) const;

protected:
    std::uint64_t seed() const { return seed_; }
    /// Throws std::out_of_range unless the image exists and the span has its size.
    void require(Split split, std::int64_t index, std::span<const std::uint8_t> image) const;

private:
    Shape shape_;
    std::uint64_t seed_;
};

/// Opens "synthetic" (50 000 images to train with), "synthetic:N" (N of them), "cifar10:DIR" or
/// "mnist:DIR" for a network with this input and number of classes. Throws DatasetError.
std::unique_ptr<Dataset> open(const std::string& spec, std::int64_t height, std::int64_t width,
                              std::int64_t channels, std::int64_t classes, std::uint64_t seed);

}  // namespace quatrain::datasets
