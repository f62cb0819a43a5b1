// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/datasets/support.hpp"
#include "workloads/datasets/cifar10.hpp"
#include "workloads/datasets/mnist.hpp"

#include <set>

namespace quatrain::datasets {
namespace {

constexpr Shape cifar_shape{32, 32, 3, 10};

/// A record whose red, green and blue planes hold r, g, b, and whose pixel (1, 2) is that plus 1.
std::string cifar_record(int label, int r, int g, int b) {
    std::string bytes(1, static_cast<char>(label));
    for (const int value : {r, g, b}) {
        std::string plane(1024, static_cast<char>(value));
        plane[1 * 32 + 2] = static_cast<char>(value + 1);
        bytes += plane;
    }
    return bytes;
}

/// Two records in every file; file number and record number are the colours.
void write_cifar(const Folder& folder) {
    for (int i = 1; i <= 5; ++i)
        folder.write("data_batch_" + std::to_string(i) + ".bin",
                     cifar_record(i, 10 * i, 2, 3) + cifar_record(i + 1, 10 * i + 5, 2, 3));
    folder.write("test_batch.bin", cifar_record(9, 200, 201, 202) + cifar_record(0, 1, 2, 3));
}

TEST(Cifar10, ReadsPlanesAsChannelsInnermost) {
    const Folder folder;
    write_cifar(folder);
    const auto dataset = open_cifar10(folder.path(), cifar_shape, 1, 2);
    EXPECT_EQ(dataset->size(Split::train), 10);
    EXPECT_EQ(dataset->size(Split::test), 2);
    std::vector<std::uint8_t> image(3072);
    EXPECT_EQ(dataset->read(Split::train, 5, image), 4);  // file 3, record 1
    EXPECT_EQ(image[0], 35);
    EXPECT_EQ(image[1], 2);
    EXPECT_EQ(image[2], 3);
    EXPECT_EQ(image[(1 * 32 + 2) * 3], 36);
    EXPECT_EQ(image[(1 * 32 + 2) * 3 + 2], 4);
    const Batch test = dataset->test_batch(0, 2);
    EXPECT_EQ(test.labels, (std::vector<std::int32_t>{9, 0}));
    EXPECT_EQ(test.images[0], 200);
    EXPECT_EQ(test.images[3072 + 2], 3);
}

TEST(Cifar10, EpochOfASmallSetHoldsEveryImageOnce) {
    const Folder folder;
    write_cifar(folder);
    const auto dataset = open_cifar10(folder.path(), cifar_shape, 1, 2);
    std::multiset<int> reds;
    for (std::int64_t step = 0; step < 5; ++step) {
        const Batch batch = dataset->train_batch(step, 4);  // 20 images: two epochs of 10
        for (std::size_t i = 0; i < 4; ++i) reds.insert(batch.images[i * 3072]);
    }
    for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(reds.count(10 * i), 2u);
        EXPECT_EQ(reds.count(10 * i + 5), 2u);
    }
}

TEST(Cifar10, NamesAMissingFile) {
    const Folder folder;
    write_cifar(folder);
    std::filesystem::remove(folder / "data_batch_4.bin");
    EXPECT_EQ(complaint([&] { open_cifar10(folder.path(), cifar_shape, 1, 2); }),
              (folder / "data_batch_4.bin") + ": no such file");
}

TEST(Cifar10, NamesSizeAndRuleOfATruncatedFile) {
    const Folder folder;
    write_cifar(folder);
    std::filesystem::resize_file(folder / "test_batch.bin", 6145);
    EXPECT_EQ(
        complaint([&] { open_cifar10(folder.path(), cifar_shape, 1, 2); }),
        (folder / "test_batch.bin") + ": size = 6145 bytes: must be 2 records of 3073 bytes, 6146");
    std::filesystem::resize_file(folder / "test_batch.bin", 0);
    EXPECT_EQ(complaint([&] { open_cifar10(folder.path(), cifar_shape, 1, 2); }),
              (folder / "test_batch.bin") + ": size = 0 bytes: the file is empty");
}

TEST(Cifar10, WantsTheAuthorsTenThousandRecords) {
    const Folder folder;
    write_cifar(folder);
    EXPECT_EQ(complaint([&] { open("cifar10:" + folder.path(), 32, 32, 3, 10, 1); }),
              (folder / "data_batch_1.bin") +
                  ": size = 6146 bytes: must be 10000 records of 3073 bytes, 30730000");
}

TEST(Cifar10, NamesTheRecordOfABadLabel) {
    const Folder folder;
    write_cifar(folder);
    folder.write("data_batch_2.bin", cifar_record(1, 0, 0, 0) + cifar_record(10, 0, 0, 0));
    const auto dataset = open_cifar10(folder.path(), cifar_shape, 1, 2);
    std::vector<std::uint8_t> image(3072);
    EXPECT_EQ(complaint([&] { dataset->read(Split::train, 3, image); }),
              (folder / "data_batch_2.bin") + ": record 1, label = 10: must be below 10");
}

TEST(Cifar10, RejectsANetworkThatDoesNotFit) {
    EXPECT_EQ(complaint([] { open("cifar10:x", 224, 224, 3, 10, 1); }),
              "dataset = cifar10: its images are 32 x 32 x 3, the network takes 224 x 224 x 3");
    EXPECT_EQ(complaint([] { open("cifar10:x", 32, 32, 3, 5, 1); }),
              "dataset = cifar10: it has 10 classes, the network 5");
}

std::string word(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
    return bytes;
}

/// Image i holds i + 1 everywhere but in its first pixel, which is 100 + i; its label is i + 3.
void write_mnist(const Folder& folder, const std::string& prefix, int count) {
    std::string images = word(2051) + word(static_cast<std::uint32_t>(count)) + word(28) + word(28);
    std::string labels = word(2049) + word(static_cast<std::uint32_t>(count));
    for (int i = 0; i < count; ++i) {
        images += static_cast<char>(100 + i) + std::string(783, static_cast<char>(i + 1));
        labels += static_cast<char>(i + 3);
    }
    folder.write(prefix + "-images-idx3-ubyte", images);
    folder.write(prefix + "-labels-idx1-ubyte", labels);
}

TEST(Mnist, GoesUnchangedToANetworkOfItsSize) {
    const Folder folder;
    write_mnist(folder, "train", 3);
    write_mnist(folder, "t10k", 2);
    const auto dataset = open("mnist:" + folder.path(), 28, 28, 1, 10, 1);
    EXPECT_EQ(dataset->size(Split::train), 3);
    EXPECT_EQ(dataset->size(Split::test), 2);
    std::vector<std::uint8_t> image(784);
    EXPECT_EQ(dataset->read(Split::train, 2, image), 5);
    EXPECT_EQ(image[0], 102);
    EXPECT_EQ(image[1], 3);
    EXPECT_EQ(image[783], 3);
}

TEST(Mnist, GetsABlackBorderAndACopyPerChannel) {
    const Folder folder;
    write_mnist(folder, "train", 3);
    write_mnist(folder, "t10k", 2);
    const auto dataset = open("mnist:" + folder.path(), 32, 32, 3, 10, 1);
    std::vector<std::uint8_t> image(3072, 77);
    EXPECT_EQ(dataset->read(Split::test, 1, image), 4);
    const auto pixel = [&](std::size_t y, std::size_t x, std::size_t c) {
        return image[(y * 32 + x) * 3 + c];
    };
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(pixel(0, 0, c), 0);
        EXPECT_EQ(pixel(2, 1, c), 0);
        EXPECT_EQ(pixel(1, 2, c), 0);
        EXPECT_EQ(pixel(2, 2, c), 101);
        EXPECT_EQ(pixel(29, 29, c), 2);
        EXPECT_EQ(pixel(29, 30, c), 0);
        EXPECT_EQ(pixel(30, 29, c), 0);
    }
}

