// SPDX-License-Identifier: Apache-2.0
#include "workloads/datasets/cifar10.hpp"

#include "workloads/datasets/mapped_file.hpp"

#include <fmt/format.h>
#include <utility>

namespace quatrain::datasets {
namespace {

constexpr std::int64_t side = 32, planes = 3, classes = 10;
constexpr std::int64_t plane = side * side;
constexpr std::int64_t record = 1 + planes * plane;  // bytes

class Cifar10 final : public Dataset {
public:
    Cifar10(const std::filesystem::path& directory, const Shape& shape, std::uint64_t seed,
            std::int64_t records_per_file)
        : Dataset(shape, seed), records_(records_per_file) {
        for (int i = 1; i <= 5; ++i)
            train_.push_back(checked(directory / fmt::format("data_batch_{}.bin", i)));
        test_.push_back(checked(directory / "test_batch.bin"));
    }

    std::int64_t size(Split split) const override { return std::ssize(files(split)) * records_; }

    std::int32_t read(Split split, std::int64_t index,
                      std::span<std::uint8_t> image) const override {
        require(split, index, image);
        const MappedFile& file = files(split)[static_cast<std::size_t>(index / records_)];
        const auto bytes =
            file.bytes().subspan(static_cast<std::size_t>(index % records_ * record), record);
        if (bytes[0] >= classes)
            throw DatasetError(fmt::format("{}: record {}, label = {}: must be below {}",
                                           file.name(), index % records_, bytes[0], classes));
        for (std::int64_t pixel = 0; pixel < plane; ++pixel)
            for (std::int64_t channel = 0; channel < planes; ++channel)
                image[static_cast<std::size_t>(pixel * planes + channel)] =
                    bytes[static_cast<std::size_t>(1 + channel * plane + pixel)];
        return bytes[0];
    }

private:
    const std::vector<MappedFile>& files(Split split) const {
        return split == Split::train ? train_ : test_;
    }

    MappedFile checked(const std::filesystem::path& path) const {
        MappedFile file(path);
        if (std::ssize(file.bytes()) != records_ * record)
            throw DatasetError(
                fmt::format("{}: size = {} bytes: must be {} records of {} bytes, {}", file.name(),
                            file.bytes().size(), records_, record, records_ * record));
        return file;
    }

    std::int64_t records_;
    std::vector<MappedFile> train_, test_;
};

}  // namespace

std::unique_ptr<Dataset> open_cifar10(const std::filesystem::path& directory, const Shape& shape,
                                      std::uint64_t seed, std::int64_t records_per_file) {
    if (shape.height != side || shape.width != side || shape.channels != planes)
        throw DatasetError(fmt::format(
            "dataset = cifar10: its images are 32 x 32 x 3, the network takes {} x {} x {}",
            shape.height, shape.width, shape.channels));
    if (shape.classes < classes)
        throw DatasetError(
            fmt::format("dataset = cifar10: it has 10 classes, the network {}", shape.classes));
    return std::make_unique<Cifar10>(directory, shape, seed, records_per_file);
}

}  // namespace quatrain::datasets
