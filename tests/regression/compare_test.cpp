// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/program.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

/// A small network: seconds, not minutes.
const std::string network = R"(name: small
input: {height: 8, width: 8, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}
layers:
  - {name: conv1, type: convolution, channels: 8, kernel: 3, padding: 1}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: activation}
  - {name: conv2, type: convolution, channels: 8, kernel: 3, padding: 1}
  - {name: bn2, type: batch_norm}
  - {name: relu2, type: activation}
  - {name: pool, type: average_pool}
  - {name: fc, type: fully_connected, channels: 10, bias: true}
)";

json::value report_of(std::vector<std::string> arguments) {
    const ScratchFolder folder;
    arguments.insert(arguments.begin(), "compare");
    arguments.insert(arguments.end(), {"--network", folder.write("small.yaml", network), "--batch",
                                       "8", "--quiet", "--json", "-"});
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    return json::parse(outcome.output);
}

double number(const json::value& value) {
    return value.to_number<double>();
}

TEST(CompareReport, PointsAreCombinationsAndTheFirstIsTheBase) {
    const json::value report =
        report_of({"--recipe", "fp16,hfp8", "--arch", "edge-4bit,hfp8-baseline"});
    std::vector<std::string> labels;
    for (const json::value& point : report.at("points").as_array()) {
        labels.emplace_back(point.at("label").as_string());
        EXPECT_EQ(point.at("base").as_string(), "edge-4bit fp16");
    }
    EXPECT_EQ(labels, (std::vector<std::string>{"edge-4bit fp16", "edge-4bit hfp8",
                                                "hfp8-baseline fp16", "hfp8-baseline hfp8"}));
}

TEST(CompareReport, RatiosEpochsAndPartsFollowFromTheSteps) {
    const json::value report =
        report_of({"--recipe", "fp16,fp4-tpr", "--dataset-size", "1000", "--iso", "area"});
    const json::array& points = report.at("points").as_array();
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(report.at("iso").as_string(), "area");
    EXPECT_LE(number(points[1].at("machine").at("array_mm2")),
              number(points[0].at("machine").at("array_mm2")));
    for (const json::value& point : points) {
        EXPECT_DOUBLE_EQ(number(point.at("speed_up").at("measured")),
                         number(points[0].at("seconds")) / number(point.at("seconds")));
        EXPECT_DOUBLE_EQ(number(point.at("epoch").at("seconds")),
                         number(point.at("seconds")) * 1000 / 8);
        EXPECT_DOUBLE_EQ(number(point.at("joules_per_image")) * 8e12,
                         number(point.at("energy_pj").at("total")));
        double cycles = 0;
        for (const auto& part : point.at("cycles_by_class").as_object())
            cycles += number(part.value());
        EXPECT_NEAR(cycles, number(point.at("cycles")), 1e-6);
        EXPECT_LT(number(point.at("epoch").at("joules_low")),
                  number(point.at("epoch").at("joules")));
        EXPECT_GT(number(point.at("epoch").at("joules_high")),
                  number(point.at("epoch").at("joules")));
        EXPECT_GT(number(point.at("gated_fraction")), 0);
        EXPECT_GE(point.at("sensitivity").as_array().size(), 3U);
    }
    EXPECT_EQ(number(points[1].at("speed_up").at("published")), 7.3);
}

TEST(CompareReport, PointsOfTheirOwnHaveTheirOwnOverrides) {
    const json::value report = report_of(
        {"--point", "recipe=fp32,set=core.array.lanes_32bit=1,name=base", "--point",
         "recipe=fp4-tpr,set=core.array.cols=16,set=core.array.rows=16", "--activity-batch", "0"});
    const json::array& points = report.at("points").as_array();
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].at("label").as_string(), "base");
    EXPECT_EQ(points[1].at("machine").at("rows").as_int64(), 16);
    EXPECT_EQ(points[1].at("machine").at("cols").as_int64(), 16);
    EXPECT_EQ(number(points[1].at("gated_fraction")), 0);
    EXPECT_GT(number(points[0].at("mix_inner_layers").at("macs_32bit")), 0);
}

TEST(CompareReport, ReadsAsATableAndAsCsv) {
    const ScratchFolder folder;
    const Outcome outcome =
        run_program({"compare", "--network", folder.write("small.yaml", network), "--batch", "8",
                     "--recipe", "fp16,hfp8", "--quiet", "--csv", "points.csv"},
                    folder.path());
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    for (const char* heading : {"epoch [kJ]", "Fig. 6(c)", "+ batch norm", "what moves the energy"})
        EXPECT_NE(outcome.output.find(heading), std::string::npos) << heading;
    const std::string csv = read_text(folder.path() / "points.csv");
    EXPECT_EQ(line_count(csv), 3U);
    EXPECT_EQ(csv.rfind("point,network,architecture,recipe,batch", 0), 0U);
}

TEST(CompareReport, WhatIsWrongWithAPointIsSaidInOneLine) {
    const ScratchFolder folder;
    const std::string file = folder.write("small.yaml", network);
    const auto rejected = [&](std::vector<std::string> arguments, const char* part) {
        arguments.insert(arguments.begin(), {"compare", "--network", file, "--quiet"});
        const Outcome outcome = run_program(arguments, folder.path());
        EXPECT_EQ(outcome.status, 2) << outcome.error;
        EXPECT_EQ(line_count(outcome.error), 1U) << outcome.error;
        EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
    };
    rejected({"--point", "recipe"}, "recipe: must be KEY=VALUE");
    rejected({"--point", "machine=edge-4bit"}, "machine: no such key");
    rejected({"--point", "batch=0"}, "batch = 0: must be a positive integer");
    rejected({"--batch", "10", "--scale-from", "8"}, "--scale-from 8");
    rejected({"--recipe", "fp32"}, "core.array.lanes_32bit = 0: the array has none");
    folder.write("mine.yaml",
                 "name: fp16\nrules: [{layers: \"*\", activation: fp16, weight: fp16, "
                 "gradient_data: dlfloat16, gradient_weight: dlfloat16}]\n");
    rejected({"--recipe", "fp16,mine.yaml"}, "fp16 and mine.yaml both have this name");
    rejected({"--json", "-", "--csv", "-"}, "only one report fits standard output");
}

}  // namespace
}  // namespace quatrain::regression
