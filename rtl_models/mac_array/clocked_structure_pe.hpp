// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_memory_port.hpp"
#include "rtl_models/fp4_multiplier/clocked.hpp"
#include "rtl_models/mac_array/clocked_pass.hpp"

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

/// The parts of StructuralArray.
namespace quatrain::mac_array::structure {

/// Runs a process's body unless the array has failed.
using Guard = std::function<void(const std::function<void()>&)>;

/// A sum or an accumulator, and the valid bit that travels with it.
struct ValidWord {
    bool valid = false;
    std::uint32_t word = 0;
    bool operator==(const ValidWord&) const = default;
};
std::ostream& operator<<(std::ostream& stream, const ValidWord& word);
void sc_trace(sc_core::sc_trace_file* file, const ValidWord& word, const std::string& name);

/// The product of two integers of 4 bits, int4 or uint4 each: magnitudes, one partial product per
/// bit, and the sign at the end. Combinational.
class IntegerMultiplier : public sc_core::sc_module {
public:
    sc_core::sc_in<sc_dt::sc_uint<4>> a{"a"}, b{"b"};
    sc_core::sc_in<bool> a_signed{"a_signed"}, b_signed{"b_signed"};
    sc_core::sc_out<sc_dt::sc_int<17>> product{"product"};

    explicit IntegerMultiplier(const sc_core::sc_module_name& name);

private:
    void multiply();
};

/// One lane of a PE in the 4-bit modes: the log-domain multiplier, behind a switch that says which
/// side is the fp4_r4 code, and an integer multiplier. Combinational.
class MultiplierLane : public sc_core::sc_module {
public:
    sc_core::sc_in<sc_dt::sc_uint<2>> mode{"mode"};  ///< a Mode
    sc_core::sc_in<bool> moving_signed{"moving_signed"}, stationary_signed{"stationary_signed"};
    sc_core::sc_in<sc_dt::sc_uint<4>> moving{"moving"}, stationary{"stationary"};
    sc_core::sc_out<sc_dt::sc_int<17>> product{"product"};

    explicit MultiplierLane(const sc_core::sc_module_name& name);

private:
    void route();
    void select();

    sc_core::sc_signal<sc_dt::sc_uint<4>> operand_{"operand"}, code_{"code"};
    sc_core::sc_signal<bool> operand_signed_{"operand_signed"};
    sc_core::sc_signal<sc_dt::sc_int<17>> shifted_{"shifted"}, integer_{"integer"};
    fp4_multiplier::ClockedMultiplier shifter_{"shifter"};
    IntegerMultiplier multiplier_{"multiplier"};
};

/// A PE as a structure: lanes of multipliers, an adder tree, registers. `sum` and `next_result` are
/// combinational, the other outputs registers. It knows its row, for the load bus, and nothing of
/// the pass's sizes: a lane works when the valid bits say so that came with its operands, or that
/// were stored with the stationary ones. In the 16-bit mode the group's sum is the numerics' scalar
/// primitive, and so is the rounding into the accumulator in every mode.
class PeModule : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<MovingStep> moving{"moving"};
    sc_core::sc_in<ValidWord> partial_sum{"partial_sum"};
    sc_core::sc_in<StationaryStep> stationary{"stationary"};
    sc_core::sc_in<StationaryStep> load{"load"};
    sc_core::sc_in<ResumeRow> resume{"resume"};
    sc_core::sc_out<MovingStep> moving_out{"moving_out"};
    sc_core::sc_out<ValidWord> partial_sum_out{"partial_sum_out"};
    sc_core::sc_out<StationaryStep> stationary_out{"stationary_out"};
    sc_core::sc_out<ValidWord> result{"result"};
    sc_core::sc_out<ValidWord> sum{"sum"};
    sc_core::sc_out<ValidWord> next_result{"next_result"};
    sc_core::sc_port<MemoryPort> accumulators{"accumulators"};  ///< to resume from

    PeModule(const sc_core::sc_module_name& name, const Params& params, std::int64_t row,
             std::int64_t column, Guard guard, PassEvents& events);

private:
    struct Sums {
        ValidWord sum;          ///< WS: partial sum; OS: chunk sum, before it is rounded
        ValidWord accumulator;  ///< OS: working accumulator after this cycle
    };

    void operands();
    void add();
    void edge();
    void edge_of_operands();
    void edge_of_sums(const Sums& sums);
    void resume_row();
    void count(int lanes);

    const StationaryStep& operand() const;
    int active_lanes() const;
    Sums sums() const;
    std::uint32_t inner_product(int lanes, std::uint32_t before) const;
    std::int64_t adder_tree(int lanes) const;
    std::vector<float> decoded(numerics::Format format, const Codes& codes, int lanes) const;

    Accumulator accumulator_;
    int accumulator_bits_;
    bool doubled_stationary_, doubled_result_;
    std::int64_t row_, column_;
    Guard guard_;
    PassEvents& events_;
    // The lanes' pins.
    sc_core::sc_signal<sc_dt::sc_uint<2>> mode_{"mode"};
    sc_core::sc_signal<bool> moving_signed_{"moving_signed"},
        stationary_signed_{"stationary_signed"};
    sc_core::sc_vector<sc_core::sc_signal<sc_dt::sc_uint<4>>> lane_moving_, lane_stationary_;
    sc_core::sc_vector<sc_core::sc_signal<sc_dt::sc_int<17>>> products_;
    sc_core::sc_vector<MultiplierLane> lanes_;
    // Registers; those of the stationary operand with the number of their valid lanes.
    sc_core::sc_signal<StationaryStep> stationary_{"stationary_register"}, shadow_{"shadow"};
    sc_core::sc_signal<std::uint32_t> chunk_sum_{"chunk_sum"}, working_{"working"};
};

}  // namespace quatrain::mac_array::structure
