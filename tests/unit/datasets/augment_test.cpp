// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/augment.hpp"

#include "workloads/datasets/counter_random.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>

namespace quatrain::datasets {
namespace {

constexpr Augmentation usual{.enabled = true};

Batch random_batch(const Shape& shape, std::size_t count, std::uint64_t key) {
    const CounterRandom random(key);
    Batch batch;
    batch.labels.resize(count);
    batch.images.resize(count * static_cast<std::size_t>(shape.elements()));
    for (std::size_t i = 0; i < batch.images.size(); ++i)  // no pixel is black by itself
        batch.images[i] = static_cast<std::uint8_t>(1 + random.bits(i) % 255);
    return batch;
}

/// An image with a border of zeros on each side.
struct Padded {
    Padded(const std::uint8_t* image, const Shape& of, std::int64_t border)
        : shape(of), padding(border), values(static_cast<std::size_t>(rows() * row()), 0) {
        for (std::int64_t y = 0; y < shape.height; ++y)
            for (std::int64_t x = 0; x < shape.width; ++x)
                for (std::int64_t c = 0; c < shape.channels; ++c)
                    values[index(y + padding, x + padding, c)] =
                        image[(y * shape.width + x) * shape.channels + c];
    }
    std::int64_t rows() const { return shape.height + 2 * padding; }
    std::int64_t row() const { return (shape.width + 2 * padding) * shape.channels; }
    std::size_t index(std::int64_t y, std::int64_t x, std::int64_t c) const {
        return static_cast<std::size_t>(y * row() + x * shape.channels + c);
    }

