// SPDX-License-Identifier: Apache-2.0

// Which numbers of a report are SCALE-Sim's, as docs/networks.md says.

#include "tests/regression/program.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

json::value report_of(const std::string& topology, const char* architecture, const char* pass) {
    const ScratchFolder folder;
    const Outcome outcome =
        run_program({"run", "--network", folder.write("net.csv", topology), "--arch", architecture,
                     "--pass", pass, "--numerics", "off", "--quiet", "--json", "-"},
                    folder.path());
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    return json::parse(outcome.output);
}

std::int64_t array_busy_cycles(const json::value& row) {
    return row.at("counters").at("array_busy_cycles").to_number<std::int64_t>();
}

std::int64_t cycles(const json::value& row) {
    return row.at("cycles").to_number<std::int64_t>();
}

const std::string convolution =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,,,Eh,Ew,e2\n"
    "conv1, 230, 230, 7, 7, 3, 64, 2,,,113,113,12769\n";

TEST(TopologyReport, ArrayBusyCyclesOfALayerAreScaleSims) {
    const json::value small = report_of(convolution, "scale-sim-32x32", "inference");
    EXPECT_EQ(array_busy_cycles(small.at("layers").at(0)), 5 * 2 * (2 * 32 + 32 + 12769 - 2));
    EXPECT_EQ(small.at("layers").at(0).at("dataflow").as_string(), "weight stationary");
    const json::value large = report_of(convolution, "scale-sim-128x128", "inference");
    EXPECT_EQ(array_busy_cycles(large.at("layers").at(0)), 2 * 1 * (2 * 128 + 128 + 12769 - 2));
}

TEST(TopologyReport, CyclesAreThatAndFourMoreOfTheFirstLayer) {
    const json::value report = report_of(convolution + "conv2, 16, 16, 3, 3, 64, 64, 1,\n",
                                         "scale-sim-32x32", "inference");
    const std::int64_t first = 5 * 2 * (2 * 32 + 32 + 12769 - 2);
    const std::int64_t second = 18 * 2 * (2 * 32 + 32 + 14 * 14 - 2);
    EXPECT_EQ(cycles(report.at("layers").at(0)), first + 4);
    EXPECT_EQ(cycles(report.at("layers").at(1)), second);
    EXPECT_EQ(cycles(report.at("totals")), first + second + 4);
    EXPECT_EQ(array_busy_cycles(report.at("totals")), first + second);
}

TEST(TopologyReport, OnlyTheWeightGradientIsOutputStationary) {
    const json::value report =
        report_of("Layer, M, N, K,\na, 100, 64, 96,\n", "scale-sim-32x32", "training");
    std::size_t gradients = 0;
    for (const json::value& row : report.at("layers").as_array()) {
        const bool weight = row.at("pass").as_string() == "backward_weight";
        EXPECT_EQ(row.at("dataflow").as_string(),
                  weight ? "output stationary" : "weight stationary");
        EXPECT_EQ(array_busy_cycles(row),
                  weight ? 3 * 2 * (32 + 32 + 100 - 2) : 3 * 2 * (2 * 32 + 32 + 100 - 2));
        gradients += weight ? 1 : 0;
    }
    EXPECT_EQ(gradients, 1U);
}

}  // namespace
}  // namespace quatrain::regression
