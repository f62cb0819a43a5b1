// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/trace_file.hpp"
#include "tests/unit/dram/clocked_bench.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>
#include <set>

namespace quatrain::dram::tiny {
namespace {

using Numbers = std::set<std::uint64_t>;
using Texts = std::set<std::string>;
using Values = std::vector<std::string>;

/// A load of two DRAM bursts and a store of one, in core cycle 1, on a memory of two channels.
test::ValueChangeDump dump() {
    Params params = tiny_memory();
    params.channels = 2;
    DramImage image(1 << 16);
    const std::vector<Burst> bursts{{1, ClockedDram::load, 3 * 8192 + 256, 128},
                                    {1, ClockedDram::store, 64, 8}};
    const KernelContext kernel;
    ClockedDram memory("memory", tiny_standard(), params, {}, 2, 1, image);
    ClockedBench bench("bench", {}, memory, bursts);
    test::TraceFile trace;
    Probes probes(trace.file());
    memory.probe(probes, "dram");
    for (int cycle = 0; cycle < 30; ++cycle) {
        sc_core::sc_start(1, sc_core::SC_NS);
        probes.sample();
    }
    sc_core::sc_start(1, sc_core::SC_NS);
    return trace.read();
}

TEST(ClockedDram, AWaveformShowsQueuesCommandsAndRows) {
    const test::ValueChangeDump read = dump();
    for (const char* channel : {"dram.channel_0", "dram.channel_1"})
        for (const char* wire :
             {".requests_crossing", ".answers_crossing", ".arrived_reads", ".arrived_writes",
              ".reads", ".reads_passed", ".writes", ".writes_passed", ".reads_on_their_way",
              ".writing", ".blocked", ".bus_1.valid", ".rank_0.refresh_pending"})
            EXPECT_TRUE(read.has(std::string(channel) + wire)) << channel << wire;
    EXPECT_EQ(read.values("dram.port_0.bursts"), (Values{"0", "1", "0"}));
    EXPECT_EQ(read.values("dram.channel_0.reads"), (Values{"0", "1", "10", "1", "0"}));
    EXPECT_EQ(read.values("dram.channel_0.writing"), (Values{"0", "1", "0"}));
    EXPECT_EQ(read.texts("dram.channel_0.bus_0.kind"), (Texts{"", "activate", "read", "write"}));
    EXPECT_EQ(read.numbers("dram.channel_0.bus_0.row"), (Numbers{0, 3}));
    // Row 3 changes the numbers of banks and bank groups.
    EXPECT_EQ(read.values("dram.channel_0.rank_0.bank_1.row"), (Values{"0", "11"}));
    EXPECT_EQ(read.values("dram.channel_0.rank_0.bank_5.open"), (Values{"0", "1"}));
}

TEST(ClockedDram, AWaveformHasTheWidthsOfTheOrganisation) {
    const test::ValueChangeDump read = dump();
    const std::string command = "dram.channel_0.bus_0.";
    EXPECT_EQ(read.width(command + "bank_group"), 1);
    EXPECT_EQ(read.width(command + "bank"), 2);
    EXPECT_EQ(read.width(command + "row"), 4);
    EXPECT_EQ(read.width(command + "column"), 3);
    EXPECT_EQ(read.width("dram.channel_0.rank_0.bank_7.row"), 4);
    EXPECT_FALSE(read.has("dram.channel_0.rank_0.bank_8.row"));
    EXPECT_EQ(read.width("dram.channel_0.reads"), 6);  // 0 to 32
}

}  // namespace
}  // namespace quatrain::dram::tiny
