// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/dram/clocked.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace quatrain::dram {
namespace {

constexpr std::int64_t capacity = 1 << 20;

/// One channel that moves 1 byte per cycle.
Params slow() {
    return {.channels = 1,
            .channel_millibytes_per_cycle = 1000,
            .latency_cycles = 0,
            .interleave_bytes = capacity,
            .capacity_bytes = capacity};
}

struct Request {
    std::size_t engine = ClockedDram::load;
    std::uint64_t tag = 0;
    std::int64_t address = 0, bytes = 1;
};

/// What the DRAM, made for one burst of either engine, says after requests in cycles one after the
/// other, whether or not it has answered.
std::string failure_after(const Params& params, const std::vector<Request>& asked) {
    DramImage image(capacity);
    const KernelContext kernel;
    test::HandClock clock;
    std::array<sc_core::sc_signal<BurstRequest>, 2> requests;
    std::array<sc_core::sc_signal<BurstResponses>, 2> responses;
    ClockedDram memory("memory", params, 1, image);
    memory.clock(clock.signal());
    for (std::size_t e = 0; e < 2; ++e) {
        memory.requests[e](requests[e]);
        memory.responses[e](responses[e]);
    }
    for (const Request& one : asked) {
        for (auto& pin : requests) pin.write({});
        requests[one.engine].write({true, one.tag, one.address, one.bytes, {}});
        clock.cycle();
    }
    return test::failure_text(memory.failure());
}

TEST(ClockedDram, AValueBeyondItsRegisterIsNamed) {
    EXPECT_EQ(failure_after(slow(), {{.address = std::int64_t{1} << 50}}),
              "register dram address = 1125899906842624: holds 0 to 1125899906842623");
    EXPECT_EQ(failure_after(slow(), {{.bytes = 1 << 17}}),
              "register dram burst bytes = 131072: holds 1 to 131071");
    EXPECT_EQ(failure_after(slow(), {{.bytes = 0}}),
              "register dram burst bytes = 0: holds 1 to 131071");
    EXPECT_EQ(failure_after(slow(), {{.tag = 65535}}), "no failure");
    EXPECT_EQ(failure_after(slow(), {{.tag = 65536}}),
              "register dram tag = 65536: holds 0 to 65535");
    EXPECT_EQ(failure_after(slow(), {{.bytes = 65536}}), "no failure");
    EXPECT_EQ(failure_after(slow(), {{.bytes = 67109}}),
              "register dram part millibytes = 67109000: holds 0 to 67108863");
}

TEST(ClockedDram, MoreBurstsThanTheEnginesHaveInFlightOverflowTheQueue) {
    std::vector<Request> requests{{.tag = 0, .bytes = 9}, {ClockedDram::store, 0, 0, 9}};
    EXPECT_EQ(failure_after(slow(), requests), "no failure");
    requests.push_back({.tag = 1});
    EXPECT_EQ(failure_after(slow(), requests), "register dram channel queue = 3: holds 0 to 2");
}

TEST(ClockedDram, MoreBurstsThanTheEnginesHaveInFlightOverflowTheDelayLine) {
    Params params = slow();
    params.latency_cycles = 2;
    const std::vector<Request> requests{{.tag = 0}, {.tag = 1}, {.tag = 2}};
    EXPECT_EQ(failure_after(params, requests), "register dram delay line = 3: holds 0 to 2");
    params.latency_cycles = 1;
    EXPECT_EQ(failure_after(params, requests), "no failure");
}

TEST(ClockedDram, PartsOfABurstForOneBusTakeOnePlaceInItsQueue) {
    Params params = slow();
    params.channels = 2;
    params.interleave_bytes = 1;
    EXPECT_EQ(failure_after(params, {{.bytes = 300}, {ClockedDram::store, 0, 0, 300}}),
              "no failure");
}

TEST(ClockedDram, ATagThatIsInFlightCannotBeUsedAgain) {
    EXPECT_EQ(failure_after(slow(), {{.tag = 7, .bytes = 9}, {.tag = 7}}),
              "no overflow: dram: a request with tag 7, which is in flight");
    EXPECT_EQ(failure_after(slow(), {{.tag = 7}, {.tag = 7}}), "no failure");
}

TEST(ClockedDram, ParametersBeyondTheirRegistersAreRefused) {
    DramImage image(capacity);
    const KernelContext kernel;
    const auto make = [&](const Params& params) {
        const ClockedDram memory(sc_core::sc_gen_unique_name("memory"), params, 1, image);
    };
    for (const ParameterInfo& one : parameter_info(Params{})) {
        const auto largest = static_cast<std::int64_t>(one.maximum);
        Params params;
        if (one.name == "channels") params.channels = largest;
        if (one.name == "channel_millibytes_per_cycle")
            params.channel_millibytes_per_cycle = largest;
        if (one.name == "latency_cycles") params.latency_cycles = largest;
        EXPECT_NO_THROW(make(params)) << one.name;
        if (one.name == "capacity_bytes") {
            EXPECT_EQ(largest, std::int64_t{1} << dram_address_bits);
        }
    }
    EXPECT_THROW(make({.channels = 1 << channel_count_bits}), std::overflow_error);
    EXPECT_THROW(make({.channel_millibytes_per_cycle = 1 << bandwidth_bits}), std::overflow_error);
    EXPECT_THROW(make({.latency_cycles = 1 << delay_bits}), std::overflow_error);
}

}  // namespace
}  // namespace quatrain::dram
