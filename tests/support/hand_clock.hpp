// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemc>

namespace quatrain::test {

/// A clock that a test moves by hand. An sc_clock always has its next edge pending, which a kernel
/// that ends with its test never frees.
class HandClock {
public:
    /// One rising edge and the cycle behind it, 1 ns.
    void cycle() {
        for (const bool level : {true, false}) {
            signal_.write(level);
            sc_core::sc_start(0.5, sc_core::SC_NS);
        }
    }
    sc_core::sc_signal<bool>& signal() { return signal_; }

private:
    sc_core::sc_signal<bool> signal_{"clock"};
};

}  // namespace quatrain::test
