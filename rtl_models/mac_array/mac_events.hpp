// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/numerics/format.hpp"

namespace quatrain::mac_array {

/// The kind that multiplies a pair of formats. Throws as numerics::precision() does.
MacEvents mac_events(numerics::Format moving, numerics::Format stationary);

}  // namespace quatrain::mac_array
