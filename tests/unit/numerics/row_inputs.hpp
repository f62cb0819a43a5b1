// SPDX-License-Identifier: Apache-2.0
#pragma once

// FP32 values at which the codes of the formats change, and rows cut from them, for the tests of
// the row functions.

#include "tests/unit/numerics/reference.hpp"

#include <span>

namespace quatrain::numerics::row_inputs {

inline void append_with_neighbours(std::vector<float>& inputs, float x) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (const float value : {x, std::nextafter(x, -infinity), std::nextafter(x, infinity)})
        inputs.push_back(value);
}

/// Every value of the format, every midpoint between two, and the FP32 neighbours of both.
inline void append_values_and_midpoints(std::vector<float>& inputs,
                                        const reference::FloatFormat& format) {
    for (std::uint32_t code = 0; code <= format.infinity(); ++code) {
        const long double value = reference::finite_value(format, code);
        const long double below = code == 0 ? value : reference::finite_value(format, code - 1);
        for (const float sign : {1.0F, -1.0F}) {
            append_with_neighbours(inputs, sign * static_cast<float>(value));
            append_with_neighbours(inputs, sign * static_cast<float>((below + value) / 2));
        }
    }
}

/// Every exponent with significands at both ends, in the middle and at random: zeros, subnormals,
/// infinities, and NaN of both kinds and signs among them.
inline void append_all_exponents(std::vector<float>& inputs) {
    std::mt19937 generator(21);
    for (std::uint32_t field = 0; field < 512; ++field) {
        for (const std::uint32_t fraction :
             {0U, 1U, 0x1F'FFFFU, 0x20'0000U, 0x3F'FFFFU, 0x40'0000U, 0x40'0001U, 0x7F'FFFFU,
              static_cast<std::uint32_t>(generator()) & 0x7F'FFFFU})
            inputs.push_back(std::bit_cast<float>(field << 23 | fraction));
    }
}

/// Halves from -300 to 300: the ties of the integer formats.
inline void append_halves(std::vector<float>& inputs) {
    for (int i = -600; i <= 600; ++i) append_with_neighbours(inputs, static_cast<float>(i) / 2);
}

/// All of the above, and random bit patterns.
inline std::vector<float> all(int random_patterns) {
    std::vector<float> inputs;
    for (const auto& format : {reference::fp16, reference::dlfloat16, reference::bf16,
                               reference::fp8_143, reference::fp8_152})
        append_values_and_midpoints(inputs, format);
    append_all_exponents(inputs);
    append_halves(inputs);
    reference::RandomFloats random(22);
    for (int i = 0; i < random_patterns; ++i) inputs.push_back(random());
    return inputs;
}

/// Calls body(first, length) for rows that cover [0, count), of random lengths up to 150, empty and
/// one long row among them.
template <class Body>
void for_each_row(std::size_t count, Body body) {
    std::mt19937 generator(23);
    for (std::size_t first = 0; first < count;) {
        const std::size_t wanted = first < 5000 || first > 10'000 ? generator() % 151 : 5000;
        const std::size_t length = std::min(wanted, count - first);
        body(first, length);
        first += length;
    }
}

}  // namespace quatrain::numerics::row_inputs
