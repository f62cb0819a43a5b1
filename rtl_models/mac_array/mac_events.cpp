// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/mac_events.hpp"

#include <array>

namespace quatrain::mac_array {
namespace {

using enum Event;
constexpr MacEvents integer{macs_uint4_int4, zero_macs_uint4_int4};
constexpr MacEvents logarithmic{macs_int4_fp4, zero_macs_int4_fp4};
constexpr MacEvents eight_bit{macs_eight_bit, zero_macs_eight_bit};
constexpr MacEvents sixteen_bit{macs_sixteen_bit, zero_macs_sixteen_bit};
constexpr MacEvents thirty_two_bit{macs_thirty_two_bit, zero_macs_thirty_two_bit};

}  // namespace

std::span<const MacEvents> mac_kinds() {
    static constexpr std::array all{integer, logarithmic, eight_bit, sixteen_bit, thirty_two_bit};
    return all;
}

MacEvents mac_events(numerics::Format moving, numerics::Format stationary) {
    using numerics::Format;
    using numerics::Precision;
    switch (numerics::precision(moving, stationary)) {
        case Precision::eight_bit:
            return eight_bit;
        case Precision::sixteen_bit:
            return sixteen_bit;
        case Precision::thirty_two_bit:
            return thirty_two_bit;
        case Precision::four_bit:
            break;
    }
    return moving == Format::fp4_r4 || stationary == Format::fp4_r4 ? logarithmic : integer;
}

}  // namespace quatrain::mac_array
