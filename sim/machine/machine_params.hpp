// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/buffer/timing.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/timing.hpp"
#include "rtl_models/mac_array/timing.hpp"
#include "rtl_models/operand_streamer/timing.hpp"
#include "rtl_models/scaling_unit/timing.hpp"
#include "rtl_models/vector_unit/timing.hpp"

#include <cstdint>

namespace quatrain::machine {

/// Every block of one core.
struct MachineParams {
    mac_array::Params array;
    operand_streamer::Params streamer;
    buffer::Params buffers;
    scaling_unit::Params scaling_unit;
    vector_unit::Params vector_unit;
    dma::Params dma;
    dram::Params dram;
    std::int64_t clock_period_ps = 1000;  ///< of the core clock [ps]
};

}  // namespace quatrain::machine
