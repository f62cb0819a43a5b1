// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/trace_file.hpp"

#include <gtest/gtest.h>
#include <functional>
#include <memory>

namespace quatrain {
namespace {

/// The dump of `cycles` nanoseconds of what `show` adds to a trace file; `at` runs before each.
/// What `show` returns lives as long as the kernel.
test::ValueChangeDump dump(const std::function<std::shared_ptr<void>(Probes&)>& show, int cycles,
                           const std::function<void(int)>& at) {
    const KernelContext kernel;
    test::TraceFile trace;
    Probes probes(trace.file());
    const std::shared_ptr<void> kept = show(probes);
    for (int cycle = 0; cycle < cycles; ++cycle) {
        at(cycle);
        probes.sample();
        sc_core::sc_start(1, sc_core::SC_NS);
    }
    return trace.read();
}

TEST(Probes, ShowNumbersFlagsAndTextsWithTheirWidths) {
    std::uint64_t number = 0;
    const auto read = dump(
        [&](Probes& probes) {
            probes.number("block.number", 5, [&] { return number; });
            probes.flag("block.odd", [&] { return number % 2 == 1; });
            probes.text("block.part.text", 4, [&] { return number < 31 ? "ab" : "abcdef"; });
            return nullptr;
        },
        3, [&](int cycle) { number = cycle == 2 ? 31 : static_cast<std::uint64_t>(6 + cycle); });
    EXPECT_EQ(read.width("block.number"), 5);
    EXPECT_EQ(read.width("block.odd"), 1);
    EXPECT_EQ(read.width("block.part.text"), 32);
    EXPECT_EQ(read.values("block.number"), (std::vector<std::string>{"110", "111", "11111"}));
    EXPECT_EQ(read.values("block.odd"), (std::vector<std::string>{"0", "1"}));
    EXPECT_EQ(read.texts("block.part.text"), (std::set<std::string>{"ab", "abcd"}));
}

TEST(Probes, ANumberThatItsRegisterDoesNotHoldShowsAsUnknown) {
    std::uint64_t number = 0;
    const auto read = dump(
        [&](Probes& probes) {
            probes.number("number", 3, [&] { return number; });
            return nullptr;
        },
        2, [&](int cycle) { number = cycle == 0 ? 7 : 8; });
    ASSERT_EQ(read.values("number").size(), 2U);
    EXPECT_EQ(read.values("number")[0], "111");
    EXPECT_NE(read.values("number")[1].find('x'), std::string::npos) << read.values("number")[1];
}

TEST(Buses, TraceAllTheyHaveFromTheirFirstValueOn) {
    struct Signals {
        sc_core::sc_signal<OperandBeat> beat{"beat", idle_beat(3)};
        sc_core::sc_signal<WordRequests> requests{"requests", no_requests(2)};
        sc_core::sc_signal<WordGrants> grants{"grants", no_grants(2, 4)};
    };
    Signals* signals = nullptr;
    const auto read = dump(
        [&](Probes& probes) {
            auto made = std::make_shared<Signals>();
            signals = made.get();
            sc_trace(probes.file(), made->beat.read(), "beat");
            sc_trace(probes.file(), made->requests.read(), "asked");
            sc_trace(probes.file(), made->grants.read(), "granted");
            return made;
        },
        3,
        [&](int cycle) {
            if (cycle != 1) return;
            signals->beat.write({.valid = true, .last = false, .codes = {1, 2, 65535}});
            signals->requests.write({{{}, {.valid = true, .word = 5, .pending = 2}}});
            WordGrants answer = no_grants(2, 4);
            answer.banks[1].granted = true;
            signals->grants.write(answer);
        });
    EXPECT_EQ(read.numbers("beat.code_2"), (std::set<std::uint64_t>{0, 65535}));
    EXPECT_EQ(read.numbers("beat.valid"), (std::set<std::uint64_t>{0, 1}));
    EXPECT_FALSE(read.has("beat.code_3"));
    EXPECT_EQ(read.numbers("asked.bank_1.word"), (std::set<std::uint64_t>{0, 5}));
    EXPECT_EQ(read.width("asked.bank_1.word"), WordRequest::word_bits);
    EXPECT_EQ(read.numbers("asked.bank_1.pending"), (std::set<std::uint64_t>{0, 2}));
    EXPECT_EQ(read.numbers("granted.bank_1.granted"), (std::set<std::uint64_t>{0, 1}));
    EXPECT_FALSE(read.changes("granted.bank_0.granted"));
}

TEST(Buses, ABurstShowsTheLargestNumbersThatItsWiresHold) {
    struct Signals {
        sc_core::sc_signal<BurstRequest> request{"request"};
        sc_core::sc_signal<BurstResponses> responses{"responses"};
    };
    constexpr std::int64_t last_address = (std::int64_t{1} << dram_address_bits) - 1;
    Signals* signals = nullptr;
    const auto read = dump(
        [&](Probes& probes) {
            auto made = std::make_shared<Signals>();
            signals = made.get();
            probe(probes, "request", made->request);
            probe(probes, "responses", made->responses);
            return made;
        },
        3,
        [&](int cycle) {
            if (cycle != 1) return;
            signals->request.write(
                {.valid = true, .tag = 1, .address = last_address, .bytes = 65536, .data = {}});
            signals->responses.write({.count = 65536, .bursts = {}});
        });
    EXPECT_EQ(read.numbers("request.address"), (std::set<std::uint64_t>{0, last_address}));
    EXPECT_EQ(read.numbers("request.bytes"), (std::set<std::uint64_t>{0, 65536}));
    EXPECT_EQ(read.numbers("responses.count"), (std::set<std::uint64_t>{0, 65536}));
}

TEST(Buses, WithoutASizeCannotBeTraced) {
    EXPECT_THROW(sc_trace(nullptr, OperandBeat{}, "beat"), std::logic_error);
    EXPECT_THROW(sc_trace(nullptr, WordRequests{}, "asked"), std::logic_error);
    EXPECT_THROW(sc_trace(nullptr, WordGrants{}, "granted"), std::logic_error);
}

}  // namespace
}  // namespace quatrain
