// SPDX-License-Identifier: Apache-2.0
#include "sim/report/json.hpp"
#include "sim/report/json_text.hpp"
#include "tests/unit/report/sample_run.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace quatrain::report {
namespace {

namespace json = boost::json;

json::value sample() {
    return json::parse(run_json(sample_options(), sample_result()));
}

TEST(Json, HasEveryKeyOfTheContract) {
    const json::value report = sample();
    for (const char* key :
         {"version", "command", "seed", "network", "architecture", "recipe", "batch", "totals",
          "layers", "golden", "gradscale", "numeric_faults", "simulator"}) {
        EXPECT_TRUE(report.as_object().contains(key)) << key;
    }
    for (const char* key : {"cycles", "seconds", "macs", "utilisation", "energy_pj",
                            "dram_read_bytes", "dram_write_bytes", "area_mm2"}) {
        EXPECT_TRUE(report.at("totals").as_object().contains(key)) << key;
    }
    for (const char* key : {"total", "mac_array", "scaling_unit", "vector_unit", "buffers", "dma",
                            "noc", "dram", "leakage"}) {
        EXPECT_TRUE(report.at("totals").at("energy_pj").as_object().contains(key)) << key;
    }
    const json::object& layer = report.at("layers").at(0).as_object();
    for (const char* key :
         {"name", "operator", "pass", "format", "shape", "dataflow", "tile", "cycles",
          "start_cycle", "macs", "zero_macs", "utilisation", "stalls", "energy_pj",
          "dram_read_bytes", "dram_write_bytes", "golden", "sqnr_db", "cosine"}) {
        EXPECT_TRUE(layer.contains(key)) << key;
    }
    for (const char* key :
         {"wall_seconds", "peak_rss_bytes", "cycles_per_second", "macs_per_second", "threads"}) {
        EXPECT_TRUE(report.at("simulator").as_object().contains(key)) << key;
    }
}

TEST(Json, FiguresAreThoseOfTheResult) {
    const json::value report = sample();
    EXPECT_EQ(report.at("seed").as_uint64(), 18446744073709551615U) << "integers are exact";
    EXPECT_EQ(report.at("architecture").at("core").at("array").at("rows").as_int64(), 32);
    EXPECT_EQ(report.at("architecture").at("dram").at("channels").as_int64(), 4);
    EXPECT_EQ(report.at("totals").at("cycles").to_number<int>(), 700);
    EXPECT_EQ(report.at("totals").at("energy_pj").at("total").to_number<double>(), 18000);
    EXPECT_EQ(report.at("layers").as_array().size(), 6U);
    const json::value& layer = report.at("layers").at(0);
    EXPECT_EQ(layer.at("zero_macs").to_number<int>(), 7);
    EXPECT_EQ(layer.at("dram_read_bytes").to_number<int>(), 10);
    EXPECT_EQ(layer.at("stalls").at("dram").to_number<int>(), 3);
    EXPECT_EQ(layer.at("sqnr_db").as_double(), 23.45);
    EXPECT_EQ(report.at("gradscale").at(0).at("vote").to_number<int>(), -1);
    EXPECT_EQ(report.at("simulator").at("cycles_per_second").to_number<double>(), 1400);
}

TEST(Json, WhatWasNotMeasuredIsNull) {
    run::RunOptions options = sample_options();
    options.timing = false;
    const json::value report = json::parse(run_json(options, sample_result()));
    EXPECT_TRUE(report.at("totals").at("cycles").is_null());
    EXPECT_TRUE(report.at("layers").at(0).at("cycles").is_null());
    EXPECT_TRUE(report.at("totals").at("area_mm2").is_null());
    EXPECT_TRUE(report.at("layers").at(1).at("sqnr_db").is_null()) << "not compared";
    EXPECT_TRUE(report.at("layers").at(3).at("sqnr_db").is_null()) << "JSON has no infinity";
}

TEST(Json, TextReadsBackToTheSameValue) {
    const json::value value = json::parse(
        R"({"a": [1, -2, 0.1, 1e300, true, null, "x\"y\n"], "b": {}, "c": [], "d": {"e": [[]]}})");
    EXPECT_EQ(json::parse(json_text(value)), value);
    EXPECT_EQ(json_text(json::value{{"k", {1}}}), "{\n  \"k\": [\n    1\n  ]\n}\n");
}

TEST(Json, ATableBecomesOneObjectPerRow) {
    Table table({{"name"}, {"size"}});
    table.add({"a", "1"});
    table.add({"b", "2"});
    const json::value value = json::parse(table_json("describe", "things", table));
    EXPECT_EQ(value.at("command").as_string(), "describe");
    EXPECT_EQ(value.at("things").at(1).at("size").as_string(), "2");
}

}  // namespace
}  // namespace quatrain::report
