// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/format.hpp"

#include <cstdint>
#include <string_view>

namespace quatrain::scaling_unit {

/// Packed elements in the vector buffer: a tile, a vector, or a row of a drain's result.
struct PackedRun {
    std::int64_t address = 0;  ///< [bytes]
    numerics::Format format = numerics::Format::fp32;
    std::int64_t elements = 0;
};

/// The unit's memory ports, and what the instruction in work has done so far: every access is
/// counted where it happens.
class ClockedPorts {
public:
    ClockedPorts(const MemoryPort& accumulator, MemoryPort& vector, MemoryPort& scalar)
        : accumulator_(accumulator), vector_(vector), scalar_(scalar) {}

    /// `bits` of the accumulator buffer.
    std::uint32_t read_accumulator(std::int64_t bit_address, int bits);
    /// The code of element `index`. A byte of which the run uses half belongs to it whole: the last
    /// element is charged for the rest, for reads as for writes.
    std::uint32_t read(const PackedRun& run, std::int64_t index);
    /// Writes the code of element `index` and no bit beside it.
    void write(const PackedRun& run, std::int64_t index, std::uint32_t code);
    /// The 32-bit word at a byte address of the scalar buffer.
    std::uint32_t read_scalar(std::int64_t address);
    void write_scalar(std::int64_t address, std::uint32_t word);

    /// One more element went through a lane, or through the scalar path.
    void count_element() { ++counts_[Event::scaling_unit_elements]; }
    /// Where conversions count what they meet.
    numerics::Faults& faults() { return faults_; }
    /// Everything counted.
    EventCounts counts() const;

private:
    void charge(Event event, int bits) { counts_[event] += static_cast<std::uint64_t>(bits); }

    const MemoryPort& accumulator_;
    MemoryPort& vector_;
    MemoryPort& scalar_;
    EventCounts counts_;
    numerics::Faults faults_;
};

}  // namespace quatrain::scaling_unit
