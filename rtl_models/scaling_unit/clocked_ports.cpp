// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/clocked_ports.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

std::int64_t bit_address(const PackedRun& run, std::int64_t index) {
    return 8 * run.address + index * numerics::bits(run.format);
}

/// Bits that an access to element `index` moves: its own, and what is left of the run's last byte.
int charged_bits(const PackedRun& run, std::int64_t index) {
    const int bits = numerics::bits(run.format);
    const bool half_byte = bits == 4 && index % 2 == 0 && index == run.elements - 1;
    return half_byte ? 8 : bits;
}

}  // namespace

std::uint32_t ClockedPorts::read_accumulator(std::int64_t bit_address, int bits) {
    charge(Event::accumulator_read_bits, bits);
    return accumulator_.read(bit_address, bits);
}

std::uint32_t ClockedPorts::read(const PackedRun& run, std::int64_t index) {
    charge(Event::vector_read_bits, charged_bits(run, index));
    return vector_.read(bit_address(run, index), numerics::bits(run.format));
}

void ClockedPorts::write(const PackedRun& run, std::int64_t index, std::uint32_t code) {
    const int bits = numerics::bits(run.format);
    in_unsigned("scaling_unit code", code, bits);
    charge(Event::vector_write_bits, charged_bits(run, index));
    vector_.write(bit_address(run, index), bits, code);
}

std::uint32_t ClockedPorts::read_scalar(std::int64_t address) {
    charge(Event::scalar_read_bits, 32);
    return scalar_.read(8 * address, 32);
}

void ClockedPorts::write_scalar(std::int64_t address, std::uint32_t word) {
    charge(Event::scalar_write_bits, 32);
    scalar_.write(8 * address, 32, word);
}

EventCounts ClockedPorts::counts() const {
    EventCounts result = counts_;
    result[Event::fault_nan] += faults_.nan;
    result[Event::fault_infinity] += faults_.infinity;
    result[Event::fault_saturated] += faults_.saturated;
    result[Event::gradient_odd_clipped] += faults_.odd_clipped;
    return result;
}

}  // namespace quatrain::scaling_unit
