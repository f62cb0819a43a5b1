// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/fp4_r4.hpp"

#include <cmath>

namespace quatrain::numerics {

std::uint8_t quantise_reference(double x, double factor) {
    const double y = factor * x;
    if (std::isnan(y) || y == 0) return 0;
    const std::uint8_t sign = y < 0 ? 8 : 0;
    if (std::isinf(y)) return sign | 7U;
    // floor(log4 |y|), from the exponent: std::log would round near the powers of four.
    const int e = std::ilogb(y) >> 1;
    if (e < -3) return 0;
    if (e >= 3) return sign | 7U;
    return static_cast<std::uint8_t>(sign | static_cast<unsigned>(e + 4));
}

}  // namespace quatrain::numerics
