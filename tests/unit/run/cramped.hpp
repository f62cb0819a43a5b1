// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/unit/run/several_cores.hpp"

namespace quatrain::run::testing {

/// Buffers so small that tiles are cut in every direction.
inline RunOptions cramped(MappingObjective objective, bool ideal_memory) {
    RunOptions options = small_options();
    options.architecture.dram.ideal = ideal_memory;
    options.architecture.buffers.moving_bytes = 1024;
    options.architecture.buffers.stationary_bytes = 1024;
    options.architecture.buffers.accumulator_bytes = 2048;
    options.mapping.objective = objective;
    return options;
}

}  // namespace quatrain::run::testing
