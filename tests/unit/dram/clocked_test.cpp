// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/random_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <random>

namespace quatrain::dram {
namespace {

/// Of one engine's bursts: a test asks for no more.
constexpr std::int64_t most_in_flight = 80;

struct Request {
    std::int64_t cycle = 0;
    std::size_t engine = 0;
    std::int64_t address = 0, bytes = 1;
};
struct Case {
    Params params;
    std::vector<Request> requests;  ///< at most one per engine and cycle, load first
};

std::int64_t up_to(std::mt19937_64& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit)(random);
}

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.params = {.channels = 1 + up_to(random, 4),
                  .channel_millibytes_per_cycle = 1 + up_to(random, seed % 2 ? 20'000 : 500'000),
                  .latency_cycles = seed % 4 ? up_to(random, 40) : 0,
                  .interleave_bytes = 1 + up_to(random, 300),
                  .capacity_bytes = 1 << 16};
    if (one.params.channel_millibytes_per_cycle < 500)
        one.params.channel_millibytes_per_cycle += 500;
    std::int64_t cycle = 0;
    for (int i = 0; i < 40; ++i) {
        cycle += up_to(random, 3) == 0 ? 1 + up_to(random, 60) : 1;
        const bool both = up_to(random, 3) == 0;
        const auto engine = static_cast<std::size_t>(up_to(random, 1));
        for (std::size_t e = both ? 0 : engine; e <= (both ? 1 : engine); ++e)
            one.requests.push_back({cycle, e, up_to(random, 60'000), 1 + up_to(random, 400)});
    }
    return one;
}

/// Asks and listens, one request pin per engine.
struct Bench : sc_core::sc_module {
    Bench(const sc_core::sc_module_name& name, const Case& one, DramImage& image)
        : sc_module(name), memory("memory", one.params, most_in_flight, image), one_(one) {
        memory.clock(clock);
        for (std::size_t e = 0; e < 2; ++e) {
            memory.requests[e](requests[e]);
            memory.responses[e](responses[e]);
        }
        SC_HAS_PROCESS(Bench);
        SC_METHOD(edge);
        sensitive << clock.posedge_event();
        dont_initialize();
    }

    /// At edge t + 1: hears what showed in cycle t, asks what shows in cycle t + 1.
    void edge() {
        for (std::size_t e = 0; e < 2; ++e)
            for (const BurstResponse& response : responses[e].read().bursts) {
                answered[{e, response.tag}] = cycle_;
                data[{e, response.tag}] = response.data;
            }
        ++cycle_;
        std::array<BurstRequest, 2> now;
        for (; next_ < one_.requests.size() && one_.requests[next_].cycle == cycle_; ++next_) {
            const Request& request = one_.requests[next_];
            now[request.engine] = {true, next_, request.address, request.bytes, {}};
            if (request.engine == ClockedDram::store)
                now[request.engine].data.assign(static_cast<std::size_t>(request.bytes),
                                                static_cast<std::byte>(next_ + 1));
        }
        for (std::size_t e = 0; e < 2; ++e) requests[e].write(now[e]);
    }

    sc_core::sc_clock clock{"clock", 1, sc_core::SC_NS, 0.5, 1, sc_core::SC_NS, true};
    std::array<sc_core::sc_signal<BurstRequest>, 2> requests;
    std::array<sc_core::sc_signal<BurstResponses>, 2> responses;
    ClockedDram memory;
    std::map<std::pair<std::size_t, std::uint64_t>, std::int64_t> answered;
    std::map<std::pair<std::size_t, std::uint64_t>, std::vector<std::byte>> data;

private:
    const Case& one_;
    std::size_t next_ = 0;
    std::int64_t cycle_ = 0;
};

std::optional<std::string> failure(const Case& one) {
    DramImage image(one.params.capacity_bytes);
    DramImage expected_image(one.params.capacity_bytes);
    const KernelContext kernel;
    Bench bench("bench", one, image);
    Channels channels(one.params);
    std::int64_t last = 0;
    std::vector<std::int64_t> expected;
    for (const Request& request : one.requests) {
        expected.push_back(channels.serve(request.address, request.bytes, request.cycle));
        last = std::max(last, expected.back());
    }
    sc_core::sc_start(static_cast<double>(last + 2), sc_core::SC_NS);
    if (bench.memory.failure()) return test::failure_text(bench.memory.failure());
    for (std::size_t i = 0; i < one.requests.size(); ++i) {
        const Request& request = one.requests[i];
        const auto found = bench.answered.find({request.engine, i});
        if (found == bench.answered.end()) return fmt::format("request {} has no answer", i);
        if (found->second != expected[i])
            return fmt::format("request {} answered in cycle {}, closed form {}", i, found->second,
                               expected[i]);
        std::vector<std::byte> bytes(static_cast<std::size_t>(request.bytes));
        if (request.engine == ClockedDram::store) {
            std::fill(bytes.begin(), bytes.end(), static_cast<std::byte>(i + 1));
            expected_image.write(request.address, bytes);
        } else {
            expected_image.read(request.address, bytes);
            if (bench.data.at({request.engine, i}) != bytes)
                return fmt::format("request {} read other bytes", i);
        }
    }
    std::vector<std::byte> all(static_cast<std::size_t>(one.params.capacity_bytes));
    std::vector<std::byte> expected_all = all;
    image.read(0, all);
    expected_image.read(0, expected_all);
    const auto [other, at] = std::ranges::mismatch(all, expected_all);
    if (other != all.end())
        return fmt::format("other contents at the end, first at {}", other - all.begin());
    return std::nullopt;
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; i < one.requests.size(); ++i) {
        Case without = one;
        without.requests.erase(without.requests.begin() + static_cast<std::ptrdiff_t>(i));
        all.push_back(without);
    }
    for (std::size_t i = 0; i < one.requests.size(); ++i) {
        if (one.requests[i].bytes == 1) continue;
        all.push_back(one);
        all.back().requests[i].bytes /= 2;
    }
    for (std::size_t i = 0; i < one.requests.size(); ++i) {
        // At once after the request before.
        const std::int64_t before = i == 0 ? 0 : one.requests[i - 1].cycle;
        const std::int64_t earlier = one.requests[i].cycle - before - 1;
        if (earlier <= 0) continue;
        all.push_back(one);
        for (std::size_t k = i; k < one.requests.size(); ++k)
            all.back().requests[k].cycle -= earlier;
    }
    const auto try_setting = [&](std::int64_t Params::*field, std::int64_t least) {
        for (const std::int64_t value : {least, one.params.*field / 2}) {
            if (value < least || value >= one.params.*field) continue;
            all.push_back(one);
            all.back().params.*field = value;
        }
    };
    try_setting(&Params::latency_cycles, 0);
    try_setting(&Params::channels, 1);
    try_setting(&Params::interleave_bytes, 1);
    // A byte per cycle is the slowest: less would last.
    try_setting(&Params::channel_millibytes_per_cycle, 1000);
    return all;
}

std::string describe(const Case& one) {
    std::string text =
        fmt::format("{} channels of {} millibytes, latency {}, interleave {}:", one.params.channels,
                    one.params.channel_millibytes_per_cycle, one.params.latency_cycles,
                    one.params.interleave_bytes);
    for (const Request& request : one.requests)
        text += fmt::format(" [{}] {} {}+{}", request.cycle,
                            request.engine == ClockedDram::load ? "load" : "store", request.address,
                            request.bytes);
    return text;
}

TEST(ClockedDram, AnswersWithTheBytesOfTheImageInTheCyclesOfTheClosedForm) {
    test::check_random_cases(300, random_case, failure, smaller, describe);
}

TEST(ClockedDram, AnAddressOutsideTheImageIsAnError) {
    const Case one{.params = {.channels = 1, .capacity_bytes = 4096},
                   .requests = {{1, ClockedDram::load, 4000, 200}}};
    DramImage image(4096);
    const KernelContext kernel;
    Bench bench("bench", one, image);
    sc_core::sc_start(10, sc_core::SC_NS);
    ASSERT_TRUE(bench.memory.failure());
    EXPECT_THROW(std::rethrow_exception(bench.memory.failure()), DramError);
}

}  // namespace
}  // namespace quatrain::dram
