// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/ring/clocked.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::ring {
namespace {

constexpr std::int64_t longest = (std::int64_t{1} << ring_byte_bits) - 1;  ///< message [bytes]
constexpr std::uint64_t last_tag = (std::uint64_t{1} << ring_tag_bits) - 1;

/// A ring at whose stops a test plays the blocks.
struct Pins {
    Pins(const Params& params, std::int64_t stops, std::int64_t waiting)
        : ring("ring", params, stops, waiting),
          inject("inject", static_cast<std::size_t>(stops)),
          deliver("deliver", static_cast<std::size_t>(stops)) {
        ring.clock(clock.signal());
        ring.inject(inject);
        ring.deliver(deliver);
        sc_core::sc_start(0.5, sc_core::SC_NS);
    }
    std::string failure() const { return test::failure_text(ring.failure()); }

    test::HandClock clock;
    ClockedRing ring;
    sc_core::sc_vector<sc_core::sc_signal<RingMessage>> inject;
    sc_core::sc_vector<sc_core::sc_signal<RingDeliveries>> deliver;
};

/// What a ring of four stops says of a message at stop 1.
std::string failure_of(const RingMessage& message) {
    const KernelContext kernel;
    Pins pins({}, 4, 1);
    pins.inject[1].write(message);
    pins.clock.cycle();
    return pins.failure();
}

TEST(ClockedRing, AValueBeyondItsRegisterIsNamed) {
    EXPECT_EQ(failure_of({true, 0, 0, 1, {}}), "no failure");
    EXPECT_EQ(failure_of({true, 3, last_tag, longest, {}}), "no failure");
    EXPECT_EQ(failure_of({true, 4, 0, 1, {}}), "register ring to = 4: holds 0 to 3");
    EXPECT_EQ(failure_of({true, -1, 0, 1, {}}), "register ring to = -1: holds 0 to 3");
    EXPECT_EQ(failure_of({true, 0, last_tag + 1, 1, {}}),
              "register ring tag = 4294967296: holds 0 to 4294967295");
    EXPECT_EQ(failure_of({true, 0, 0, 0, {}}), "register ring bytes = 0: holds 1 to 131071");
    EXPECT_EQ(failure_of({true, 0, 0, longest + 1, {}}),
              "register ring bytes = 131072: holds 1 to 131071");
    EXPECT_EQ(failure_of({false, 1, last_tag + 1, 0, {}}), "no failure");
}

TEST(ClockedRing, AMessageThatCannotBeIsAnError) {
    const std::vector<std::byte> five(5), six(6);
    EXPECT_EQ(failure_of({true, 1, 0, 1, {}}),
              "no overflow: ring: a message from stop 1 to itself");
    EXPECT_EQ(failure_of({true, 0, 7, 5, five}), "no failure");
    EXPECT_EQ(failure_of({true, 0, 7, 5, six}),
              "no overflow: ring: message 7 has 5 bytes and a payload of 6");
}

/// A message of three flits every cycle.
TEST(ClockedRing, MoreMessagesThanAStopHoldsAreAnOverflow) {
    const KernelContext kernel;
    Pins pins({.bytes_per_cycle = 1, .hop_cycles = 1}, 4, 3);
    for (const std::int64_t to : {0, 2, 0, 2, 0, 2, 0}) {
        pins.inject[1].write({true, to, 0, 3, {}});
        pins.clock.cycle();
        EXPECT_EQ(pins.failure(), "no failure");
    }
    for (int i = 0; i < 2; ++i) {
        pins.inject[1].write({true, 0, 0, 3, {}});
        pins.clock.cycle();
    }
    EXPECT_EQ(pins.failure(), "register ring messages = 4: holds 0 to 3");
}

/// 128 stops send the longest messages over one link, one byte per cycle.
TEST(ClockedRing, AReservationBeyondItsRegisterIsNamed) {
    const KernelContext kernel;
    Pins pins({.bytes_per_cycle = 1, .hop_cycles = 1}, most_stops, 300);
    for (std::size_t stop = 0; stop < 128; ++stop)
        pins.inject[stop].write({true, 128, 0, longest, {}});
    for (int i = 0; i < 256; ++i) pins.clock.cycle();
    EXPECT_EQ(pins.failure(), "no failure");
    pins.clock.cycle();
    // Of the first link: 32769 messages, 256 cycles later.
    static_assert(32769 * longest - 256 == 4295065343);
    EXPECT_EQ(pins.failure(), "register ring reservation = 4295065343: holds 0 to 4294967295");
}

TEST(ClockedRing, ParametersBeyondTheirRegistersAreRefused) {
    const KernelContext kernel;
    const auto make = [](const Params& params, std::int64_t stops) {
        const ClockedRing ring(sc_core::sc_gen_unique_name("ring"), params, stops, 1);
    };
    EXPECT_NO_THROW(make({.bytes_per_cycle = 65536, .hop_cycles = 1000}, 2));
    EXPECT_NO_THROW(make({}, 256));
    EXPECT_THROW(make({.bytes_per_cycle = 1 << 17}, 2), std::overflow_error);
    EXPECT_THROW(make({.hop_cycles = 1001}, 2), std::overflow_error);
    EXPECT_THROW(make({.hop_cycles = 0}, 2), std::overflow_error);
    EXPECT_THROW(make({}, 1), std::overflow_error);
    EXPECT_THROW(make({}, 257), std::overflow_error);
}

TEST(ClockedRing, TheWidthsHoldWhatTheParametersAllow) {
    const auto info = parameter_info(Params{});
    EXPECT_LT(info[0].maximum, double{1 << bytes_per_cycle_bits});
    EXPECT_EQ(info[1].maximum, double{most_hop_cycles});
}

}  // namespace
}  // namespace quatrain::ring
