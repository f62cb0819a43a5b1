// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/report.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

// Enough columns and rows that the mappers differ; a strided layer for the phases of dX.
const char* const network = R"yaml(
name: small
input: {height: 16, width: 16, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}
layers:
  - {name: conv1, type: convolution, channels: 16, kernel: 3, padding: 1}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: activation}
  - {name: conv2, type: convolution, channels: 64, kernel: 3, stride: 2, padding: 1}
  - {name: bn2, type: batch_norm}
  - {name: relu2, type: activation}
  - {name: conv3, type: convolution, channels: 64, kernel: 3, padding: 1}
  - {name: bn3, type: batch_norm}
  - {name: relu3, type: activation}
  - {name: pool, type: average_pool}
  - {name: fc, type: fully_connected, channels: 10}
)yaml";

class Mappings : public testing::Test {
protected:
    Outcome call(const std::string& command, const std::vector<std::string>& extra) {
        std::vector<std::string> arguments{command,   "--network", network_,
                                           "--batch", "2",         "--quiet"};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        return run_program(arguments, folder_.path());
    }
    json::object report(const std::string& command, std::vector<std::string> extra) {
        extra.insert(extra.end(), {"--json", "-"});
        return report_of(call(command, extra));
    }
    std::string mapping_file(const std::string& mapper) {
        const Outcome outcome =
            call("compile", {"--mapper", mapper, "--write-mapping", mapper + ".yaml"});
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        return read_text(folder_.path() / (mapper + ".yaml"));
    }

    ScratchFolder folder_;
    std::string network_ = folder_.write("small.yaml", network);
};

TEST_F(Mappings, OfTheSearchWrittenToAFileGiveTheRunOfTheSearch) {
    EXPECT_NE(mapping_file("search"), mapping_file("heuristic"));
    json::object searched = report("run", {"--mapper", "search"});
    json::object pinned = report("run", {"--mapping", "search.yaml"});
    EXPECT_EQ(
        searched.at("mapper"),
        (json::object{
            {"name", "search"}, {"objective", "cycles"}, {"dataflow", "pass"}, {"pinned", 0}}));
    const json::object how = pinned.at("mapper").as_object();
    EXPECT_EQ(how.at("name").as_string(), "heuristic");
    EXPECT_TRUE(how.at("objective").is_null());
    EXPECT_EQ(how.at("pinned").to_number<std::size_t>() + 1,
              line_count(read_text(folder_.path() / "search.yaml")));
    searched.erase("mapper");
    pinned.erase("mapper");
    EXPECT_EQ(searched, pinned);
    EXPECT_NE(searched.at("totals").at("cycles"), report("run", {}).at("totals").at("cycles"));
}

TEST_F(Mappings, OneLineChangedByHandPinsItsGemmAlone) {
    const std::string text = mapping_file("heuristic");
    const std::size_t line = text.find("  - {layer: conv3, pass: forward");
    ASSERT_NE(line, std::string::npos) << text;
    std::string pinned = text.substr(line, text.find('\n', line) + 1 - line);
    const std::size_t pixels = pinned.find("pixels: 32");  // a quarter of two images of 8 x 8
    ASSERT_NE(pixels, std::string::npos) << pinned;
    pinned.replace(pixels, 10, "pixels: 64");
    folder_.write("pinned.yaml", "mappings:\n" + pinned);
    const json::object before = report("run", {});
    const json::object after = report("run", {"--mapping", "pinned.yaml", "--golden", "full"});
    EXPECT_EQ(after.at("golden").at("mismatches").as_int64(), 0);
    const json::array &was = before.at("layers").as_array(), &is = after.at("layers").as_array();
    ASSERT_EQ(was.size(), is.size());
    for (std::size_t i = 0; i < was.size(); ++i) {
        const bool is_pinned = was[i].at("operator").as_string() == "convolution" &&
                               was[i].at("name").as_string() == "conv3";
        EXPECT_EQ(was[i].at("tile") != is[i].at("tile"), is_pinned) << was[i] << is[i];
    }
}

TEST_F(Mappings, ThatDoNotFitAreRefusedInOneLine) {
    folder_.write("wrong.yaml",
                  "mappings:\n  - {layer: conv9, pass: forward, phase: 0, pixels: 8, columns: 16, "
                  "k: 27, outer: weights}\n");
    const Outcome outcome = call("run", {"--mapping", "wrong.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(line_count(outcome.error), 1U) << outcome.error;
    EXPECT_NE(outcome.error.find("wrong.yaml:2"), std::string::npos) << outcome.error;
    EXPECT_NE(outcome.error.find("conv9"), std::string::npos) << outcome.error;
}

TEST_F(Mappings, AreAnAxisOfComparisons) {
    const json::object compared =
        report("compare", {"--mapper", "heuristic,search", "--activity-batch", "0"});
    const json::array& points = compared.at("points").as_array();
    ASSERT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].at("label").as_string(), "fp4-tpr heuristic");
    EXPECT_EQ(points[1].at("label").as_string(), "fp4-tpr search");
    EXPECT_EQ(points[1].at("mapper").at("name").as_string(), "search");
    for (const json::value& point : points) {
        const std::string name(point.at("mapper").at("name").as_string());
        EXPECT_EQ(point.at("cycles").to_number<double>(),
                  report("run", {"--mapper", name}).at("totals").at("cycles").to_number<double>());
    }
    const Outcome wrong = call("compare", {"--point", "mapper=best"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_NE(wrong.error.find("mapper = best: must be one of heuristic, search"),
              std::string::npos)
        << wrong.error;
}

}  // namespace
}  // namespace quatrain::regression
