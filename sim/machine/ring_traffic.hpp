// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "sim/machine/machine_params.hpp"

#include <cstdint>

namespace quatrain::machine {

/// The core behind `core` on the ring, and the one before it.
std::int64_t next_core(const MachineParams& params, std::int64_t core);
std::int64_t previous_core(const MachineParams& params, std::int64_t core);

/// Hops on the ring between two cores; the memory is core `params.cores`. 0 on one core, which has
/// no ring.
std::int64_t ring_hops(const MachineParams& params, std::int64_t from, std::int64_t to);

/// Bits that a transfer of `core` puts on the ring, times their hops.
std::int64_t ring_bit_hops(const MachineParams& params, std::int64_t core, isa::Engine engine,
                           const isa::DmaTransfer& transfer);

}  // namespace quatrain::machine
