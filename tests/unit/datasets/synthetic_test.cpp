// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/synthetic.hpp"
#include "tests/unit/datasets/support.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace quatrain::datasets {
namespace {

std::vector<std::uint8_t> image(const Dataset& dataset, Split split, std::int64_t index) {
    std::vector<std::uint8_t> values(static_cast<std::size_t>(dataset.shape().elements()));
    dataset.read(split, index, values);
    return values;
}

std::uint64_t hash(const std::vector<std::uint8_t>& bytes) {
    std::uint64_t value = 0xcbf29ce484222325;
    for (const std::uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3;
    return value;
}

TEST(Synthetic, ImagesAreTheSameOnEveryHost) {
    const auto dataset = open("synthetic", 32, 32, 3, 10, 1);
    const Batch batch = dataset->test_batch(0, 10);
    EXPECT_EQ(hash(batch.images), 11819938872807513768u);
    EXPECT_EQ(batch.labels, (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Synthetic, ImageDependsOnSeedSplitAndIndexOnly) {
    const auto one = open("synthetic", 32, 32, 3, 10, 1);
    const auto again = open("synthetic", 32, 32, 3, 10, 1);
    const auto last = image(*again, Split::train, 49999);
    const auto seventh = image(*again, Split::train, 7);
    EXPECT_EQ(image(*one, Split::train, 7), seventh);
    EXPECT_EQ(image(*one, Split::train, 49999), last);
    EXPECT_NE(image(*one, Split::train, 17), seventh);
    EXPECT_NE(image(*one, Split::test, 7), seventh);
    EXPECT_NE(image(*open("synthetic", 32, 32, 3, 10, 2), Split::train, 7), seventh);
}

TEST(Synthetic, ServesLargeImages) {
    const auto dataset = open("synthetic", 224, 224, 3, 1000, 1);
    const Batch batch = dataset->train_batch(0, 2);
    EXPECT_EQ(batch.images.size(), 2u * 224 * 224 * 3);
    EXPECT_EQ(dataset->size(Split::train), 50000);
    EXPECT_EQ(dataset->size(Split::test), 10000);
}

TEST(Synthetic, ASmallDatasetHasTheFirstImagesOfALargeOne) {
    const auto large = open("synthetic", 8, 8, 3, 10, 1);
    const auto small = open("synthetic:64", 8, 8, 3, 10, 1);
    EXPECT_EQ(small->size(Split::train), 64);
    EXPECT_EQ(small->size(Split::test), 12);
    for (const Split split : {Split::train, Split::test})
        for (std::int64_t i = 0; i < small->size(split); ++i)
            EXPECT_EQ(image(*small, split, i), image(*large, split, i));
    EXPECT_THROW(small->test_batch(0, 13), std::out_of_range);
}

TEST(Synthetic, AnEpochOfASmallDatasetHoldsEachOfItsImagesOnce) {
    const auto dataset = open("synthetic:40", 8, 8, 3, 10, 1);
    std::set<std::string> images, epochs[2];
    for (std::int64_t i = 0; i < 40; ++i) {
        const std::vector<std::uint8_t> bytes = image(*dataset, Split::train, i);
        images.insert({bytes.begin(), bytes.end()});
    }
    EXPECT_EQ(images.size(), 40U);
    for (std::int64_t step = 0; step < 10; ++step) {
        const Batch batch = dataset->train_batch(step, 8);
        for (auto begin = batch.images.begin(); begin != batch.images.end(); begin += 192)
            epochs[step / 5].insert({begin, begin + 192});
    }
    EXPECT_EQ(epochs[0], images);
    EXPECT_EQ(epochs[1], images);
}

TEST(Synthetic, ClassesBeyondTenRepeatTheFiguresInColoursOfTheirOwn) {
    EXPECT_EQ(figure_name(3), figure_name(13));
    const auto dataset = open("synthetic", 32, 32, 3, 30, 1);
    // Mean colour of the images of one class; shading, noise and the figure's share vary, the
    // palette does not.
    const auto mean = [&](std::int64_t label) {
        std::array<double, 3> sum{};
        for (std::int64_t i = label; i < 30 * 20; i += 30) {
            const auto values = image(*dataset, Split::train, i);
            for (std::size_t k = 0; k < values.size(); ++k) sum[k % 3] += values[k] / (20.0 * 1024);
        }
        return sum;
    };
    const auto distance = [](const std::array<double, 3>& a, const std::array<double, 3>& b) {
        return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    };
    EXPECT_LT(distance(mean(0), mean(8)), 12);
    EXPECT_GT(distance(mean(0), mean(10)), 12);
    EXPECT_GT(distance(mean(0), mean(20)), 12);
}

TEST(Synthetic, ClassesAreNotToldApartByMeanBrightness) {
    const auto dataset = open("synthetic", 32, 32, 3, 10, 3);
    double least = 255, most = 0;
    for (std::int64_t label = 0; label < 10; ++label) {
        double sum = 0;
        for (std::int64_t i = 0; i < 200; ++i)
            for (const std::uint8_t v : image(*dataset, Split::train, 10 * i + label)) sum += v;
        least = std::min(least, sum / (200 * 3072));
        most = std::max(most, sum / (200 * 3072));
    }
    EXPECT_LT(most - least, 20);
    EXPECT_GT(least, 90);
    EXPECT_LT(most, 165);
}

/// A figure survives its position and colour: the correlation of brightness with a template says
/// which class it is more often than chance, but far from always, so there is something to learn.
TEST(Synthetic, PixelTemplatesDoBetterThanChanceButNotWell) {
    const auto dataset = open("synthetic", 32, 32, 1, 10, 5);
    const auto contrast = [&](Split split, std::int64_t index) {
        // Brightness relative to the mean, without its sign: figures are lighter or darker than the
        // ground.
        const auto values = image(*dataset, split, index);
        double mean = 0;
        for (const std::uint8_t v : values) mean += v / 1024.0;
        std::vector<double> result;
        for (const std::uint8_t v : values) result.push_back(std::abs(v - mean));
        return result;
    };
    std::vector<std::vector<double>> centres(10, std::vector<double>(1024));
    for (std::int64_t i = 0; i < 2000; ++i) {
        const auto values = contrast(Split::train, i);
        for (std::size_t k = 0; k < 1024; ++k)
            centres[static_cast<std::size_t>(i % 10)][k] += values[k] / 200;
    }
    int right = 0;
    for (std::int64_t i = 0; i < 500; ++i) {
        const auto values = contrast(Split::test, i);
        std::size_t best = 0;
        double least = 1e300;
        for (std::size_t c = 0; c < 10; ++c) {
            double distance = 0;
            for (std::size_t k = 0; k < 1024; ++k)
                distance += (values[k] - centres[c][k]) * (values[k] - centres[c][k]);
            if (distance < least) least = distance, best = c;
        }
        right += best == static_cast<std::size_t>(i % 10);
    }
    EXPECT_GT(right, 60);  // chance: 50 of 500
    EXPECT_LT(right, 250);
}

TEST(TrainBatch, EpochHoldsEveryImageOnceAndTheNextHasAnotherOrder) {
    const auto dataset = open("synthetic", 8, 8, 1, 10, 1);
    std::vector<std::int32_t> labels[2];
    for (std::int64_t step = 0; step < 1000; ++step) {
        Batch batch = dataset->train_batch(step, 100);
        auto& list = labels[step / 500];
        list.insert(list.end(), batch.labels.begin(), batch.labels.end());
    }
    for (const auto& epoch : labels)
        for (std::int32_t c = 0; c < 10; ++c) EXPECT_EQ(std::ranges::count(epoch, c), 5000);
    EXPECT_NE(labels[0], labels[1]);
    EXPECT_EQ(dataset->train_batch(3, 100).images,
              open("synthetic", 8, 8, 1, 10, 1)->train_batch(3, 100).images);
    EXPECT_NE(dataset->train_batch(3, 100).labels,
              open("synthetic", 8, 8, 1, 10, 2)->train_batch(3, 100).labels);
}

TEST(TrainBatch, DoesNotDependOnHowTheStreamIsCut) {
    const auto dataset = open("synthetic", 8, 8, 1, 10, 1);
    EXPECT_EQ(dataset->train_batch(1, 4).images[0], dataset->train_batch(2, 2).images[0]);
    EXPECT_EQ(dataset->train_batch(1, 4).labels[3], dataset->train_batch(7, 1).labels[0]);
}

TEST(BatchInto, FillsTheSameMemoryWithTheSameImages) {
    const auto dataset = open("synthetic:20", 8, 8, 3, 10, 1);
    Batch batch;
    dataset->train_batch_into(0, 8, batch);
    const std::uint8_t* const memory = batch.images.data();
    for (std::int64_t step = 0; step < 6; ++step) {
        const std::int64_t count = step % 2 == 0 ? 8 : 3;
        dataset->train_batch_into(step, count, batch);
        const Batch fresh = dataset->train_batch(step, count);
        EXPECT_EQ(batch.images, fresh.images);
        EXPECT_EQ(batch.labels, fresh.labels);
    }
    dataset->test_batch_into(1, 3, batch);
    EXPECT_EQ(batch.images, dataset->test_batch(1, 3).images);
    EXPECT_EQ(batch.labels, dataset->test_batch(1, 3).labels);
    EXPECT_EQ(batch.images.data(), memory);
}

TEST(BatchInto, AThreadThatIsOneStepAheadMakesTheSameBatches) {
    const auto dataset = open("synthetic:50", 16, 16, 3, 10, 1);
    Batch now, next;
    dataset->train_batch_into(0, 8, now);
    for (std::int64_t step = 0; step < 20; ++step) {
        std::thread ahead([&] { dataset->train_batch_into(step + 1, 8, next); });
        EXPECT_EQ(now.images, dataset->train_batch(step, 8).images);
        ahead.join();
        std::swap(now, next);
    }
}

TEST(Open, RejectsWhatItDoesNotKnow) {
    for (const char* spec : {"", "cifar10", "cifar10:", "imagenet:x", "synthetic:", "synthetic:x",
                             "synthetic:5x", "synthetic:99999999999999999999"})
        EXPECT_EQ(complaint([&] { open(spec, 32, 32, 3, 10, 1); }),
                  "dataset = " + std::string(spec) +
                      ": must be synthetic, synthetic:N, cifar10:DIR or mnist:DIR");
    for (const char* spec : {"synthetic:4", "synthetic:-5", "synthetic:1000000001"})
        EXPECT_EQ(complaint([&] { open(spec, 32, 32, 3, 10, 1); }),
                  "dataset = " + std::string(spec) + ": must be between 5 and 1000000000 images");
    EXPECT_EQ(complaint([] { open("synthetic", 4, 32, 3, 10, 1); }),
              "dataset = synthetic: images of 4 x 32 x 3: must be at least 8 x 8 x 1");
    EXPECT_EQ(complaint([] { open("synthetic", 32, 32, 3, 1, 1); }),
              "dataset = synthetic: 1 classes: must be at least 2");
}

TEST(Read, RejectsAnImageThatIsNotThere) {
    const auto dataset = open("synthetic", 8, 8, 1, 10, 1);
    std::vector<std::uint8_t> values(64);
    EXPECT_THROW(dataset->read(Split::test, 10000, values), std::out_of_range);
    EXPECT_THROW(dataset->read(Split::test, -1, values), std::out_of_range);
    EXPECT_NO_THROW(dataset->read(Split::test, 9999, values));
    values.resize(63);
    EXPECT_THROW(dataset->read(Split::test, 0, values), std::out_of_range);
    EXPECT_THROW(dataset->train_batch(-1, 4), std::out_of_range);
    EXPECT_THROW(dataset->train_batch(0, 0), std::out_of_range);
    EXPECT_THROW(dataset->test_batch(9999, 2), std::out_of_range);
    EXPECT_THROW(dataset->test_batch(0, 0), std::out_of_range);
}

}  // namespace
}  // namespace quatrain::datasets
