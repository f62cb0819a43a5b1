// SPDX-License-Identifier: Apache-2.0
#include "tests/support/trace_file.hpp"
#include "tests/unit/scratchpad/clocked_bench.hpp"

#include <gtest/gtest.h>

namespace quatrain::scratchpad {
namespace {

using Values = std::vector<std::string>;

TEST(ClockedScratchpad, AWaveformShowsWhatIsOpenWaitsAndIsLeft) {
    const std::vector<Burst> bursts{{1, 0, 0, 20}, {2, 1, 0, 9}, {3, 0, 0, 8}};
    const KernelContext kernel;
    ClockedBench bench({.bytes = 64, .bytes_per_cycle = 8, .latency_cycles = 2}, 2, 2);
    test::TraceFile trace;
    Probes probes(trace.file());
    bench.scratchpad.probe(probes, "scratchpad");
    bench.run({}, 1);
    for (std::size_t cycle = 1; cycle < 20; ++cycle) {
        std::vector<BurstRequest> now(2);
        for (std::size_t i = 0; i < bursts.size(); ++i)
            if (bursts[i].cycle == bench.cycle)
                now[bursts[i].port] = {true, i, bursts[i].address, bursts[i].bytes,
                                       data_of(i, bursts[i].bytes)};
        bench.end_cycle(now);
        probes.sample();
    }
    bench.end_cycle({{}, {}});
    const test::ValueChangeDump read = trace.read();
    // Served in 1 to 3, 4 and 5, and 6.
    EXPECT_EQ(read.values("scratchpad.waiting"), (Values{"0", "1", "10", "1", "0"}));
    EXPECT_EQ(read.values("scratchpad.bytes_left"),
              (Values{"0", "1100", "100", "1001", "1", "1000", "0"}));
    EXPECT_EQ(read.values("scratchpad.port_0.bursts"), (Values{"0", "1", "10", "1", "0"}));
    EXPECT_EQ(read.values("scratchpad.port_1.bursts"), (Values{"0", "1", "0"}));
    EXPECT_FALSE(read.has("scratchpad.port_2.bursts"));
    EXPECT_EQ(read.width("scratchpad.bytes_left"), burst_byte_bits);
    EXPECT_EQ(read.width("scratchpad.port_1.bursts"), burst_count_bits);
}

}  // namespace
}  // namespace quatrain::scratchpad
