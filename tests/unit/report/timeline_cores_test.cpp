// SPDX-License-Identifier: Apache-2.0
// The timeline of several cores, made by hand.
#include "sim/report/timeline.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

namespace quatrain::report {
namespace {

namespace json = boost::json;

run::TimelineSlice transfer(std::int64_t core, std::size_t engine, std::uint64_t start,
                            std::uint64_t end, std::uint64_t bytes) {
    run::TimelineSlice slice;
    slice.core = core;
    slice.engine = engine;
    slice.text = "transfer";
    slice.start = start;
    slice.end = end;
    slice.bytes = bytes;
    slice.buffer = 0;
    return slice;
}

/// Both cores load and store at once; core 0 also loads from the scratchpad, core 1 stores to core
/// 0.
run::RunResult result_of(std::int64_t cores) {
    run::RunResult result;
    run::Timeline& timeline = result.timeline.emplace();
    timeline.cores = cores;
    timeline.engines = {"load", "store"};
    timeline.buffers = {"vector"};
    timeline.operators = {"conv convolution forward"};
    timeline.clock_period_ps = 1'000'000;  // a cycle is a microsecond
    for (std::int64_t core = 0; core < cores; ++core) {
        timeline.slices.push_back(transfer(core, 0, 10, 30, 200));
        timeline.slices.push_back(transfer(core, 1, 20, 40, 100));
        timeline.occupancy.push_back({0, 10, 64 + core, core});
        timeline.occupancy.push_back({0, 30, -64 - core, core});
    }
    timeline.slices.push_back(transfer(0, 0, 42, 45, 77));
    timeline.slices.back().space = isa::Space::scratchpad;
    run::TimelineSlice put = transfer(cores - 1, 1, 50, 60, 1000);
    if (cores > 1) put.space = isa::Space::next_core;
    timeline.slices.push_back(put);
    return result;
}

std::vector<json::value> events(const run::RunResult& result, std::string_view phase) {
    std::string text;
    write_timeline(result, [&](std::string_view piece) { text += piece; });
    const json::value trace = json::parse(text);
    std::vector<json::value> chosen;
    for (const json::value& event : trace.at("traceEvents").as_array())
        if (event.at("ph").as_string() == phase) chosen.push_back(event);
    return chosen;
}

std::vector<std::string> names(const run::RunResult& result, std::string_view kind) {
    std::vector<std::string> found;
    for (const json::value& event : events(result, "M"))
        if (event.at("name").as_string() == kind)
            found.push_back(std::to_string(event.at("pid").as_int64()) + " " +
                            std::string(event.at("args").at("name").as_string()));
    return found;
}

TEST(TimelineOfCores, EveryCoreIsAProcessWithItsEngines) {
    const run::RunResult two = result_of(2);
    EXPECT_EQ(names(two, "process_name"),
              (std::vector<std::string>{"1 quatrain core 0", "2 quatrain core 1"}));
    EXPECT_EQ(names(two, "thread_name"),
              (std::vector<std::string>{"1 core 0 load", "1 core 0 store", "2 core 1 load",
                                        "2 core 1 store"}));
    const run::RunResult one = result_of(1);
    EXPECT_EQ(names(one, "process_name"), (std::vector<std::string>{"1 quatrain"}));
    EXPECT_EQ(names(one, "thread_name"), (std::vector<std::string>{"1 load", "1 store"}));
}

TEST(TimelineOfCores, SlicesOfOneCoreDoNotClipThoseOfAnother) {
    const std::vector<json::value> slices = events(result_of(2), "X");
    ASSERT_EQ(slices.size(), 6U);
    for (std::size_t core = 0; core < 2; ++core) {
        const json::value& load = slices[2 * core];
        EXPECT_EQ(load.at("pid").as_int64(), static_cast<std::int64_t>(core) + 1);
        EXPECT_EQ(load.at("tid").as_int64(), 1);
        EXPECT_EQ(load.at("ts").to_number<double>(), 10);
        EXPECT_EQ(load.at("dur").to_number<double>(), 20);
        EXPECT_EQ(slices[2 * core + 1].at("tid").as_int64(), 2);
    }
}

TEST(TimelineOfCores, CountersAreThoseOfEachAndAPutIsNoTrafficOfTheDram) {
    std::map<std::string, double> highest;
    std::map<std::string, std::int64_t> process;
    for (const json::value& event : events(result_of(2), "C")) {
        const std::string name(event.at("name").as_string());
        highest[name] = std::max(highest[name], event.at("args").at("value").to_number<double>());
        process[name] = event.at("pid").as_int64();
    }
    EXPECT_EQ(highest, (std::map<std::string, double>{{"DRAM core 0 load [bytes/cycle]", 10},
                                                      {"DRAM core 0 store [bytes/cycle]", 5},
                                                      {"DRAM core 1 load [bytes/cycle]", 10},
                                                      {"DRAM core 1 store [bytes/cycle]", 5},
                                                      {"core 0 vector buffer [bytes]", 64},
                                                      {"core 1 vector buffer [bytes]", 65}}));
    for (const auto& [name, pid] : process)
        EXPECT_EQ(pid, name.find("core 1") == std::string::npos ? 1 : 2) << name;
}

}  // namespace
}  // namespace quatrain::report
