// SPDX-License-Identifier: Apache-2.0
#include "sim/report/dram_trace.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace quatrain::report {
namespace {

using dram::Command;
using dram::CommandKind;
using dram::Location;
using enum dram::CommandKind;

const std::string header = "cycle,command,channel,rank,bank_group,bank,row,column\n";

Command command(std::int64_t cycle, CommandKind kind, std::int32_t channel,
                const Location& location) {
    Command made;
    made.cycle = cycle;
    made.kind = kind;
    made.channel = channel;
    made.location = location;
    return made;
}

/// A folder of its own for one test, removed at the end.
class DramTraceFile : public ::testing::Test {
protected:
    DramTraceFile() { std::filesystem::create_directories(folder_); }
    ~DramTraceFile() override { std::filesystem::remove_all(folder_); }

    std::string path() const { return (folder_ / "trace.csv").string(); }
    std::string text() const {
        std::ifstream file(path());
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::vector<std::filesystem::path> files() const {
        std::vector<std::filesystem::path> all;
        for (const auto& entry : std::filesystem::directory_iterator(folder_))
            all.push_back(entry.path());
        return all;
    }

private:
    std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                    ("quatrain_dram_trace_" + std::to_string(getpid()));
};

TEST_F(DramTraceFile, HasARowForEveryKindOfCommandWithTheCellsThatItNames) {
    DramTrace trace(path());
    const Location rank{.rank = 1};
    const Location bank{.rank = 1, .bank_group = 2, .bank = 3};
    const Location row{.rank = 1, .bank_group = 2, .bank = 3, .row = 40};
    const Location column{.rank = 1, .bank_group = 2, .bank = 3, .row = 40, .column = 5};
    trace.add(command(10, activate, 0, row));
    trace.add(command(20, read, 0, column));
    trace.add(command(30, write, 0, column));
    trace.add(command(40, precharge, 0, bank));
    trace.add(command(50, read_precharge, 7, column));
    trace.add(command(60, write_precharge, 7, column));
    trace.add(command(70, precharge_all, 7, rank));
    trace.add(command(80, refresh_all, 7, rank));
    trace.add(command(12'345'678'901, refresh_bank, 7, {}));
    trace.finish();
    EXPECT_EQ(text(), header +
                          "10,ACT,0,1,2,3,40,\n"
                          "20,RD,0,1,2,3,40,5\n"
                          "30,WR,0,1,2,3,40,5\n"
                          "40,PRE,0,1,2,3,,\n"
                          "50,RDA,7,1,2,3,40,5\n"
                          "60,WRA,7,1,2,3,40,5\n"
                          "70,PREA,7,1,,,,\n"
                          "80,REF,7,1,,,,\n"
                          "12345678901,REFpb,7,0,0,0,,\n");
}

TEST_F(DramTraceFile, IsOrderedByCycleAndChannelAndThenAsAdded) {
    DramTrace trace(path());
    const auto add = [&](std::int64_t cycle, std::int32_t channel, std::int32_t row) {
        trace.add(command(cycle, activate, channel, {.row = row}));
    };
    add(5, 1, 0);
    add(5, 1, 9);
    add(7, 1, 1);
    add(8, 1, 2);
    add(5, 0, 3);
    add(7, 0, 4);
    trace.flush(7);  // the commands of cycle 7 wait
    add(7, 2, 5);
    add(7, 0, 6);
    trace.flush(8);
    add(8, 0, 7);
    trace.finish();
    EXPECT_EQ(text(), header +
                          "5,ACT,0,0,0,0,3,\n5,ACT,1,0,0,0,0,\n5,ACT,1,0,0,0,9,\n"
                          "7,ACT,0,0,0,0,4,\n7,ACT,0,0,0,0,6,\n7,ACT,1,0,0,0,1,\n7,ACT,2,0,0,0,5,\n"
                          "8,ACT,0,0,0,0,7,\n8,ACT,1,0,0,0,2,\n");
}

TEST_F(DramTraceFile, DoesNotDependOnWhenItIsFlushed) {
    // Four channels at different paces; more text than one piece.
    std::vector<Command> commands;
    std::mt19937 random(5);
    for (std::int32_t i = 0; i < 20000; ++i)
        commands.push_back(command(i / 3, read, static_cast<std::int32_t>(random() % 4),
                                   {.row = i % 1024, .column = i % 128}));
    std::vector<Command> ordered = commands;
    std::ranges::stable_sort(ordered, {},
                             [](const Command& one) { return std::tuple(one.cycle, one.channel); });
    std::ostringstream expected;
    expected << header;
    for (const Command& one : ordered)
        expected << one.cycle << ",RD," << one.channel << ",0,0,0," << one.location.row << ','
                 << one.location.column << '\n';
    for (const std::int64_t window : {1, 64, 100000}) {
        DramTrace trace(path());
        for (std::size_t i = 0; i < commands.size(); ++i) {
            trace.add(commands[i]);
            if (i % 97 == 0) trace.flush(commands[i].cycle / window * window);
        }
        trace.finish();
        // gtest would compare the lines one by one, for minutes.
        EXPECT_TRUE(text() == expected.str()) << "flushed every " << window << " cycles";
    }
}

TEST_F(DramTraceFile, WritesWhatIsFlushedAndKeepsItUnderAnotherNameUntilItIsFinished) {
    {
        DramTrace trace(path());
        for (std::int32_t i = 0; i < 10000; ++i) trace.add(command(i, precharge, 0, {}));
        trace.flush(9999);
        ASSERT_EQ(files().size(), 1U);
        EXPECT_NE(files().front(), path());
        EXPECT_GT(std::filesystem::file_size(files().front()), 100'000U);
        trace.finish();
        ASSERT_EQ(files(), std::vector<std::filesystem::path>{path()});
        EXPECT_TRUE(text().ends_with("9998,PRE,0,0,0,0,,\n9999,PRE,0,0,0,0,,\n"));
    }
    const std::string whole = text();
    {
        DramTrace trace(path());
        trace.add(command(1, precharge, 0, {}));
        trace.flush(5);
    }
    EXPECT_EQ(files(), std::vector<std::filesystem::path>{path()}) << "one that did not finish";
    EXPECT_EQ(text(), whole);
}

TEST_F(DramTraceFile, RefusesWhatComesTooLateOrCannotBeWritten) {
    DramTrace trace(path());
    trace.flush(100);
    trace.add(command(100, precharge, 2, {}));
    try {
        trace.add(command(99, precharge, 2, {}));
        FAIL() << "taken";
    } catch (const std::logic_error& error) {
        EXPECT_STREQ(error.what(),
                     "dram trace: a command of channel 2 in cycle 99, but all cycles before 100 "
                     "are written");
    }
    EXPECT_THROW(DramTrace("/dev/null/trace.csv"), std::runtime_error);
    DramTrace full("/dev/full");
    for (std::int32_t i = 0; i < 10; ++i) full.add(command(i, precharge, 0, {}));
    EXPECT_THROW(full.finish(), std::runtime_error);
}

}  // namespace
}  // namespace quatrain::report
