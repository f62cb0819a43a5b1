// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace quatrain {

/// Everything that costs energy or that the report shows, one counter each. Blocks add, sim/energy
/// and sim/report walk event_info(); nothing else sums or prints.
enum class Event : std::uint8_t {
    // MAC array
    macs_uint4_int4,
    macs_int4_fp4,
    macs_eight_bit,
    macs_sixteen_bit,
    macs_thirty_two_bit,
    zero_macs_uint4_int4,
    zero_macs_int4_fp4,
    zero_macs_eight_bit,
    zero_macs_sixteen_bit,
    zero_macs_thirty_two_bit,
    accumulator_adds,
    stationary_register_bits,
    result_register_bits,
    // buffers
    moving_read_bits,
    moving_write_bits,
    stationary_read_bits,
    stationary_write_bits,
    accumulator_read_bits,
    accumulator_write_bits,
    vector_read_bits,
    vector_write_bits,
    scalar_read_bits,
    scalar_write_bits,
    bank_conflict_cycles,
    // scaling units, vector unit
    scaling_unit_elements,
    vector_unit_adds,
    vector_unit_multiplies,
    vector_unit_special,
    // data movement and control
    dma_bits,
    dram_read_bits,
    dram_write_bits,
    dram_bursts,
    scratchpad_read_bits,
    scratchpad_write_bits,
    ring_bit_hops,
    instructions,
    // time [cycles]
    array_busy_cycles,
    vector_busy_cycles,
    load_busy_cycles,
    store_busy_cycles,
    array_stall_dram_cycles,
    array_stall_buffer_cycles,
    array_stall_dependency_cycles,
    vector_stall_dram_cycles,
    vector_stall_buffer_cycles,
    vector_stall_dependency_cycles,
    streamer_stall_cycles,
    // numeric faults
    fault_nan,
    fault_infinity,
    fault_saturated,
    gradient_odd_clipped,
};
inline constexpr std::size_t event_count =
    static_cast<std::size_t>(Event::gradient_odd_clipped) + 1;

struct EventInfo {
    std::string_view name;
    std::string_view unit;
    std::string_view meaning;
};

/// Name, unit and meaning of a counter.
const EventInfo& event_info(Event event);

/// The counters of one kind of multiply-accumulate: all, and those with a zero operand.
struct MacEvents {
    Event macs;
    Event zero_macs;
};
/// Every kind, the narrowest first.
std::span<const MacEvents> mac_kinds();

/// The counters of one operator, or of a whole run.
class EventCounts {
public:
    std::uint64_t& operator[](Event event) { return values_[static_cast<std::size_t>(event)]; }
    std::uint64_t operator[](Event event) const { return values_[static_cast<std::size_t>(event)]; }
    EventCounts& operator+=(const EventCounts& other) {
        for (std::size_t i = 0; i < event_count; ++i) values_[i] += other.values_[i];
        return *this;
    }
    bool operator==(const EventCounts&) const = default;

private:
    std::array<std::uint64_t, event_count> values_{};
};

}  // namespace quatrain
