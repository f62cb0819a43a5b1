// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/trace_file.hpp"
#include "tests/unit/ring/clocked_bench.hpp"

#include <gtest/gtest.h>

namespace quatrain::ring {
namespace {

using Values = std::vector<std::string>;

/// What shows of a ring of five stops, the links of which have three places. Stop 0 sends three
/// messages of two flits to stop 1, then one to stop 2, which waits for the link 1 -> 2.
test::ValueChangeDump dump() {
    const std::vector<Sent> messages{{1, 0, 1, 9, 9},   {2, 0, 1, 16, 8}, {3, 0, 1, 16, 0},
                                     {3, 2, 1, 16, 16}, {4, 1, 2, 64, 0}, {5, 0, 2, 8, 0}};
    const KernelContext kernel;
    ClockedRing ring("ring", {.bytes_per_cycle = 8, .hop_cycles = 3}, 5, 4);
    ClockedBench bench("bench", ring, messages);
    test::TraceFile trace;
    Probes probes(trace.file());
    ring.probe(probes, "ring");
    sc_trace(trace.file(), bench.inject[0].read(), "inject_0");
    probe(probes, "inject_0", bench.inject[0]);
    sc_trace(trace.file(), bench.deliver[1].read(), "deliver_1");
    probe(probes, "deliver_1", bench.deliver[1]);
    for (int cycle = 0; cycle < 20; ++cycle) {
        sc_core::sc_start(1, sc_core::SC_NS);
        probes.sample();
    }
    sc_core::sc_start(1, sc_core::SC_NS);
    return trace.read();
}

TEST(ClockedRing, AWaveformShowsWhatWaitsAndMoves) {
    const test::ValueChangeDump read = dump();
    const std::string stop = "ring.stop_0.clockwise.";
    EXPECT_EQ(read.values(stop + "waiting"), (Values{"0", "1", "10", "1", "10", "1", "0"}));
    EXPECT_EQ(read.values(stop + "enters_in"), (Values{"0", "10", "1", "0"}));
    EXPECT_EQ(read.values(stop + "free_in"),
              (Values{"0", "1", "10", "11", "10", "100", "11", "10", "1", "0"}));
    EXPECT_EQ(read.values(stop + "valid"), (Values{"0", "1", "0", "1", "0"}));
    EXPECT_EQ(read.values(stop + "last"), (Values{"0", "1", "0", "1", "0", "1", "0", "1", "0"}));
    EXPECT_EQ(read.values(stop + "tag"), (Values{"0", "1", "10", "0", "101", "0"}));
    EXPECT_EQ(read.values(stop + "to"), (Values{"0", "1", "0", "10", "0"}));
    EXPECT_EQ(read.values("ring.stop_2.anticlockwise.tag"), (Values{"0", "11", "0"}));
    EXPECT_FALSE(read.changes("ring.stop_3.clockwise.valid"));
    EXPECT_FALSE(read.has("ring.stop_5.clockwise.valid"));
}

TEST(ClockedRing, AWaveformShowsWhatGoesInAndComesOut) {
    const test::ValueChangeDump read = dump();
    const auto payload = [](std::size_t number) { return shown_data(payload_of(number, 8)); };
    EXPECT_EQ(read.numbers("inject_0.tag"), (std::set<std::uint64_t>{0, 1, 2, 5}));
    EXPECT_EQ(read.numbers("inject_0.bytes"), (std::set<std::uint64_t>{0, 8, 9, 16}));
    EXPECT_EQ(read.values("inject_0.to"), (Values{"0", "1", "0", "10", "0"}));
    EXPECT_EQ(read.values("inject_0.valid"), (Values{"0", "1", "0", "1", "0"}));
    EXPECT_EQ(read.numbers("inject_0.payload"),
              (std::set<std::uint64_t>{0, payload(0), payload(1)}));
    EXPECT_EQ(read.values("deliver_1.count"), (Values{"0", "1", "0", "10", "0", "1", "0"}));
    EXPECT_EQ(read.values("deliver_1.message_0.tag"), (Values{"0", "1", "0", "10", "0"}));
    EXPECT_EQ(read.values("deliver_1.message_1.from"), (Values{"0", "10", "0"}));
    EXPECT_EQ(read.values("deliver_1.message_1.tag"), (Values{"0", "11", "0"}));
    EXPECT_EQ(read.numbers("deliver_1.message_1.payload"),
              (std::set<std::uint64_t>{0, payload(3)}));
}

TEST(ClockedRing, AWaveformHasTheWidthsOfTheRegisters) {
    const test::ValueChangeDump read = dump();
    const std::string stop = "ring.stop_4.anticlockwise.";
    EXPECT_EQ(read.width(stop + "enters_in"), reservation_bits);
    EXPECT_EQ(read.width(stop + "free_in"), reservation_bits);
    EXPECT_EQ(read.width(stop + "to"), ring_stop_bits);
    EXPECT_EQ(read.width(stop + "tag"), ring_tag_bits);
    EXPECT_EQ(read.width("inject_0.to"), ring_stop_bits);
    EXPECT_EQ(read.width("inject_0.tag"), ring_tag_bits);
    EXPECT_EQ(read.width("inject_0.bytes"), ring_byte_bits);
    EXPECT_EQ(read.width("inject_0.payload"), 64);
    EXPECT_EQ(read.width("deliver_1.count"), 2);
    EXPECT_EQ(read.width("deliver_1.message_1.from"), ring_stop_bits);
    EXPECT_EQ(read.width("deliver_1.message_1.tag"), ring_tag_bits);
    EXPECT_EQ(read.width("deliver_1.message_1.payload"), 64);
}

}  // namespace
}  // namespace quatrain::ring
