// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/numerics/format.hpp"

#include <span>

namespace quatrain::mac_array {

/// The counters of one kind of multiply-accumulate: all, and those with a zero operand.
struct MacEvents {
    Event macs;
    Event zero_macs;
};

/// Every kind, the narrowest first.
std::span<const MacEvents> mac_kinds();

/// The kind that multiplies a pair of formats. Throws as numerics::precision() does.
MacEvents mac_events(numerics::Format moving, numerics::Format stationary);

}  // namespace quatrain::mac_array
