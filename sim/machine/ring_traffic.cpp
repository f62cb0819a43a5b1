// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/ring_traffic.hpp"

#include "rtl_models/isa/address_map.hpp"

namespace quatrain::machine {

std::int64_t next_core(const MachineParams& params, std::int64_t core) {
    return (core + 1) % params.cores;
}

std::int64_t previous_core(const MachineParams& params, std::int64_t core) {
    return (core + params.cores - 1) % params.cores;
}

std::int64_t ring_hops(const MachineParams& params, std::int64_t from, std::int64_t to) {
    return params.cores == 1 ? 0 : ring::hops(from, to, params.cores + 1);
}

std::int64_t ring_bit_hops(const MachineParams& params, std::int64_t core, isa::Engine engine,
                           const isa::DmaTransfer& transfer) {
    const bool put = engine == isa::Engine::store &&
                     isa::space_of(transfer.dram_address) == isa::Space::next_core;
    const std::int64_t hops = ring_hops(params, core, put ? next_core(params, core) : params.cores);
    return 8 * dma::transfer_bytes(transfer) * hops;
}

}  // namespace quatrain::machine
