// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/elementary.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>

namespace quatrain::numerics {
namespace {

using Precise = boost::multiprecision::cpp_bin_float_50;

/// Any library's double result is nearer to the true one than this [relative].
constexpr double library_error = 0x1p-45;

/// The boundary of rounding between two neighbouring floats; above the largest one, where infinity
/// starts.
double midpoint(float below, float above) {
    if (std::isinf(above)) return 0x1.FFFFFFp127;
    if (std::isinf(below)) return -0x1.FFFFFFp127;
    return (static_cast<double>(below) + static_cast<double>(above)) / 2;
}

/// Rounds `approximate` to FP32; `precise()` decides where the library's error could cross a
/// boundary of rounding. e^x and ln x of floats are irrational but for e^0 and ln 1, so they never
/// lie on a boundary.
template <class Function>
float round_once(double approximate, Function precise) {
    const double margin = std::fabs(approximate) * library_error;
    const auto below = static_cast<float>(approximate - margin);
    const auto above = static_cast<float>(approximate + margin);
    if (below == above) return below;
    return precise() < Precise(midpoint(below, above)) ? below : above;
}

}  // namespace

float exp_rounded(float x) {
    if (std::isnan(x)) return std::numeric_limits<float>::quiet_NaN();
    if (x > 89) return std::numeric_limits<float>::infinity();
    if (x < -104) return 0;  // below half of the smallest subnormal
    return round_once(std::exp(static_cast<double>(x)), [x] { return exp(Precise(x)); });
}

float log_rounded(float x) {
    if (x == 0) return -std::numeric_limits<float>::infinity();
    if (!(x > 0)) return std::numeric_limits<float>::quiet_NaN();
    if (std::isinf(x)) return x;
    return round_once(std::log(static_cast<double>(x)), [x] { return log(Precise(x)); });
}

}  // namespace quatrain::numerics
