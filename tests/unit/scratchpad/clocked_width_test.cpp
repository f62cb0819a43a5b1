// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratchpad/clocked_bench.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace quatrain::scratchpad {
namespace {

constexpr std::int64_t image_bytes = 1 << 18;
constexpr Params usual{.bytes = image_bytes, .bytes_per_cycle = 128, .latency_cycles = 10};
constexpr std::int64_t longest = (1 << 17) - 1;  ///< burst [bytes]

struct Request {
    std::size_t port = ClockedScratchpad::load;
    std::uint64_t tag = 0;
    std::int64_t address = 0, bytes = 1;
    std::vector<std::byte> data{};
    std::int64_t idle_cycles = 0;  ///< behind it
};

/// What the scratchpad, made for two bursts at either port, says after requests one after the
/// other, whether or not it has answered.
std::string failure_after(const std::vector<Request>& asked) {
    const KernelContext kernel;
    ClockedBench bench(usual, 2, 2);
    for (const Request& one : asked) {
        std::vector<BurstRequest> now(2);
        now[one.port] = {true, one.tag, one.address, one.bytes, one.data};
        bench.end_cycle(now);
        for (std::int64_t i = 0; i < one.idle_cycles; ++i) bench.end_cycle({{}, {}});
    }
    return bench.failure();
}

TEST(ClockedScratchpad, AValueBeyondItsRegisterIsNamed) {
    EXPECT_EQ(failure_after({{.address = 1 << 30}}),
              "register scratchpad address = 1073741824: holds 0 to 1073741823");
    EXPECT_EQ(failure_after({{.address = -1}}),
              "register scratchpad address = -1: holds 0 to 1073741823");
    EXPECT_EQ(failure_after({{.bytes = longest}}), "no failure");
    EXPECT_EQ(failure_after({{.bytes = longest + 1}}),
              "register scratchpad burst bytes = 131072: holds 1 to 131071");
    EXPECT_EQ(failure_after({{.bytes = 0}}),
              "register scratchpad burst bytes = 0: holds 1 to 131071");
    EXPECT_EQ(failure_after({{.tag = 65535}}), "no failure");
    EXPECT_EQ(failure_after({{.tag = 65536}}), "register scratchpad tag = 65536: holds 0 to 65535");
}

TEST(ClockedScratchpad, AnAddressOutsideTheContentsIsAnError) {
    EXPECT_EQ(failure_after({{.address = image_bytes - 5, .bytes = 5}}), "no failure");
    EXPECT_EQ(failure_after({{.address = image_bytes - 4, .bytes = 5}}),
              "no overflow: scratchpad: 5 bytes at 262140 lie outside its 262144 bytes");
    EXPECT_EQ(failure_after({{.address = (1 << 30) - 1}}),
              "no overflow: scratchpad: 1 bytes at 1073741823 lie outside its 262144 bytes");
}

TEST(ClockedScratchpad, AStoreHasAsMuchDataAsItSays) {
    const std::vector<std::byte> five(5);
    const std::size_t store = ClockedScratchpad::store;
    EXPECT_EQ(failure_after({{.port = store, .tag = 7, .bytes = 5, .data = five}}), "no failure");
    EXPECT_EQ(failure_after({{.port = store, .tag = 7, .bytes = 4, .data = five}}),
              "no overflow: scratchpad: store 7 has 4 bytes and data of 5");
    EXPECT_EQ(failure_after({{.port = store, .tag = 7, .bytes = 6, .data = five}}),
              "no overflow: scratchpad: store 7 has 6 bytes and data of 5");
}

TEST(ClockedScratchpad, MoreBurstsThanAnEngineHasInFlightOverflow) {
    const std::vector<std::byte> one(1);
    const Request store{.port = ClockedScratchpad::store, .tag = 0, .data = one};
    EXPECT_EQ(failure_after({{.tag = 0}, {.tag = 1}, store}), "no failure");
    EXPECT_EQ(failure_after({{.tag = 0}, {.tag = 1}, {.tag = 2}}),
              "register scratchpad open bursts = 3: holds 0 to 2");
    // The first, of cycle 0, is answered at the end of cycle 10.
    EXPECT_EQ(failure_after({{.tag = 0}, {.tag = 1, .idle_cycles = 8}, {.tag = 2}}),
              "register scratchpad open bursts = 3: holds 0 to 2");
    EXPECT_EQ(failure_after({{.tag = 0}, {.tag = 1, .idle_cycles = 9}, {.tag = 2}}), "no failure");
}

TEST(ClockedScratchpad, ATagThatIsInFlightCannotBeUsedAgain) {
    EXPECT_EQ(failure_after({{.tag = 7}, {.tag = 7}}),
              "no overflow: scratchpad: a request with tag 7, which is in flight");
    EXPECT_EQ(failure_after({{.tag = 7, .idle_cycles = 9}, {.tag = 7}}),
              "no overflow: scratchpad: a request with tag 7, which is in flight");
    EXPECT_EQ(failure_after({{.tag = 7, .idle_cycles = 10}, {.tag = 7}}), "no failure");
}

TEST(ClockedScratchpad, ARequestThatIsNotValidIsNone) {
    const KernelContext kernel;
    ClockedBench bench(usual, 2, 2);
    bench.end_cycle({{false, 65536, -1, 5, {}}, {false, 0, 0, 5, {}}});
    for (int i = 0; i < 20; ++i) bench.end_cycle({{}, {}});
    EXPECT_EQ(bench.failure(), "no failure");
    EXPECT_TRUE(bench.answers.empty());
}

TEST(ClockedScratchpad, StandsStillBehindAFailure) {
    const KernelContext kernel;
    ClockedBench bench(usual, 2, 2);
    bench.end_cycle({{true, 0, 0, 1, {}}, {}});
    bench.end_cycle({{true, 1, 0, 0, {}}, {}});
    for (int i = 0; i < 20; ++i) bench.end_cycle({{}, {}});
    EXPECT_TRUE(bench.answers.empty());
}

TEST(ClockedScratchpad, ParametersBeyondTheirRegistersAreRefused) {
    const KernelContext kernel;
    ScratchpadImage image(0);
    const auto make = [&](const Params& params) {
        const ClockedScratchpad scratchpad(sc_core::sc_gen_unique_name("scratchpad"), params, 2, 1,
                                           image);
    };
    EXPECT_NO_THROW(make({.bytes_per_cycle = 65536, .latency_cycles = 1000}));
    EXPECT_NO_THROW(make({.bytes_per_cycle = 1, .latency_cycles = 0}));
    EXPECT_THROW(make({.bytes_per_cycle = 0}), std::overflow_error);
    EXPECT_THROW(make({.bytes_per_cycle = 1 << 17}), std::overflow_error);
    EXPECT_THROW(make({.latency_cycles = -1}), std::overflow_error);
    EXPECT_THROW(make({.latency_cycles = 1001}), std::overflow_error);
}

TEST(ClockedScratchpad, TheWidthsHoldWhatTheParametersAllow) {
    const auto info = parameter_info(Params{});
    EXPECT_EQ(info[0].maximum, double{1 << address_bits});
    EXPECT_EQ(info[1].minimum, 1);
    EXPECT_LT(info[1].maximum, double{1 << bytes_per_cycle_bits});
    EXPECT_EQ(info[2].maximum, double{most_latency_cycles});
}

}  // namespace
}  // namespace quatrain::scratchpad
