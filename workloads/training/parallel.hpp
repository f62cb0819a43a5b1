// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstdint>

namespace quatrain::training {

/// Over whose images a batch norm takes mean and deviation (docs/several-cores.md): those of one
/// core, or the whole batch.
enum class BatchNormScope : std::uint8_t { per_core, synchronised };
BOOST_DESCRIBE_ENUM(BatchNormScope, per_core, synchronised)

/// How the images of a batch are shared between cores.
struct Parallel {
    std::int64_t cores = 1;
    BatchNormScope batch_norm = BatchNormScope::per_core;  ///< without effect on one core
};

}  // namespace quatrain::training
