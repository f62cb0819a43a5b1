// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/timing.hpp"

#include <algorithm>
#include <array>

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

int accumulator_bits(Accumulator accumulator) {
    return accumulator == Accumulator::fp32 || accumulator == Accumulator::int32 ? 32 : 16;
}

}  // namespace quatrain::mac_array
