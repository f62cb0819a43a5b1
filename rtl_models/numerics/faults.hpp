// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace quatrain::numerics {

/// Numeric faults of conversions [elements]. A conversion adds to them; null pointers to Faults
/// mean "do not count".
struct Faults {
    std::uint64_t nan = 0;       ///< NaN inputs
    std::uint64_t infinity = 0;  ///< infinite inputs
    std::uint64_t saturated =
        0;  ///< finite inputs that overflow a 16-bit or 8-bit floating-point format
    /// Finite gradients beyond the odd phase's largest value, 32. No fault, but counted beside
    /// them.
    std::uint64_t odd_clipped = 0;

    Faults& operator+=(const Faults& other) {
        nan += other.nan;
        infinity += other.infinity;
        saturated += other.saturated;
        odd_clipped += other.odd_clipped;
        return *this;
    }
    bool operator==(const Faults&) const = default;
};

}  // namespace quatrain::numerics
