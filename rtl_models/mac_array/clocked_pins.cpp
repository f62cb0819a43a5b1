// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_pins.hpp"

namespace quatrain::mac_array {

PortWidth accumulator_width(const Params& params) {
    const std::int64_t row = params.cols * accumulator_bits(params.accumulator);
    return {.read_bits = row, .write_bits = row};
}

}  // namespace quatrain::mac_array
