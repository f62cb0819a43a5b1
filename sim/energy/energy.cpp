// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy.hpp"

#include <numeric>
#include <stdexcept>

namespace quatrain::energy {
namespace {

std::int64_t exact_sum(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        throw std::overflow_error("energy is beyond 9.2 kJ: not counted exactly");
    return sum;
}

}  // namespace

std::optional<Component> payer(Event event) {
    using enum Event;
    switch (event) {
        case macs_uint4_int4:
        case macs_int4_fp4:
        case macs_eight_bit:
        case macs_sixteen_bit:
        case macs_thirty_two_bit:
        case zero_macs_uint4_int4:
        case zero_macs_int4_fp4:
        case zero_macs_eight_bit:
        case zero_macs_sixteen_bit:
        case zero_macs_thirty_two_bit:
        case accumulator_adds:
        case stationary_register_bits:
        case result_register_bits:
            return Component::mac_array;
        case moving_read_bits:
        case moving_write_bits:
        case stationary_read_bits:
        case stationary_write_bits:
        case accumulator_read_bits:
        case accumulator_write_bits:
        case vector_read_bits:
        case vector_write_bits:
        case scalar_read_bits:
        case scalar_write_bits:
        case scratchpad_read_bits:
        case scratchpad_write_bits:
            return Component::buffers;
        case scaling_unit_elements:
            return Component::scaling_unit;
        case vector_unit_adds:
        case vector_unit_multiplies:
        case vector_unit_special:
            return Component::vector_unit;
        case dma_bits:
        case instructions:
            return Component::dma;
        case ring_bit_hops:
            return Component::noc;
        case dram_read_bits:
        case dram_write_bits:
            return Component::dram;
        // Every event is named, so that a new one cannot be forgotten.
        case bank_conflict_cycles:
        case dram_bursts:
        case array_busy_cycles:
        case vector_busy_cycles:
        case load_busy_cycles:
        case store_busy_cycles:
        case array_stall_dram_cycles:
        case array_stall_buffer_cycles:
        case array_stall_dependency_cycles:
        case vector_stall_dram_cycles:
        case vector_stall_buffer_cycles:
        case vector_stall_dependency_cycles:
        case streamer_stall_cycles:
        case fault_nan:
        case fault_infinity:
        case fault_saturated:
        case gradient_odd_clipped:
            return std::nullopt;
    }
    return std::nullopt;
}

std::string_view name(Component component) {
    static constexpr std::array<std::string_view, component_count> names{
        "mac_array", "scaling_unit", "vector_unit", "buffers", "dma",
        "noc",       "dram",         "leakage",     "clock"};
    return names[static_cast<std::size_t>(component)];
}

std::int64_t Breakdown::total() const {
    return std::accumulate(values_.begin(), values_.end(), std::int64_t{0}, exact_sum);
}

Breakdown& Breakdown::operator+=(const Breakdown& other) {
    for (std::size_t i = 0; i < component_count; ++i)
        values_[i] = exact_sum(values_[i], other.values_[i]);
    return *this;
}

EnergyBand& EnergyBand::operator+=(const EnergyBand& other) {
    low += other.low;
    value += other.value;
    high += other.high;
    return *this;
}

BandModel::BandModel(const config::Technology& technology, const config::Architecture& architecture,
                     const DramCosts& dram)
    : low_(technology, architecture, dram, {.every = Bound::low}),
      value_(technology, architecture, dram),
      high_(technology, architecture, dram, {.every = Bound::high}) {}

EnergyBand BandModel::account(const EventCounts& counts, std::uint64_t cycles) const {
    return {low_.account(counts, cycles), value_.account(counts, cycles),
            high_.account(counts, cycles)};
}

}  // namespace quatrain::energy
