// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/clocked_pins.hpp"

#include <memory>
#include <systemc>

namespace quatrain::mac_array {

namespace structure {
struct Parts;
}

/// The systolic array as a structure: one module per lane, PE, skew register, rounder and row
/// drain, and signals between them. The reference for ClockedArray at small sizes. The two have the
/// same pins and the same signal types, accept passes by the same decode(), and share numerics'
/// scalar primitives (rounding into an accumulator, group sums of the 16-bit mode); nothing else.
/// What works when follows here from valid bits and control words that travel with the data: a pass
/// is done when its last step is at the last PE, a rounder works when a valid sum comes out of its
/// column, the last step of an output-stationary pass waits while the last step of the pass before
/// is in registers that say so.
class StructuralArray : public ArrayPins {
public:
    StructuralArray(const sc_core::sc_module_name& name, const Params& params);
    ~StructuralArray() override;

    /// The events of the oldest done pass; removes them. Throws std::logic_error when no pass is
    /// done.
    EventCounts take_counts();

private:
    Params params_;
    std::unique_ptr<structure::Parts> parts_;
};

}  // namespace quatrain::mac_array
