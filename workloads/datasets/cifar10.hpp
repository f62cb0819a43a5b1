// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/datasets/dataset.hpp"

#include <filesystem>
#include <memory>

namespace quatrain::datasets {

/// CIFAR-10 in the binary version of its authors (https://www.cs.toronto.edu/~kriz/cifar.html):
/// data_batch_1.bin .. data_batch_5.bin and test_batch.bin, each of `records_per_file` records of
/// one label byte and 32 x 32 red, green, then blue values. Throws DatasetError when a file is
/// missing or has another size, or the network does not take 32 x 32 x 3 images and at least 10
/// classes.
std::unique_ptr<Dataset> open_cifar10(const std::filesystem::path& directory, const Shape& shape,
                                      std::uint64_t seed, std::int64_t records_per_file = 10000);

}  // namespace quatrain::datasets
