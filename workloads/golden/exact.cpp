// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/exact.hpp"

#include <algorithm>
#include <bit>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace quatrain::golden {
namespace {

using boost::multiprecision::cpp_int;
using Precise = boost::multiprecision::cpp_bin_float_100;

/// Every double is a multiple of this power of two.
constexpr int lowest_bit = -1074;

/// x in units of 2^lowest_bit.
cpp_int to_integer(double x) {
    int exponent = 0;
    const double fraction = std::frexp(x, &exponent);
    const auto significand = static_cast<long long>(std::ldexp(fraction, 53));
    const int shift = exponent - 53 - lowest_bit;
    cpp_int magnitude = significand < 0 ? -significand : significand;
    if (shift >= 0) {
        magnitude <<= static_cast<unsigned>(shift);
    } else {
        magnitude >>= static_cast<unsigned>(-shift);  // a subnormal: the bits shifted out are zero
    }
    return significand < 0 ? cpp_int(-magnitude) : magnitude;
}

/// sum * 2^unit, rounded to FP32 by integer arithmetic.
template <class Integer>
float to_float(const Integer& sum, int unit) {
    if (sum == 0) return 0.0F;
    const Integer magnitude = abs(sum);
    const int top = static_cast<int>(msb(magnitude)) + unit;
    const int last_place = std::max({top - 23, -149, unit});
    const auto shift = static_cast<unsigned>(last_place - unit);
    Integer multiples = magnitude >> shift;
    if (shift > 0) {
        const Integer rest = magnitude - (multiples << shift);
        const Integer half = Integer(1) << (shift - 1);
        if (rest > half || (rest == half && bit_test(multiples, 0))) ++multiples;
    }
    // At most 2^24 multiples: exact in a float, and so is the scaling, unless it overflows to
    // infinity.
    const float value = std::ldexp(multiples.template convert_to<float>(), last_place);
    return sum < 0 ? -value : value;
}

/// significand * 2^exponent, the significand odd.
struct OddTerm {
    std::int64_t significand = 0;
    int exponent = 0;
};
OddTerm odd_term(double x) {
    int exponent = 0;
    const auto significand = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
    const int zeros = std::countr_zero(static_cast<std::uint64_t>(significand));
    return {significand >> zeros, exponent - 53 + zeros};
}

/// The sum of terms that are close enough to each other for 128 bits; nothing if they are not.
std::optional<float> sum_in_128_bits(std::span<const double> terms) {
    int top = std::numeric_limits<int>::min(), bottom = std::numeric_limits<int>::max();
    for (const double term : terms) {
        if (term == 0) continue;
        top = std::max(top, std::ilogb(term));
        bottom = std::min(bottom, odd_term(term).exponent);
    }
    // `count` terms of less than 2^(top + 1) each are less than 2^(top + 1 + bits of count).
    const int carries = static_cast<int>(std::bit_width(terms.size()));
    if (top + 1 + carries - bottom > 126) return {};
    boost::multiprecision::int128_t sum = 0;
    for (const double term : terms) {
        if (term == 0) continue;
        const OddTerm odd = odd_term(term);
        sum += boost::multiprecision::int128_t(odd.significand) *
               (boost::multiprecision::int128_t(1) << (odd.exponent - bottom));
    }
    return to_float(sum, bottom);
}

/// The FP32 value nearest to an irrational number that `estimate` is within a few units in the last
/// place of.
float nearest_float(const Precise& exact, float estimate) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    float best = estimate;
    for (const float candidate :
         {std::nextafter(estimate, -infinity), std::nextafter(estimate, infinity)}) {
        if (abs(exact - Precise(candidate)) < abs(exact - Precise(best))) best = candidate;
    }
    return best;
}

/// True when every real number within 2^-48 of the double x (relative) rounds to the same float.
bool rounds_surely(double x) {
    const double slack = std::ldexp(std::fabs(x), -48);
    return static_cast<float>(x - slack) == static_cast<float>(x + slack);
}

}  // namespace

float exact_sum(std::span<const double> terms) {
    double sum = 0;
    bool exact = true;
    for (const double term : terms) {
        // Knuth's two-sum: `error` is what the rounded addition lost.
        const double next = sum + term;
        const double part = next - sum;
        const double error = (sum - (next - part)) + (term - part);
        exact = exact && error == 0;
        sum = next;
    }
    if (exact || !std::isfinite(sum)) return static_cast<float>(sum);
    if (const std::optional<float> near = sum_in_128_bits(terms)) return *near;
    return exact_sum_of_any(terms);
}

float exact_sum_of_any(std::span<const double> terms) {
    cpp_int total = 0;
    for (const double term : terms) total += to_integer(term);
    return to_float(total, lowest_bit);
}

float exponential(float x) {
    if (std::isnan(x) || std::isinf(x) || x == 0) return std::exp(x);
    const double estimate = std::exp(static_cast<double>(x));
    const auto rounded = static_cast<float>(estimate);
    // Below half the smallest float, or beyond the largest, there is nothing to decide.
    if (x < -104 || x > 89 || rounds_surely(estimate)) return rounded;
    return nearest_float(exp(Precise(x)), rounded);
}

float logarithm(float x) {
    if (!(x > 0) || std::isinf(x) || x == 1) return std::log(x);
    const double estimate = std::log(static_cast<double>(x));
    const auto rounded = static_cast<float>(estimate);
    return rounds_surely(estimate) ? rounded : nearest_float(log(Precise(x)), rounded);
}

}  // namespace quatrain::golden
