// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <systemc>
#include <vector>

namespace quatrain::machine {

/// A wire that is several cycles long, a shift register: what shows at `in` in cycle t shows at
/// `out` in t + stages. T{} is an idle wire.
template <class T>
class ClockedWire final : public sc_core::sc_module {
public:
    /// `stages`: at least 1.
    ClockedWire(const sc_core::sc_module_name& name, std::int64_t stages)
        : sc_module(name), places_(static_cast<std::size_t>(stages)) {
        SC_HAS_PROCESS(ClockedWire);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<T> in{"in"};
    sc_core::sc_out<T> out{"out"};

    /// Nothing has entered that does not show yet, or shows now.
    bool idle() const { return travelling_ == 0; }

private:
    void edge() {
        const bool enters = !(in.read() == T{});
        if (!enters && travelling_ == 0) return;  // nothing moves
        if (!(places_[shown_] == T{})) --travelling_;
        if (enters) ++travelling_;
        places_[shown_] = in.read();
        shown_ = shown_ + 1 == places_.size() ? 0 : shown_ + 1;
        out.write(places_[shown_]);
    }

    std::vector<T> places_;  ///< a ring: the one that shows, behind it those that come next
    std::size_t shown_ = 0;
    std::size_t travelling_ = 0;  ///< places that are not idle
};

}  // namespace quatrain::machine
