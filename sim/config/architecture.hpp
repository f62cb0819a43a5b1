// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/buffer/timing.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/dram/controller_params.hpp"
#include "rtl_models/dram/timing.hpp"
#include "rtl_models/mac_array/timing.hpp"
#include "rtl_models/operand_streamer/timing.hpp"
#include "rtl_models/ring/timing.hpp"
#include "rtl_models/scaling_unit/timing.hpp"
#include "rtl_models/scratchpad/timing.hpp"
#include "rtl_models/vector_unit/timing.hpp"

#include <cstdint>
#include <string>

namespace quatrain::config {

/// A machine: every parameter of every block. The defaults are the preset `edge-4bit`.
struct Architecture {
    std::string name;
    std::string description;
    std::int64_t clock_period_ps = 1000;  ///< of the core clock [ps]
    std::int64_t cores = 1;               ///< alike, on a ring with the memory
    mac_array::Params array;
    operand_streamer::Params streamer;
    buffer::Params buffers;
    scaling_unit::Params scaling_unit;
    vector_unit::Params vector_unit;
    dma::Params dma;
    ring::Params ring;  ///< of several cores
    scratchpad::Params scratchpad;
    dram::Params dram;
    dram::ControllerParams controller;  ///< of every channel
    dram::Standard memory;              ///< what dram.memory names
    std::string technology = "7nm";     ///< name of a technology, or its file
};

inline constexpr std::int64_t most_cores = 32;

/// What a core has of the DRAM: core c from c times as many bytes on; several cores have whole
/// units of 64 KiB [bytes].
std::int64_t dram_share_bytes(const Architecture& architecture);
/// Likewise of the scratchpad: core c from c times as many bytes on [bytes].
std::int64_t scratchpad_share_bytes(const Architecture& architecture);

}  // namespace quatrain::config
