// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>

namespace quatrain::fp4_multiplier {

/// The log-domain multiplier at its pins: combinational, no clock. An operand of 4 bits, int4 in
/// two's complement or uint4, is shifted left by twice the fp4_r4 exponent code less one and
/// negated if the sign bits ask for it; exponent code 0 gates it to zero. The product has 17 bits
/// with sign, in units of 2^-6 (even phase) or 2^-7 (odd phase).
class ClockedMultiplier : public sc_core::sc_module {
public:
    sc_core::sc_in<sc_dt::sc_uint<4>> operand{"operand"};
    sc_core::sc_in<bool> operand_signed{"operand_signed"};  ///< int4; otherwise uint4
    sc_core::sc_in<sc_dt::sc_uint<4>> code{"code"};
    sc_core::sc_out<sc_dt::sc_int<17>> product{"product"};

    explicit ClockedMultiplier(const sc_core::sc_module_name& name);

private:
    void multiply();
};

}  // namespace quatrain::fp4_multiplier
