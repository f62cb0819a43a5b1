// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/report.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <set>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

// Every kind of reduction: gradients of all shapes, scalars, and with a synchronised batch norm its
// sums.
const char* const tiny_network = R"yaml(
name: tiny
input: {height: 8, width: 8, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}
layers:
  - {name: conv1, type: convolution, channels: 16, kernel: 3, padding: 1}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: activation}
  - {name: conv2, type: convolution, channels: 16, kernel: 3, stride: 2, padding: 1}
  - {name: bn2, type: batch_norm}
  - {name: relu2, type: activation}
  - {name: pool, type: average_pool}
  - {name: fc, type: fully_connected, channels: 10, bias: true}
)yaml";

class SeveralCores : public testing::Test {
protected:
    Outcome run(const std::string& cores, const std::vector<std::string>& extra) {
        std::vector<std::string> arguments{"run",    "--quiet", "--network",
                                           network_, "--set",   "cores=" + cores};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        return run_program(arguments, folder_.path());
    }

    json::object report(const std::string& cores, std::vector<std::string> extra) {
        extra.insert(extra.end(), {"--json", "-"});
        return report_of(run(cores, extra));
    }

    ScratchFolder folder_;
    std::string network_ = folder_.write("tiny.yaml", tiny_network);
};

TEST_F(SeveralCores, ABatchThatTheyCannotShareIsRefusedAndTheUsualOneIsRoundedUp) {
    const Outcome refused = run("3", {"--batch", "8"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(refused.output, "");
    EXPECT_EQ(refused.error, "quatrain: batch = 8: must be divisible by the number of cores, 3\n");
    EXPECT_EQ(report("3", {"--numerics", "off"}).at("batch").as_int64(), 9);
    network_ = folder_.write("net.csv", "Layer, M, N, K,\nfirst, 40, 30, 50,\n");
    EXPECT_EQ(report("3", {"--numerics", "off"}).at("batch").as_int64(), 3);
}

TEST_F(SeveralCores, TheScopeOfBatchNormIsOneOfTwo) {
    const Outcome refused = run("2", {"--batch-norm", "whole"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(line_count(refused.error), 1U) << refused.error;
    EXPECT_NE(refused.error.find("--batch-norm"), std::string::npos) << refused.error;
    for (const char* command : {"run", "compile"}) {
        const Outcome help = run_program({command, "--help"}, folder_.path());
        EXPECT_NE(help.output.find("--batch-norm"), std::string::npos) << command;
    }
}

TEST_F(SeveralCores, EveryBitOfEveryCoreEqualsTheGoldenReference) {
    for (const char* scope : {"per_core", "synchronised"})
        for (const char* cores : {"2", "3"}) {
            const json::object whole =
                report(cores, {"--golden", "full", "--batch-norm", scope, "--batch", "6"});
            EXPECT_EQ(whole.at("golden").at("mismatches").to_number<int>(), 0) << scope << cores;
            EXPECT_GT(whole.at("golden").at("elements").to_number<int>(), 10'000);
            EXPECT_EQ(whole.at("batch_norm").as_string(), scope);
            EXPECT_GT(whole.at("totals").at("energy_pj").at("noc").to_number<double>(), 0);
        }
}

TEST_F(SeveralCores, TheClockedMachineReportsWhatTheMachineOfEventsReports) {
    for (const char* scope : {"per_core", "synchronised"}) {
        const std::vector<std::string> fast{"--golden", "full",         "--batch",
                                            "2",        "--batch-norm", scope};
        std::vector<std::string> clocked = fast;
        clocked.insert(clocked.end(), {"--fidelity", "rtl"});
        EXPECT_EQ(report("2", fast), report("2", clocked)) << scope;
    }
    const auto trace = [&](const char* fidelity) {
        return run("2", {"--batch", "2", "--golden", "off", "--fidelity", fidelity, "--trace", "-"})
            .output;
    };
    const std::string fast = trace("fast");
    EXPECT_GT(line_count(fast), 1000U);
    EXPECT_TRUE(fast == trace("rtl"));  // gtest would compare the lines one by one
}

TEST_F(SeveralCores, ThreadsNeverChangeTheReport) {
    EXPECT_EQ(report("2", {"--threads", "1"}), report("2", {"--threads", "2"}));
}

TEST_F(SeveralCores, TimingOffGivesTheSameNumbersWithoutCycles) {
    const json::object timed = report("2", {"--golden", "full"});
    const json::object untimed = report("2", {"--golden", "full", "--timing", "off"});
    EXPECT_EQ(timed.at("totals").at("loss"), untimed.at("totals").at("loss"));
    EXPECT_EQ(timed.at("golden"), untimed.at("golden"));
    EXPECT_EQ(timed.at("gradscale"), untimed.at("gradscale"));
    EXPECT_TRUE(untimed.at("totals").at("cycles").is_null());
}

TEST_F(SeveralCores, ATraceHasAProcessForEach) {
    const Outcome outcome = run("2", {"--numerics", "off", "--trace", "-"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    const json::value trace = json::parse(outcome.output);
    std::set<std::int64_t> processes;
    for (const json::value& event : trace.at("traceEvents").as_array())
        if (event.at("ph").as_string() == "X") processes.insert(event.at("pid").as_int64());
    EXPECT_EQ(processes, (std::set<std::int64_t>{1, 2}));
}

TEST_F(SeveralCores, ALayersCodeIsListedForEachWhereItDiffers) {
    const Outcome outcome = run_program(
        {"compile", "--network", network_, "--set", "cores=2", "--batch", "2", "--layer", "conv2"},
        folder_.path());
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_NE(outcome.output.find("core 0 store queue"), std::string::npos);
    EXPECT_NE(outcome.output.find("core 1 store queue"), std::string::npos);
    EXPECT_NE(outcome.output.find("  array queue"), std::string::npos) << "the same on all";
}

}  // namespace
}  // namespace quatrain::regression