TEST(Mnist, NamesWhatIsWrongWithAFile) {
    const Folder folder;
    write_mnist(folder, "train", 3);
    write_mnist(folder, "t10k", 2);
    const auto message = [&] {
        return complaint([&] { open_mnist(folder.path(), {28, 28, 1, 10}, 1); });
    };
    const std::string images = folder / "train-images-idx3-ubyte";
    const std::string labels = folder / "t10k-labels-idx1-ubyte";

    std::filesystem::resize_file(labels, 9);
    EXPECT_EQ(message(), labels + ": size = 9 bytes: its header says 2 items, 10 bytes");
    std::filesystem::resize_file(labels, 7);
    EXPECT_EQ(message(), labels + ": size = 7 bytes: shorter than its header of 8");
    folder.write("t10k-labels-idx1-ubyte", word(2049) + word(1) + "\1");
    EXPECT_EQ(message(), labels + ": 1 labels: must be one for each of the 2 images");
    std::filesystem::resize_file(images, 16 + 3 * 784 - 1);
    EXPECT_EQ(message(), images + ": size = 2367 bytes: its header says 3 items, 2368 bytes");
    folder.write("train-images-idx3-ubyte", word(2052) + std::string(20, '\0'));
    EXPECT_EQ(message(), images + ": magic number = 2052: must be 2051");
    folder.write("train-images-idx3-ubyte",
                 word(2051) + word(1) + word(14) + word(56) + std::string(784, '\0'));
    EXPECT_EQ(message(), images + ": image size = 14 x 56: must be 28 x 28");
    std::filesystem::rename(images, images + ".gz");
    EXPECT_EQ(message(), images + ": no such file; unpack the .gz beside it with gunzip");
}

TEST(Mnist, RejectsANetworkThatDoesNotFit) {
    EXPECT_EQ(complaint([] { open("mnist:x", 224, 224, 3, 10, 1); }),
              "dataset = mnist: its images are 28 x 28 (or 32 x 32 with a border), the network "
              "takes 224 x 224");
    EXPECT_EQ(complaint([] { open("mnist:x", 28, 28, 1, 9, 1); }),
              "dataset = mnist: it has 10 classes, the network 9");
}

}  // namespace
}  // namespace quatrain::datasets
