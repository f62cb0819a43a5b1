// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/mac_events.hpp"

namespace quatrain::mac_array {

MacEvents mac_events(numerics::Format moving, numerics::Format stationary) {
    using numerics::Format;
    using numerics::Precision;
    using enum Event;
    switch (numerics::precision(moving, stationary)) {
        case Precision::eight_bit:
            return {macs_eight_bit, zero_macs_eight_bit};
        case Precision::sixteen_bit:
            return {macs_sixteen_bit, zero_macs_sixteen_bit};
        case Precision::thirty_two_bit:
            return {macs_thirty_two_bit, zero_macs_thirty_two_bit};
        case Precision::four_bit:
            break;
    }
    if (moving == Format::fp4_r4 || stationary == Format::fp4_r4)
        return {macs_int4_fp4, zero_macs_int4_fp4};
    return {macs_uint4_int4, zero_macs_uint4_int4};
}

}  // namespace quatrain::mac_array
