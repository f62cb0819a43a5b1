// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/fp4_multiplier/clocked.hpp"

namespace quatrain::fp4_multiplier {

ClockedMultiplier::ClockedMultiplier(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(ClockedMultiplier);
    SC_METHOD(multiply);
    sensitive << operand << operand_signed << code;
}

/// Sign and magnitude: the shifter is as wide as the largest magnitude, 15 * 4^6, needs.
void ClockedMultiplier::multiply() {
    const sc_dt::sc_uint<4> bits = operand.read();
    const sc_dt::sc_uint<4> fp4 = code.read();
    const bool operand_negative = operand_signed.read() && bits[3] == 1;
    const sc_dt::sc_uint<4> magnitude = operand_negative ? sc_dt::sc_uint<4>(~bits + 1) : bits;
    const sc_dt::sc_uint<3> exponent_code = fp4.range(2, 0);
    sc_dt::sc_uint<16> shifted = 0;
    if (exponent_code != 0) {
        const sc_dt::sc_uint<4> shift = 2 * (exponent_code - 1);
        shifted = sc_dt::sc_uint<16>(magnitude) << static_cast<int>(shift);
    }
    const bool negative = operand_negative != (fp4[3] == 1);
    const sc_dt::sc_int<17> value = static_cast<int>(shifted);
    product.write(negative ? sc_dt::sc_int<17>(-value) : value);
}

}  // namespace quatrain::fp4_multiplier