    Shape shape;
    std::int64_t padding;
    std::vector<std::uint8_t> values;
};

/// Pad, cut out, mirror: pixel by pixel, into new memory.
std::vector<std::uint8_t> by_definition(const Batch& batch, const Shape& shape,
                                        const Augmentation& augmentation, std::uint64_t seed,
                                        std::int64_t first) {
    std::vector<std::uint8_t> result;
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        const std::size_t begin = i * static_cast<std::size_t>(shape.elements());
        const Padded padded(&batch.images[begin], shape, augmentation.padding);
        const Crop crop = crop_at(augmentation, seed, first + static_cast<std::int64_t>(i));
        for (std::int64_t y = 0; y < shape.height; ++y)
            for (std::int64_t x = 0; x < shape.width; ++x)
                for (std::int64_t c = 0; c < shape.channels; ++c) {
                    const std::int64_t column = crop.flipped ? shape.width - 1 - x : x;
                    result.push_back(padded.values[padded.index(
                        y + augmentation.padding + crop.rows,
                        column + augmentation.padding + crop.columns, c)]);
                }
    }
    return result;
}

TEST(Augment, EqualsPaddingCuttingOutAndMirroringPixelByPixel) {
    for (const Shape& shape :
         {Shape{32, 32, 3, 10}, Shape{28, 28, 1, 10}, Shape{5, 9, 2, 10}, Shape{10, 5, 4, 10}})
        for (const std::int64_t padding : {0, 1, 4})
            for (const bool flip : {false, true}) {
                const Augmentation augmentation{true, padding, flip};
                const Batch before = random_batch(shape, 200, 7);
                Batch after = before;
                augment(after, shape, augmentation, 3, 1000);
                EXPECT_EQ(after.images, by_definition(before, shape, augmentation, 3, 1000));
                EXPECT_EQ(after.labels, before.labels);
                EXPECT_EQ(after.images == before.images, padding == 0 && !flip);
            }
}

TEST(Augment, LeavesTheBatchAloneUnlessEnabled) {
    const Shape shape{8, 8, 3, 10};
    const Batch before = random_batch(shape, 20, 1);
    Batch after = before;
    augment(after, shape, {}, 1, 0);
    EXPECT_EQ(after.images, before.images);
}

TEST(Augment, DependsOnSeedAndPositionOnly) {
    const Shape shape{16, 16, 3, 10};
    const Batch stream = random_batch(shape, 24, 5);
    const auto image = static_cast<std::size_t>(shape.elements());
    Batch whole = stream;
    augment(whole, shape, usual, 1, 0);
    // The same images in batches of four, the last first, each by a thread of its own.
    std::vector<std::uint8_t> parts(stream.images.size());
    std::vector<std::thread> threads;
    for (std::size_t part = 6; part-- > 0;)
        threads.emplace_back([&, part] {
            const auto begin =
                stream.images.begin() + static_cast<std::ptrdiff_t>(4 * part * image);
            Batch batch{{begin, begin + static_cast<std::ptrdiff_t>(4 * image)}, {0, 0, 0, 0}};
            augment(batch, shape, usual, 1, static_cast<std::int64_t>(4 * part));
            std::ranges::copy(batch.images,
                              parts.begin() + static_cast<std::ptrdiff_t>(4 * part * image));
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(parts, whole.images);
    for (const auto& [seed, first] : {std::pair{2, 0}, std::pair{1, 24}}) {
        Batch other = stream;
        augment(other, shape, usual, static_cast<std::uint64_t>(seed), first);
        EXPECT_NE(other.images, whole.images);
    }
}

TEST(Augment, IsTheSameToTheBitOnEveryHost) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (std::int64_t position = 0; position < 1000; ++position) {
        const Crop crop = crop_at(usual, 1, position);
        for (const std::int64_t part : {crop.rows, crop.columns, std::int64_t{crop.flipped}})
            hash = (hash ^ static_cast<std::uint64_t>(part)) * 0x100000001b3;
    }
    EXPECT_EQ(hash, 7753666402155415798u);
}

/// Pearson's statistic of counts that should be equal, in standard deviations from its mean.
double excess(const std::vector<int>& counts) {
    double all = 0, statistic = 0;
    for (const int count : counts) all += count;
    const double expected = all / static_cast<double>(counts.size());
    for (const int count : counts) statistic += (count - expected) * (count - expected) / expected;
    const auto freedom = static_cast<double>(counts.size() - 1);
    return (statistic - freedom) / std::sqrt(2 * freedom);
}

std::size_t cell(const Crop& crop) {
    return static_cast<std::size_t>(((crop.rows + 4) * 9 + crop.columns + 4) * 2 + crop.flipped);
}

TEST(CropAt, TakesEveryWindowAndBothSidesEquallyOften) {
    std::vector<int> windows(9 * 9 * 2);
    for (std::int64_t position = 0; position < 400'000; ++position)
        ++windows[cell(crop_at(usual, 1, position))];
    EXPECT_LT(std::abs(excess(windows)), 4);
}

TEST(CropAt, OfOnePositionSaysNothingAboutTheNextNorAboutTheNextEpoch) {
    for (const std::int64_t distance : {1, 8, 2048, 50'000}) {
        std::vector<int> rows(81), columns(81), flips(4);
        for (std::int64_t position = 0; position < 100'000; ++position) {
            const Crop a = crop_at(usual, 1, position), b = crop_at(usual, 1, position + distance);
            ++rows[static_cast<std::size_t>((a.rows + 4) * 9 + b.rows + 4)];
            ++columns[static_cast<std::size_t>((a.columns + 4) * 9 + b.columns + 4)];
            ++flips[static_cast<std::size_t>(2 * a.flipped + b.flipped)];
        }
        EXPECT_LT(std::abs(excess(rows)), 4) << distance;
        EXPECT_LT(std::abs(excess(columns)), 4) << distance;
        EXPECT_LT(std::abs(excess(flips)), 4) << distance;
    }
}

TEST(CropAt, OfOneSeedSaysNothingAboutAnother) {
    std::vector<int> pairs(162);
    for (std::int64_t position = 0; position < 200'000; ++position) {
        const Crop a = crop_at(usual, 1, position), b = crop_at(usual, 2, position);
        const std::int64_t rows = (a.rows - b.rows + 9) % 9,
                           columns = (a.columns - b.columns + 9) % 9;
        ++pairs[static_cast<std::size_t>((rows * 9 + columns) * 2 + (a.flipped != b.flipped))];
    }
    EXPECT_LT(std::abs(excess(pairs)), 4);
}

std::string complaint(Augmentation augmentation, const Shape& shape, Batch batch,
                      std::int64_t first) {
    try {
        augment(batch, shape, augmentation, 1, first);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

TEST(Augment, RejectsWhatDoesNotFit) {
    const Shape shape{8, 10, 3, 10};
    const Batch batch = random_batch(shape, 2, 1);
    const auto of_padding = [](int padding) {
        return "augmentation.padding = " + std::to_string(padding) +
               ": must be at least 0 and less than the image's sides, 8 x 10";
    };
    EXPECT_EQ(complaint({true, -1, true}, shape, batch, 0), of_padding(-1));
    EXPECT_EQ(complaint({true, 8, true}, shape, batch, 0), of_padding(8));
    EXPECT_EQ(complaint({true, 7, true}, shape, batch, 0), "");
    EXPECT_EQ(complaint(usual, shape, batch, -1), "first_position = -1: must be at least 0");
    EXPECT_EQ(complaint(usual, {8, 8, 3, 10}, batch, 0),
              "batch of 2 labels and 480 values: an image has 192 values");
}

}  // namespace
}  // namespace quatrain::datasets
