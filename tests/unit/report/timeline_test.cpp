// SPDX-License-Identifier: Apache-2.0
#include "sim/report/timeline.hpp"

#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace quatrain::report {
namespace {

namespace json = boost::json;

run::RunOptions residual_options(bool ideal_dram) {
    run::RunOptions options = run::testing::small_options();
    options.network.nodes[1].name = "stem \"quoted\" \\ \n";
    options.architecture.clock_period_ps = 1250;
    options.architecture.dram.ideal = ideal_dram;
    options.numerics = false;
    options.timeline = true;
    return options;
}

run::RunResult residual_run(bool ideal_dram) {
    return run::testing::run_silently(residual_options(ideal_dram));
}

std::string timeline_json(const run::RunResult& result) {
    std::string text;
    write_timeline(result, [&](std::string_view piece) { text += piece; });
    return text;
}

json::array events(const run::RunResult& result, std::string_view phase) {
    json::array chosen;
    const json::value trace = json::parse(timeline_json(result));
    for (const json::value& event : trace.at("traceEvents").as_array())
        if (event.at("ph").as_string() == phase) chosen.push_back(event);
    return chosen;
}

/// Microseconds of the trace as cycles, and that they are whole.
std::int64_t cycles(const run::RunResult& result, const json::value& microseconds) {
    const double cycles = microseconds.to_number<double>() * 1e6 /
                          static_cast<double>(result.timeline->clock_period_ps);
    EXPECT_NEAR(cycles, std::round(cycles), 1e-6);
    return std::llround(cycles);
}

TEST(Timeline, EveryEventHasTheFieldsOfItsPhase) {
    const run::RunResult result = residual_run(false);
    const json::value trace = json::parse(timeline_json(result));
    EXPECT_EQ(trace.at("displayTimeUnit").as_string(), "ns");
    const std::map<std::string, std::vector<const char*>> fields{
        {"M", {}}, {"X", {"ts", "dur", "tid"}}, {"C", {"ts"}}};
    std::set<std::string> seen;
    for (const json::value& event : trace.at("traceEvents").as_array()) {
        const std::string phase(event.at("ph").as_string());
        ASSERT_TRUE(fields.contains(phase)) << phase;
        seen.insert(phase);
        EXPECT_EQ(event.at("pid").as_int64(), 1);
        EXPECT_TRUE(event.at("name").is_string());
        EXPECT_FALSE(event.at("args").as_object().empty());
        for (const char* field : fields.at(phase))
            EXPECT_TRUE(event.at(field).is_number()) << phase << ' ' << field;
        if (phase == "C") {
            EXPECT_TRUE(event.at("args").at("value").is_number());
        }
    }
    EXPECT_EQ(seen.size(), fields.size());
}

TEST(Timeline, NamesOneTrackPerEngine) {
    std::vector<std::string> names;
    for (const json::value& event : events(residual_run(false), "M"))
        if (event.at("name").as_string() == "thread_name")
            names.emplace_back(event.at("args").at("name").as_string());
    EXPECT_EQ(names, (std::vector<std::string>{"load", "store", "array", "vector"}));
}

TEST(Timeline, HasEveryInstructionOfTheProgramOnce) {
    std::uint64_t instructions = 0;
    for (const compiler::OperatorCode& code : run::compile_step(residual_options(false)).code)
        for (const isa::Queue& queue : code.queues)
            instructions += isa::executed_instructions(queue);
    EXPECT_EQ(events(residual_run(false), "X").size(), instructions);
}

TEST(Timeline, SlicesOfATrackAreInOrderAndApartAndEndWithTheirInstructions) {
    for (const bool ideal : {false, true}) {
        const run::RunResult result = residual_run(ideal);
        const json::array slices = events(result, "X");
        ASSERT_EQ(slices.size(), result.timeline->slices.size());
        std::map<std::int64_t, std::int64_t> track_end;
        std::int64_t last = 0, clipped = 0;
        for (std::size_t i = 0; i < slices.size(); ++i) {
            const json::value& slice = slices[i];
            const run::TimelineSlice& record = result.timeline->slices[i];
            const std::int64_t track = slice.at("tid").as_int64();
            const std::int64_t start = cycles(result, slice.at("ts"));
            const std::int64_t duration = cycles(result, slice.at("dur"));
            EXPECT_EQ(track, static_cast<std::int64_t>(record.engine) + 1);
            EXPECT_EQ(slice.at("args").at("issue").to_number<std::uint64_t>(), record.issue);
            EXPECT_EQ(slice.at("args").at("instruction").as_string(), record.text);
            EXPECT_EQ(start, std::max(track_end[track], static_cast<std::int64_t>(record.start)));
            EXPECT_EQ(start + duration, static_cast<std::int64_t>(record.end));
            EXPECT_GE(duration, 0);
            clipped += start != static_cast<std::int64_t>(record.start);
            track_end[track] = start + duration;
            last = std::max(last, start + duration);
        }
        EXPECT_EQ(last, static_cast<std::int64_t>(result.cycles));
        EXPECT_GT(clipped, 0) << "no pass issued while another streamed";
    }
}

TEST(Timeline, CountersAreNeverNegativeAndEndAtZero) {
    const run::RunResult result = residual_run(false);
    std::map<std::string, double> now, highest;
    std::map<std::string, std::int64_t> when;
    for (const json::value& event : events(result, "C")) {
        const std::string name(event.at("name").as_string());
        const std::int64_t cycle = cycles(result, event.at("ts"));
        if (when.contains(name)) {
            EXPECT_GT(cycle, when[name]) << name;
        }
        when[name] = cycle;
        now[name] = event.at("args").at("value").to_number<double>();
        EXPECT_GE(now[name], 0) << name;
        highest[name] = std::max(highest[name], now[name]);
    }
    for (const auto& [name, value] : now) EXPECT_EQ(value, 0) << name;
    const auto& buffers = run::testing::small_options().architecture.buffers;
    const std::map<std::string, std::int64_t> sizes{
        {"moving buffer [bytes]", buffers.moving_bytes},
        {"stationary buffer [bytes]", buffers.stationary_bytes},
        {"accumulator buffer [bytes]", buffers.accumulator_bytes},
        {"vector buffer [bytes]", buffers.vector_bytes}};
    for (const auto& [name, size] : sizes) {
        EXPECT_GT(highest[name], 0) << name;
        EXPECT_LE(highest[name], static_cast<double>(size)) << name;
    }
    EXPECT_EQ(now.size(), 6U);
}

TEST(Timeline, BandwidthTimesItsCyclesIsWhatTheDramMoved) {
    const run::RunResult result = residual_run(false);
    std::map<std::string, double> bytes, value;
    std::map<std::string, std::int64_t> since;
    for (const json::value& event : events(result, "C")) {
        const std::string name(event.at("name").as_string());
        const std::int64_t cycle = cycles(result, event.at("ts"));
        bytes[name] += value[name] * static_cast<double>(cycle - since[name]);
        since[name] = cycle;
        value[name] = event.at("args").at("value").to_number<double>();
    }
    std::array<double, 2> moved{};
    for (const run::TimelineSlice& slice : result.timeline->slices)
        if (slice.buffer) moved.at(slice.engine) += static_cast<double>(slice.bytes);
    EXPECT_GT(moved[0], 0);
    EXPECT_GT(moved[1], 0);
    EXPECT_NEAR(bytes["DRAM load [bytes/cycle]"], moved[0], moved[0] * 1e-9);
    EXPECT_NEAR(bytes["DRAM store [bytes/cycle]"], moved[1], moved[1] * 1e-9);
}

TEST(Timeline, EscapesNames) {
    const run::RunResult result = residual_run(false);
    const json::array slices = events(result, "X");
    EXPECT_TRUE(std::ranges::any_of(slices, [](const json::value& slice) {
        return slice.at("name").as_string().starts_with("stem \"quoted\" \\ \n convolution");
    }));
}

TEST(Timeline, IsRefusedWhereTheRunKeptNone) {
    EXPECT_THROW(timeline_json(run::RunResult{}), std::invalid_argument);
    run::RunOptions options = run::testing::small_options();
    options.numerics = false;
    EXPECT_FALSE(run::testing::run_silently(options).timeline);
}

}  // namespace
}  // namespace quatrain::report
