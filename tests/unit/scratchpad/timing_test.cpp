// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scratchpad/timing.hpp"

#include "tests/support/parameter_names.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace quatrain::scratchpad {
namespace {

constexpr Params usual{.bytes = 1 << 20, .bytes_per_cycle = 128, .latency_cycles = 10};

TEST(ScratchpadTiming, ABurstTakesItsCyclesAtThePortAndTheLatency) {
    const auto answer = [](std::int64_t bytes) { return Port(usual).serve(20, bytes); };
    EXPECT_EQ(answer(1), 31);
    EXPECT_EQ(answer(128), 31);
    EXPECT_EQ(answer(129), 32);
    EXPECT_EQ(answer(4096), 62);
    EXPECT_EQ(Port({.bytes_per_cycle = 1, .latency_cycles = 0}).serve(0, 1), 1);
    EXPECT_EQ(Port({.bytes_per_cycle = 3, .latency_cycles = 7}).serve(5, 10), 5 + 4 + 7);
}

/// The port has a burst of four cycles in cycles 10 to 13.
TEST(ScratchpadTiming, ABurstWaitsForTheOneBeforeIt) {
    const auto answer = [](std::int64_t cycle) {
        Port port(usual);
        EXPECT_EQ(port.serve(10, 512), 24);
        return port.serve(cycle, 128);
    };
    EXPECT_EQ(answer(10), 25);
    EXPECT_EQ(answer(13), 25);
    EXPECT_EQ(answer(14), 25);
    EXPECT_EQ(answer(15), 26);
}

TEST(ScratchpadTiming, BurstsAreServedWhileAnswersAreOnTheirWay) {
    for (const std::int64_t cycles : {1, 2, 7}) {
        Port port(usual);
        for (std::int64_t k = 0; k < 50; ++k)
            EXPECT_EQ(port.serve(k, cycles * 128), (k + 1) * cycles + 10);
    }
}

TEST(ScratchpadTiming, ARequestThatCannotBeIsAnError) {
    const auto error_of = [](std::int64_t cycle, std::int64_t bytes) -> std::string {
        Port port(usual);
        port.serve(5, 1000);
        try {
            port.serve(cycle, bytes);
            return "no error";
        } catch (const std::logic_error& error) {
            return error.what();
        }
    };
    EXPECT_EQ(error_of(5, 1), "no error");
    EXPECT_EQ(error_of(4, 1), "scratchpad cycle = 4: must be at least 5");
    EXPECT_EQ(error_of(5, 0), "scratchpad bytes = 0: must be at least 1");
    EXPECT_NO_THROW(Port(usual).serve(0, 1));
    EXPECT_THROW(Port(usual).serve(-1, 1), std::logic_error);
}

/// Which cycles the port is taken in, one by one.
class Occupancy {
public:
    explicit Occupancy(const Params& params) : params_(params) {}

    std::int64_t serve(std::int64_t cycle, std::int64_t bytes) {
        while (!taken_.empty() && *taken_.rbegin() >= cycle) ++cycle;
        for (; bytes > 0; bytes -= params_.bytes_per_cycle) taken_.insert(cycle++);
        return cycle + params_.latency_cycles;
    }

private:
    Params params_;
    std::set<std::int64_t> taken_;
};

TEST(ScratchpadTiming, RandomRequestsGetTheFirstCyclesBehindThoseBefore) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        std::mt19937_64 random(seed);
        const auto draw = [&](std::int64_t low, std::int64_t high) {
            return std::uniform_int_distribution<std::int64_t>(low, high)(random);
        };
        const Params params{.bytes_per_cycle = draw(1, 128), .latency_cycles = draw(0, 20)};
        const std::int64_t pause = draw(0, 9), longest = draw(1, 600);
        Port port(params);
        Occupancy occupancy(params);
        std::int64_t cycle = 0;
        for (int i = 0; i < 100; ++i) {
            cycle += draw(0, pause);
            const std::int64_t bytes = draw(1, longest);
            ASSERT_EQ(port.serve(cycle, bytes), occupancy.serve(cycle, bytes))
                << fmt::format("seed {}: burst {} of {} bytes in cycle {}", seed, i, bytes, cycle);
        }
    }
}

TEST(ScratchpadTiming, ThereIsNoneUnlessSaid) {
    EXPECT_EQ(Params{}.bytes, 0);
    EXPECT_EQ(Params{}.bytes_per_cycle, 128);
    EXPECT_EQ(Params{}.latency_cycles, 10);
}

std::string error_of(std::int64_t bytes, std::int64_t cores) {
    try {
        validate({.bytes = bytes}, cores);
        return "no error";
    } catch (const ParamError& error) {
        return error.what();
    }
}

TEST(ScratchpadTiming, EveryCoreHasAShareOfWhole64KiB) {
    EXPECT_EQ(error_of(0, 1), "no error");
    EXPECT_EQ(error_of(0, 32), "no error");
    EXPECT_EQ(error_of(1 << 30, 32), "no error");
    EXPECT_EQ(error_of(65536, 1), "no error");
    EXPECT_EQ(error_of(3 * 65536, 3), "no error");
    EXPECT_EQ(error_of(65535, 1),
              "bytes = 65535: must be a multiple of 65536, 64 KiB for every "
              "core");
    EXPECT_EQ(error_of(65536, 2),
              "bytes = 65536: must be a multiple of 131072, 64 KiB for every "
              "core");
    EXPECT_EQ(error_of(4 * 65536, 3),
              "bytes = 262144: must be a multiple of 196608, 64 KiB for every core");
}

TEST(ScratchpadTiming, ParametersAreDescribedInTheirOrder) {
    test::expect_described_in_order<Params>();
}

}  // namespace
}  // namespace quatrain::scratchpad
