// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/scratchpad/clocked.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::scratchpad {

/// A burst that shows at a port in `cycle`. Lists of them are in the order of (cycle, port).
struct Burst {
    std::int64_t cycle = 0;
    std::size_t port = 0;
    std::int64_t address = 0, bytes = 1;
};

/// An answer that shows at a port.
struct Answer {
    std::int64_t cycle = 0;
    std::size_t port = 0;
    std::uint64_t tag = 0;
    std::vector<std::byte> data;
    bool operator==(const Answer&) const = default;
};

/// The tag of a list's burst `number`; not 0, and they wrap around.
inline std::uint64_t tag_of(std::size_t number) {
    return (65530 + number) % 65536;
}

/// What a list's burst `number` writes, where it is a store.
inline std::vector<std::byte> data_of(std::size_t number, std::int64_t bytes) {
    std::vector<std::byte> data;
    for (std::int64_t i = 0; i < bytes; ++i)
        data.push_back(static_cast<std::byte>(17 * number + static_cast<std::size_t>(i) + 1));
    return data;
}

/// A scratchpad at whose ports a test plays the DMA engines. Made in a SystemC kernel.
struct ClockedBench {
    ClockedBench(const Params& params, std::size_t ports, std::int64_t bursts_in_flight)
        : image(params.bytes),
          scratchpad("scratchpad", params, static_cast<std::int64_t>(ports), bursts_in_flight,
                     image),
          requests("requests", ports),
          responses("responses", ports) {
        scratchpad.clock(clock.signal());
        scratchpad.requests(requests);
        scratchpad.responses(responses);
        sc_core::sc_start(0.5, sc_core::SC_NS);
    }

    /// Ends the cycle in which `now` shows, one request per port.
    void end_cycle(const std::vector<BurstRequest>& now) {
        for (std::size_t port = 0; port < now.size(); ++port) requests[port].write(now[port]);
        clock.cycle();
        ++cycle;
        for (std::size_t port = 0; port < responses.size(); ++port) {
            const BurstResponses& shown = responses[port].read();
            if (shown.count != std::ssize(shown.bursts)) ++wrong_counts;
            for (const BurstResponse& one : shown.bursts)
                answers.push_back({cycle, port, one.tag, one.data});
        }
    }
    /// Cycles 0 to `cycles` - 1, in which the bursts show.
    void run(const std::vector<Burst>& bursts, std::int64_t cycles) {
        std::size_t next = 0;
        while (cycle < cycles) {
            std::vector<BurstRequest> now(requests.size());
            for (; next < bursts.size() && bursts[next].cycle == cycle; ++next) {
                const Burst& one = bursts[next];
                now[one.port] = {true, tag_of(next), one.address, one.bytes, {}};
                if (one.port % 2 == ClockedScratchpad::store)
                    now[one.port].data = data_of(next, one.bytes);
            }
            end_cycle(now);
        }
    }
    std::string failure() const { return test::failure_text(scratchpad.failure()); }

    test::HandClock clock;
    ScratchpadImage image;
    ClockedScratchpad scratchpad;
    sc_core::sc_vector<sc_core::sc_signal<BurstRequest>> requests;
    sc_core::sc_vector<sc_core::sc_signal<BurstResponses>> responses;
    std::int64_t cycle = 0;
    std::vector<Answer> answers;  ///< in the order of cycles, then of ports
    int wrong_counts = 0;         ///< answers whose count is not that of their bursts
};

}  // namespace quatrain::scratchpad
