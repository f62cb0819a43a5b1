// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/counters.hpp"

namespace quatrain {
namespace {

constexpr std::array<EventInfo, event_count> table{{
    {"macs_uint4_int4", "operations", "multiply-accumulates of integer operands (forward)"},
    {"macs_int4_fp4", "operations", "multiply-accumulates with a radix-4 FP4 gradient operand"},
    {"macs_eight_bit", "operations", "multiply-accumulates in the 8-bit mode"},
    {"macs_sixteen_bit", "operations", "multiply-accumulates in the 16-bit mode"},
    {"macs_thirty_two_bit", "operations", "multiply-accumulates in the 32-bit mode"},
    {"zero_macs_uint4_int4", "operations", "of macs_uint4_int4, those with a zero operand"},
    {"zero_macs_int4_fp4", "operations", "of macs_int4_fp4, those with a zero operand"},
    {"zero_macs_eight_bit", "operations", "of macs_eight_bit, those with a zero operand"},
    {"zero_macs_sixteen_bit", "operations", "of macs_sixteen_bit, those with a zero operand"},
    {"zero_macs_thirty_two_bit", "operations", "of macs_thirty_two_bit, those with a zero operand"},
    {"accumulator_adds", "operations", "chunk sums rounded and added into an accumulator"},
    {"stationary_register_bits", "bits", "written into the stationary registers of the array"},
    {"result_register_bits", "bits", "moved out of or into the result registers of the array"},
    {"moving_read_bits", "bits", "read from the moving-operand buffer"},
    {"moving_write_bits", "bits", "written to the moving-operand buffer"},
    {"stationary_read_bits", "bits", "read from the stationary-operand buffer"},
    {"stationary_write_bits", "bits", "written to the stationary-operand buffer"},
    {"accumulator_read_bits", "bits", "read from the accumulator buffer"},
    {"accumulator_write_bits", "bits", "written to the accumulator buffer"},
    {"vector_read_bits", "bits", "read from the vector buffer"},
    {"vector_write_bits", "bits", "written to the vector buffer"},
    {"scalar_read_bits", "bits", "read from the scalar buffer"},
    {"scalar_write_bits", "bits", "written to the scalar buffer"},
    {"bank_conflict_cycles", "cycles", "lost to two accesses of one buffer bank"},
    {"scaling_unit_elements", "elements", "scaled and rounded by the scaling units"},
    {"vector_unit_adds", "operations", "FP32 additions and comparisons of the vector unit"},
    {"vector_unit_multiplies", "operations", "FP32 multiplications of the vector unit"},
    {"vector_unit_special", "operations", "FP32 divisions, roots, exponentials and logarithms"},
    {"dma_bits", "bits", "moved by the DMA engines"},
    {"dram_read_bits", "bits", "read from DRAM"},
    {"dram_write_bits", "bits", "written to DRAM"},
    {"dram_bursts", "bursts", "requests to DRAM"},
    {"scratchpad_read_bits", "bits", "read from the scratchpad"},
    {"scratchpad_write_bits", "bits", "written to the scratchpad"},
    {"ring_bit_hops", "bit-hops", "data on the ring, times the hops that it takes"},
    {"instructions", "instructions", "issued by the sequencer"},
    {"array_busy_cycles", "cycles", "in which the array executes a pass"},
    {"vector_busy_cycles", "cycles", "in which the scaling units or the vector unit execute"},
    {"load_busy_cycles", "cycles", "in which the load engine executes a transfer"},
    {"store_busy_cycles", "cycles", "in which the store engine executes a transfer"},
    {"array_stall_dram_cycles", "cycles",
     "the array waits for a tile from DRAM, not the operator's first"},
    {"array_stall_buffer_cycles", "cycles", "the array waits for free buffer space"},
    {"array_stall_dependency_cycles", "cycles",
     "the array waits for its operator's first tile, or a result"},
    {"vector_stall_dram_cycles", "cycles",
     "the vector queue waits for a tile, not the operator's first"},
    {"vector_stall_buffer_cycles", "cycles", "the vector queue waits for free buffer space"},
    {"vector_stall_dependency_cycles", "cycles",
     "the vector queue waits for another engine's result"},
    {"streamer_stall_cycles", "cycles", "operands need more words than the read ports deliver"},
    {"fault_nan", "elements", "NaN entering a quantiser"},
    {"fault_infinity", "elements", "infinity entering a quantiser"},
    {"fault_saturated", "elements", "finite values that overflow a format of 8 or 16 bits"},
    {"gradient_odd_clipped", "elements",
     "finite scaled gradients above 32, which the odd phase clips"},
}};

}  // namespace

std::span<const MacEvents> mac_kinds() {
    using enum Event;
    static constexpr std::array all{MacEvents{macs_uint4_int4, zero_macs_uint4_int4},
                                    MacEvents{macs_int4_fp4, zero_macs_int4_fp4},
                                    MacEvents{macs_eight_bit, zero_macs_eight_bit},
                                    MacEvents{macs_sixteen_bit, zero_macs_sixteen_bit},
                                    MacEvents{macs_thirty_two_bit, zero_macs_thirty_two_bit}};
    return all;
}

const EventInfo& event_info(Event event) {
    return table[static_cast<std::size_t>(event)];
}

}  // namespace quatrain
