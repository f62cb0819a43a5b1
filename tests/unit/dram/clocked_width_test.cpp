// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/dram/clocked.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/unit/dram/tiny_standard.hpp"

#include <gtest/gtest.h>
#include <array>
#include <stdexcept>
#include <vector>

namespace quatrain::dram::tiny {
namespace {

constexpr std::int64_t image_bytes = 1 << 15;  ///< less than tiny_standard()'s 64 KiB

struct Request {
    std::size_t port = ClockedDram::load;
    std::uint64_t tag = 0;
    std::int64_t address = 0, bytes = 1;
    std::int64_t idle_cycles = 0;  ///< behind it
};

/// What the DRAM, made for one burst at either port, says after requests one after the other,
/// whether or not it has answered.
std::string failure_after(const std::vector<Request>& asked) {
    DramImage image(image_bytes);
    const KernelContext kernel;
    test::HandClock clock;
    std::array<sc_core::sc_signal<BurstRequest>, 2> requests;
    std::array<sc_core::sc_signal<BurstResponses>, 2> responses;
    ClockedDram memory("memory", tiny_standard(), tiny_memory(), {}, 2, 1, image);
    memory.clock(clock.signal());
    memory.dram_clock(clock.signal());
    for (std::size_t port = 0; port < 2; ++port) {
        memory.requests[port](requests[port]);
        memory.responses[port](responses[port]);
    }
    for (const Request& one : asked) {
        for (auto& pin : requests) pin.write({});
        requests[one.port].write({true, one.tag, one.address, one.bytes, {}});
        clock.cycle();
        requests[one.port].write({});
        for (std::int64_t i = 0; i < one.idle_cycles; ++i) clock.cycle();
    }
    return test::failure_text(memory.failure());
}

TEST(ClockedDram, AValueBeyondItsRegisterIsNamed) {
    EXPECT_EQ(failure_after({{.address = std::int64_t{1} << 50}}),
              "register dram address = 1125899906842624: holds 0 to 1125899906842623");
    EXPECT_EQ(failure_after({{.bytes = 1 << 17}}),
              "register dram burst bytes = 131072: holds 1 to 131071");
    EXPECT_EQ(failure_after({{.bytes = 0}}), "register dram burst bytes = 0: holds 1 to 131071");
    EXPECT_EQ(failure_after({{.tag = 65535}}), "no failure");
    EXPECT_EQ(failure_after({{.tag = 65536}}), "register dram tag = 65536: holds 0 to 65535");
    EXPECT_EQ(failure_after({{.bytes = image_bytes}}), "no failure");
}

TEST(ClockedDram, MoreBurstsThanAnEngineHasInFlightOverflow) {
    EXPECT_EQ(failure_after({{.tag = 0}, {.port = ClockedDram::store, .tag = 0}}), "no failure");
    EXPECT_EQ(failure_after({{.tag = 0}, {.tag = 1}}),
              "register dram open bursts = 2: holds 0 to 1");
    EXPECT_EQ(failure_after({{.tag = 0, .idle_cycles = 40}, {.tag = 1}}), "no failure");
}

TEST(ClockedDram, ATagThatIsInFlightCannotBeUsedAgain) {
    EXPECT_EQ(failure_after({{.tag = 7}, {.tag = 7}}),
              "no overflow: dram: a request with tag 7, which is in flight");
    EXPECT_EQ(failure_after({{.tag = 7, .idle_cycles = 40}, {.tag = 7}}), "no failure");
}

TEST(ClockedDram, ParametersBeyondTheirRegistersAreRefused) {
    DramImage image(image_bytes);
    const KernelContext kernel;
    const auto make = [&](const Params& params, DramImage& contents) {
        const ClockedDram memory(sc_core::sc_gen_unique_name("memory"), tiny_standard(), params, {},
                                 2, 1, contents);
    };
    const auto with_stages = [&](std::int64_t request, std::int64_t response) {
        Params params = tiny_memory();
        params.request_stages = request;
        params.response_stages = response;
        make(params, image);
    };
    EXPECT_NO_THROW(with_stages(1, 8));
    EXPECT_NO_THROW(with_stages(8, 1));
    EXPECT_THROW(with_stages(0, 1), std::overflow_error);
    EXPECT_THROW(with_stages(9, 1), std::overflow_error);
    EXPECT_THROW(with_stages(1, 0), std::overflow_error);
    EXPECT_THROW(with_stages(1, 9), std::overflow_error);
    Params params = tiny_memory();
    DramImage larger((1 << 16) + 1);
    EXPECT_THROW(make(params, larger), std::overflow_error);
    params.channels = 2;
    EXPECT_NO_THROW(make(params, larger));
    params.mapping = "row:column";
    EXPECT_THROW(make(params, image), ParamError);
}

}  // namespace
}  // namespace quatrain::dram::tiny
