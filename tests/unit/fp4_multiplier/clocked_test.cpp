// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/fp4_multiplier/clocked.hpp"

#include "rtl_models/fp4_multiplier/function.hpp"

#include <gtest/gtest.h>

namespace quatrain::fp4_multiplier {
namespace {

TEST(ClockedMultiplier, EqualsTheFunctionForEveryOperandModeAndCode) {
    sc_core::sc_signal<sc_dt::sc_uint<4>> operand, code;
    sc_core::sc_signal<bool> operand_signed;
    sc_core::sc_signal<sc_dt::sc_int<17>> product;
    ClockedMultiplier multiplier("multiplier");
    multiplier.operand(operand);
    multiplier.operand_signed(operand_signed);
    multiplier.code(code);
    multiplier.product(product);

    int cases = 0;
    for (const bool is_signed : {false, true})
        for (unsigned bits = 0; bits < 16; ++bits)
            for (unsigned fp4 = 0; fp4 < 16; ++fp4) {
                operand.write(bits);
                operand_signed.write(is_signed);
                code.write(fp4);
                sc_core::sc_start(1, sc_core::SC_NS);
                const int value =
                    is_signed && bits >= 8 ? static_cast<int>(bits) - 16 : static_cast<int>(bits);
                EXPECT_EQ(product.read().to_int(), multiply(value, static_cast<std::uint8_t>(fp4)))
                    << value << " x code " << fp4;
                ++cases;
            }
    EXPECT_EQ(cases, 512);
}

}  // namespace
}  // namespace quatrain::fp4_multiplier
