// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/buffer/clocked.hpp"

#include "tests/support/hand_clock.hpp"

#include <deque>
#include <functional>
#include <random>

namespace quatrain::buffer {

using Random = std::mt19937_64;

inline std::int64_t below(Random& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

/// Calls `body` at every rising edge.
class EdgeProcess : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    std::function<void()> body = [] {};

    explicit EdgeProcess(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_HAS_PROCESS(EdgeProcess);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() { body(); }
};

/// A buffer with a clock, and processes of the test's own before and after it in the order of
/// construction.
struct Bench {
    explicit Bench(const BankedParams& params)
        : first("first"), buffer("moving", params), second("second") {
        for (EdgeProcess* one : {&first, &second}) one->clock(clock.signal());
        buffer.clock(clock.signal());
        for (std::int64_t i = 0; i < params.read_groups; ++i) {
            requests.emplace_back();
            grants.emplace_back();
            buffer.requests[static_cast<std::size_t>(i)](requests.back());
            buffer.grants[static_cast<std::size_t>(i)](grants.back());
        }
    }
    void cycle() {
        clock.cycle();
        if (buffer.failure()) std::rethrow_exception(buffer.failure());
    }

    test::HandClock clock;
    EdgeProcess first;
    ClockedBuffer buffer;
    EdgeProcess second;
    std::deque<sc_core::sc_signal<WordRequests>> requests;
    std::deque<sc_core::sc_signal<WordGrants>> grants;
};

}  // namespace quatrain::buffer
