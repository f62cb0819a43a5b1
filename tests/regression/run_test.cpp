// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/report.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <cmath>
#include <set>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

// A stem and a head in 16 bits, two convolutions in 4 bits: a fraction of a second with every bit
// checked.
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
  - {name: conv3, type: convolution, channels: 16, kernel: 3, padding: 1}
  - {name: bn3, type: batch_norm}
  - {name: relu3, type: activation}
  - {name: pool, type: average_pool}
  - {name: fc, type: fully_connected, channels: 10}
)yaml";

class TinyRun : public testing::Test {
protected:
    Outcome run(const std::vector<std::string>& extra) {
        std::vector<std::string> arguments{"run", "--network", network_, "--batch", "2"};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        return run_program(arguments, folder_.path());
    }

    json::object report(std::vector<std::string> extra) {
        extra.insert(extra.end(), {"--quiet", "--json", "-"});
        return report_of(run(extra));
    }

    ScratchFolder folder_;
    std::string network_ = folder_.write("tiny.yaml", tiny_network);
};

TEST_F(TinyRun, TheClockedMachineReportsWhatTheMachineOfEventsReports) {
    EXPECT_EQ(report({"--golden", "full", "--fidelity", "rtl"}), report({"--golden", "full"}));
}

TEST_F(TinyRun, TheTimelineLastsAsLongAsTheRunAndIsThatOfBothMachines) {
    const auto trace = [&](const std::string& fidelity) {
        const json::object object = report({"--fidelity", fidelity, "--trace", "trace.json"});
        std::string text = read_text(folder_.path() / "trace.json");
        const json::value parsed = json::parse(text);
        double end = 0;  // [us]
        std::set<std::int64_t> tracks;
        for (const json::value& event : parsed.at("traceEvents").as_array()) {
            if (event.at("ph").as_string() != "X") continue;
            tracks.insert(event.at("tid").as_int64());
            end = std::max(
                end, event.at("ts").to_number<double>() + event.at("dur").to_number<double>());
        }
        EXPECT_EQ(tracks.size(), 4U) << "load, store, array, vector";
        EXPECT_NEAR(end, object.at("totals").at("seconds").to_number<double>() * 1e6, 1e-5);
        return text;
    };
    EXPECT_EQ(trace("rtl"), trace("fast"));
}

TEST_F(TinyRun, ANumericFaultFailsTheRunUnlessItIsOnlyToBeReported) {
    std::string overflowing = tiny_network;  // images that no FP16 holds
    overflowing.replace(overflowing.find("0.25, 0.25, 0.25"), 16, "1e-6, 1e-6, 1e-6");
    network_ = folder_.write("overflow.yaml", overflowing);
    const std::vector<std::string> arguments{"--golden", "off", "--quiet", "--json", "-"};
    const Outcome failed = run(arguments);
    EXPECT_EQ(failed.status, 1);
    EXPECT_NE(failed.error.find("check failed"), std::string::npos) << failed.error;
    std::vector<std::string> going_on = arguments;
    going_on.insert(going_on.end(), {"--faults", "report"});
    const Outcome reported = run(going_on);
    EXPECT_EQ(reported.status, 0) << reported.error;
    const json::object faults = json::parse(reported.output).at("numeric_faults").as_object();
    EXPECT_GT(faults.at("nan").to_number<int>() + faults.at("infinity").to_number<int>(), 0);
}

TEST_F(TinyRun, EveryBitOfATrainingStepEqualsTheGoldenReference) {
    const json::object object = report({"--golden", "full"});
    EXPECT_GT(object.at("golden").at("elements").to_number<int>(), 10000);
    EXPECT_EQ(object.at("golden").at("mismatches").to_number<int>(), 0);
    EXPECT_EQ(object.at("gradscale").as_array().size(), 2U) << "two layers have 4-bit gradients";
}

TEST_F(TinyRun, LayersPartitionCyclesMacsAndEnergy) {
    const json::object object = report({});
    std::int64_t cycles = 0, macs = 0;
    const auto femtojoules = [](const json::value& energy) {
        return std::llround(1000 * energy.at("total").to_number<double>());
    };
    long long energy = 0;
    for (const json::value& layer : object.at("layers").as_array()) {
        cycles += layer.at("cycles").to_number<std::int64_t>();
        macs += layer.at("macs").to_number<std::int64_t>();
        energy += femtojoules(layer.at("energy_pj"));
    }
    const json::value& totals = object.at("totals");
    EXPECT_EQ(cycles, totals.at("cycles").to_number<std::int64_t>());
    EXPECT_EQ(macs, totals.at("macs").to_number<std::int64_t>());
    const long long total = femtojoules(totals.at("energy_pj"));
    EXPECT_EQ(energy, total);
    EXPECT_GT(cycles, 0);
    EXPECT_GT(total, 0);
    // Forward for one image: 8 * 8 * 16 * 27 + 4 * 4 * 16 * 144 * 2 + 16 * 10. Batch 2; dW for all,
    // dX for all but conv1.
    EXPECT_EQ(macs, 2 * (3 * (27648 + 2 * 36864 + 160) - 27648));
}

