// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/timing.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::mac_array {

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 10> info{{
        {"rows", "PE", 1, 1024, "rows of the array"},
        {"cols", "PE", 1, 1024, "columns of the array"},
        {"lanes_4bit", "multipliers per PE", 0, 64,
         "4-bit products that a PE sums in a cycle; 0: it has no such mode"},
        {"lanes_8bit", "multipliers per PE", 0, 64,
         "8-bit products that a PE sums in a cycle, exactly; 0: it has no such mode"},
        {"lanes_16bit", "multipliers per PE", 0, 64,
         "16-bit products that a PE sums in a cycle, exactly; 0: it has no such mode"},
        {"lanes_32bit", "multipliers per PE", 0, 64,
         "32-bit products that a PE sums in a cycle, exactly; 0: it has no such mode"},
        {"accumulator", "", 0, 0, "format that chunk sums are rounded into and added in"},
        {"chunk", "products", 1, 32768,
         "products that an output-stationary PE sums exactly before it rounds"},
        {"double_stationary", "", 0, 0,
         "a second stationary register: the preload hides behind the previous pass"},
        {"double_result", "", 0, 0,
         "a second result register: the drain hides behind the next pass"},
    }};
    return info;
}

void validate(const Params& params) {
    std::int64_t most_lanes = 0;
    for (const std::int64_t lanes :
         {params.lanes_4bit, params.lanes_8bit, params.lanes_16bit, params.lanes_32bit}) {
        require(lanes == 0 || params.chunk % lanes == 0, "chunk", params.chunk,
                fmt::format("must be a multiple of the lanes of every mode ({})", lanes));
        most_lanes = std::max(most_lanes, lanes);
    }
    require(most_lanes > 0, "lanes_4bit", params.lanes_4bit,
            "must be positive in one mode at least (lanes_4bit, 8bit, 16bit, 32bit)");
    constexpr std::int64_t longest = 32768;
    require(
        params.rows * params.lanes_4bit <= longest, "rows", params.rows,
        fmt::format("rows * lanes_4bit must be at most {}, so that 32 bits hold every chunk's sum",
                    longest));
}

std::int64_t lanes(const Params& params, numerics::Precision precision) {
    switch (precision) {
        case numerics::Precision::four_bit:
            return params.lanes_4bit;
        case numerics::Precision::eight_bit:
            return params.lanes_8bit;
        case numerics::Precision::sixteen_bit:
            return params.lanes_16bit;
        case numerics::Precision::thirty_two_bit:
            return params.lanes_32bit;
    }
    throw std::invalid_argument("precision: no such enumerator");
}

std::int64_t lanes(const Params& params, numerics::Format moving, numerics::Format stationary) {
    const numerics::Precision precision = numerics::precision(moving, stationary);
    const std::int64_t lanes = mac_array::lanes(params, precision);
    if (lanes == 0) {
        const int bits = 4 << static_cast<int>(precision);
        throw std::invalid_argument(
            fmt::format("{} x {} needs the {}-bit mode: "
                        "core.array.lanes_{}bit = 0: the array has none",
                        numerics::name(moving), numerics::name(stationary), bits, bits));
    }
    return lanes;
}

int accumulator_bits(Accumulator accumulator) {
    return accumulator == Accumulator::fp32 || accumulator == Accumulator::int32 ? 32 : 16;
}

}  // namespace quatrain::mac_array
