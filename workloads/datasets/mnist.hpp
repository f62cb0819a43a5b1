// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/datasets/dataset.hpp"

#include <filesystem>
#include <memory>

namespace quatrain::datasets {

/// MNIST in its authors' IDX files, unpacked: train-images-idx3-ubyte, train-labels-idx1-ubyte, and
/// t10k-... likewise. The 28 x 28 grey images go unchanged to a network of that size, or with a
/// black border of two pixels to one of 32 x 32; a network with several channels gets a copy in
/// each. Throws DatasetError when a file is missing, its header is none, its size is not what the
/// header says, or the network does not fit.
std::unique_ptr<Dataset> open_mnist(const std::filesystem::path& directory, const Shape& shape,
                                    std::uint64_t seed);

}  // namespace quatrain::datasets