TEST_F(TinyRun, ThreadsNeverChangeTheReport) {
    EXPECT_EQ(report({"--threads", "1"}), report({"--threads", "2"}));
}

TEST_F(TinyRun, TheSeedChangesTheNumbersAndNotTheCycles) {
    const json::object one = report({"--seed", "1"});
    const json::object two = report({"--seed", "2"});
    EXPECT_NE(one.at("totals").at("loss"), two.at("totals").at("loss"));
    EXPECT_EQ(one.at("totals").at("cycles"), two.at("totals").at("cycles"));
}

TEST_F(TinyRun, TimingOffGivesTheSameNumbersWithoutCycles) {
    const json::object timed = report({});
    const json::object untimed = report({"--timing", "off"});
    EXPECT_EQ(timed.at("totals").at("loss"), untimed.at("totals").at("loss"));
    EXPECT_TRUE(untimed.at("totals").at("cycles").is_null());
}

TEST_F(TinyRun, NumericsOffGivesTheSameCyclesWithoutALoss) {
    const json::object numeric = report({});
    const json::object timing = report({"--numerics", "off"});
    EXPECT_EQ(numeric.at("totals").at("cycles"), timing.at("totals").at("cycles"));
    EXPECT_TRUE(timing.at("totals").at("loss").is_null());
}

TEST_F(TinyRun, NumericsAndGoldenMayBothBeOff) {
    const json::object object = report({"--numerics", "off", "--golden", "off"});
    EXPECT_TRUE(object.at("totals").at("loss").is_null());
}

TEST_F(TinyRun, FiguresOfTheProgramAreNumbers) {
    const Outcome outcome = run_program(
        {"compile", "--network", network_, "--batch", "2", "--json", "-"}, folder_.path());
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    const json::value compiled = json::parse(outcome.output);
    for (const json::value& row : compiled.at("operators").as_array())
        for (const char* key : {"m", "n", "k", "instructions", "bytes"})
            EXPECT_TRUE(row.at(key).is_int64()) << key;
}

TEST_F(TinyRun, WithoutDoubleRegistersAPassTakesLonger) {
    const auto cycles = [](const json::object& object) {
        return object.at("totals").at("cycles").to_number<std::int64_t>();
    };
    EXPECT_LT(cycles(report({})), cycles(report({"--arch", "edge-4bit-no-overlap"})));
}

TEST_F(TinyRun, SetChangesTheMachineThatIsReported) {
    const json::object object =
        report({"--set", "core.array.rows=16", "--set", "core.array.cols=16"});
    EXPECT_EQ(object.at("architecture").at("core").at("array").at("rows").to_number<int>(), 16);
    EXPECT_EQ(object.at("architecture").at("core").at("array").at("cols").to_number<int>(), 16);
}

TEST_F(TinyRun, InferenceHasOnlyForwardOperators) {
    const json::object object = report({"--pass", "inference"});
    EXPECT_GT(object.at("layers").as_array().size(), 10U);
    for (const json::value& layer : object.at("layers").as_array()) {
        EXPECT_EQ(layer.at("pass").as_string(), "forward");
    }
}

TEST_F(TinyRun, EveryRecipeOfTheProgramIsBitExact) {
    for (const char* recipe : {"fp4-tpr", "fp4-no-tpr", "fp16"}) {
        const json::object object = report({"--recipe", recipe, "--golden", "full"});
        EXPECT_EQ(object.at("golden").at("mismatches").to_number<int>(), 0) << recipe;
    }
}

TEST_F(TinyRun, TheTableForPeopleGoesToStandardOutputAndFilesAreWrittenBeside) {
    const Outcome outcome = run({"--quiet", "--json", "report.json", "--csv", "layers.csv"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(outcome.error, "");
    for (const char* part : {"conv2", "overlap:", "golden reference", "GradScale", "pJ/MAC"}) {
        EXPECT_NE(outcome.output.find(part), std::string::npos) << part;
    }
    EXPECT_TRUE(json::parse(read_text(folder_.path() / "report.json")).is_object());
    const std::size_t layers = line_count(read_text(folder_.path() / "layers.csv"));
    EXPECT_GT(layers, 20U);
}

}  // namespace
}  // namespace quatrain::regression
