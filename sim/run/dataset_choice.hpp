// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/run.hpp"
#include "workloads/datasets/dataset.hpp"

#include <memory>

namespace quatrain::run {

/// The data set of the options, for their network. Null for a topology, which has no images. Throws
/// DatasetError.
std::unique_ptr<datasets::Dataset> open_dataset(const RunOptions& options);

}  // namespace quatrain::run
