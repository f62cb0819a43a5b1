// SPDX-License-Identifier: Apache-2.0
#include "sim/report/json.hpp"

#include "sim/config/reader.hpp"
#include "sim/report/descriptions.hpp"
#include "sim/report/json_text.hpp"
#include "tests/unit/report/sample_run.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace quatrain::report {
namespace {

namespace json = boost::json;

json::value sample() {
    return json::parse(run_json(sample_options(), sample_result()));
}

void expect_keys(const json::value& object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) EXPECT_TRUE(object.as_object().contains(key)) << key;
}

TEST(Json, TellsOfTheRecipeWhatItsFileTold) {
    run::RunOptions options = sample_options();
    options.recipe = config::load_recipe("fp4-1x1-fp8");
    const json::value tpr = json::parse(run_json(options, sample_result())).at("recipe");
    EXPECT_EQ(tpr.at("accumulator").as_string(), "");
    EXPECT_EQ(tpr.at("gradscale").as_string(), "per_layer");
    EXPECT_EQ(tpr.at("rules").at(1).at("kernel").as_int64(), 1);
    EXPECT_EQ(tpr.at("rules").at(1).at("gradient_data").as_string(), "fp8_152");
    EXPECT_FALSE(tpr.at("rules").at(0).as_object().contains("kernel"));
    options.recipe = config::load_recipe("fp32");
    EXPECT_EQ(json::parse(run_json(options, sample_result())).at("recipe").at("accumulator"),
              "fp32");
    options.recipe = config::load_recipe("fp4-apex");
    EXPECT_EQ(json::parse(run_json(options, sample_result())).at("recipe").at("gradscale"),
              "global");
}

TEST(Json, HasEveryKeyOfTheContract) {
    const json::value report = sample();
    expect_keys(report, {"version", "command", "seed", "network", "architecture", "technology",
                         "recipe", "batch", "pass", "complete", "totals", "layers", "memory",
                         "golden", "gradscale", "numeric_faults", "simulator"});
    expect_keys(report.at("network"), {"name", "parameters", "macs_forward"});
    expect_keys(report.at("architecture"), {"overlap_model"});
    expect_keys(report.at("technology"), {"name", "description"});
    const auto energy = {"total", "mac_array", "scaling_unit", "vector_unit", "buffers",
                         "dma",   "noc",       "dram",         "leakage",     "clock"};
    const json::value& totals = report.at("totals");
    expect_keys(totals, {"cycles", "seconds", "macs", "utilisation", "energy_pj", "energy_low_pj",
                         "energy_high_pj", "energy_sensitivity", "dram_read_bytes",
                         "dram_write_bytes", "area_mm2", "area_low_mm2", "area_high_mm2", "loss",
                         "program_bytes", "dram_image_bytes", "counters"});
    for (const char* bound : {"energy_pj", "energy_low_pj", "energy_high_pj"})
        expect_keys(totals.at(bound), energy);
    const json::value& layer = report.at("layers").at(0);
    expect_keys(layer, {"name",
                        "operator",
                        "pass",
                        "format",
                        "shape",
                        "dataflow",
                        "tile",
                        "cycles",
                        "start_cycle",
                        "macs",
                        "zero_macs",
                        "utilisation",
                        "stalls",
                        "roofline",
                        "energy_pj",
                        "energy_low_pj",
                        "energy_high_pj",
                        "dram_read_bytes",
                        "dram_write_bytes",
                        "golden",
                        "sqnr_db",
                        "cosine",
                        "bias",
                        "tensors",
                        "counters"});
    expect_keys(layer.at("shape"), {"m", "n", "k"});
    expect_keys(layer.at("stalls"), {"dram", "buffer", "dependency"});
    for (const char* bound : {"energy_pj", "energy_low_pj", "energy_high_pj"})
        expect_keys(layer.at(bound), energy);
    expect_keys(layer.at("roofline"), {"span_cycles", "macs_per_byte", "attained_macs_per_cycle",
                                       "attainable_macs_per_cycle", "bound"});
    const json::value& memory = report.at("memory");
    expect_keys(memory, {"standard", "clock_period_ps", "peak_bytes_per_second", "energy_stand_in",
                         "all_channels", "channels"});
    const json::value& channel = memory.at("channels").at(0);
    expect_keys(channel, {"cycles", "read_bytes", "write_bytes", "bytes_per_second",
                          "bus_utilisation", "row_hit_rate", "read_queue", "write_queue",
                          "bus_cycles", "commands", "energy_pj"});
    expect_keys(channel.at("read_queue"), {"mean_requests", "mean_wait_seconds"});
    expect_keys(channel.at("bus_cycles"), {"data", "stall_refresh", "stall_row", "stall_turnaround",
                                           "stall_column", "no_request"});
    expect_keys(channel.at("commands"),
                {"activate", "precharge", "precharge_all", "read", "read_precharge", "write",
                 "write_precharge", "refresh_all", "refresh_bank"});
    expect_keys(channel.at("energy_pj"),
                {"total", "activate", "read", "write", "refresh", "background"});
    expect_keys(layer.at("golden"), {"elements", "mismatches"});
    expect_keys(layer.at("tensors").at(0), {"name", "sqnr_db", "cosine", "bias"});
    expect_keys(report.at("golden"), {"elements", "mismatches", "first_mismatches"});
    expect_keys(report.at("golden").at("first_mismatches").at(0),
                {"tensor", "index", "expected", "actual"});
    expect_keys(report.at("gradscale").at(0), {"layer", "log2_scale", "max_abs", "vote",
                                               "underflow_fraction", "overflow_fraction"});
    expect_keys(report.at("numeric_faults"), {"nan", "infinity", "saturated"});
    expect_keys(report.at("simulator"), {"wall_seconds", "simulation_seconds", "peak_rss_bytes",
                                         "cycles_per_second", "macs_per_second", "threads"});
}

TEST(Json, FiguresAreThoseOfTheResult) {
    const json::value report = sample();
    EXPECT_EQ(report.at("seed").as_uint64(), 18446744073709551615U) << "integers are exact";
    EXPECT_EQ(report.at("architecture").at("core").at("array").at("rows").as_int64(), 32);
    EXPECT_EQ(report.at("architecture").at("dram").at("channels").as_int64(), 4);
    EXPECT_EQ(report.at("totals").at("cycles").to_number<int>(), 700);
    EXPECT_EQ(report.at("totals").at("energy_pj").at("total").to_number<double>(), 18000);
    EXPECT_EQ(report.at("totals").at("energy_low_pj").at("total").to_number<double>(), 3000.006);
    EXPECT_EQ(report.at("totals").at("energy_high_pj").at("leakage").to_number<double>(), 12000);
    const json::value& moved = report.at("totals").at("energy_sensitivity").at(0);
    EXPECT_EQ(moved.at("figure").as_string(), "dram_energy");
    EXPECT_EQ(moved.at("total_low_pj").to_number<double>(), 9000);
    EXPECT_EQ(moved.at("total_high_pj").to_number<double>(), 36000.001);
    EXPECT_EQ(report.at("totals").at("area_mm2").as_double(), 1.5);
    EXPECT_EQ(report.at("totals").at("area_low_mm2").as_double(), 0.75);
    EXPECT_EQ(report.at("totals").at("area_high_mm2").to_number<double>(), 3);
    EXPECT_EQ(report.at("layers").as_array().size(), 6U);
    const json::value& layer = report.at("layers").at(0);
    EXPECT_EQ(layer.at("zero_macs").to_number<int>(), 7);
    EXPECT_EQ(layer.at("dram_read_bytes").to_number<int>(), 10);
    EXPECT_EQ(layer.at("stalls").at("dram").to_number<int>(), 3);
    EXPECT_EQ(layer.at("roofline").at("macs_per_byte").to_number<double>(), 400);
    EXPECT_EQ(layer.at("roofline").at("attained_macs_per_cycle").to_number<double>(), 40);
    EXPECT_EQ(layer.at("roofline").at("bound").as_string(), "compute");
    EXPECT_TRUE(report.at("layers").at(1).at("roofline").is_null()) << "no MACs";
    const json::value& memory = report.at("memory");
    EXPECT_EQ(memory.at("standard").as_string(), "lpddr5-6400");
    EXPECT_TRUE(memory.at("energy_stand_in").is_string()) << "LPDDR5 has no currents of its own";
    EXPECT_EQ(memory.at("channels").as_array().size(), 2U);
    const json::value& channel = memory.at("channels").at(1);
    EXPECT_EQ(channel.at("read_bytes").to_number<int>(), 3200);
    EXPECT_EQ(channel.at("row_hit_rate").as_double(), 0.95);
    EXPECT_EQ(channel.at("bus_cycles").at("stall_row").to_number<int>(), 30);
    EXPECT_EQ(channel.at("commands").at("activate").to_number<int>(), 5);
    EXPECT_EQ(memory.at("all_channels").at("read_bytes").to_number<int>(), 6400);
    EXPECT_EQ(layer.at("sqnr_db").as_double(), 23.45);
    EXPECT_EQ(layer.at("bias").as_double(), -0.125);
    EXPECT_EQ(layer.at("tensors").at(0).at("name").as_string(), "conv1.output");
    EXPECT_EQ(layer.at("tensors").at(0).at("bias").as_double(), -0.125);
    EXPECT_TRUE(layer.at("tensors").at(1).at("sqnr_db").is_null()) << "JSON has no infinity";
    EXPECT_EQ(report.at("gradscale").at(0).at("vote").to_number<int>(), -1);
    EXPECT_EQ(report.at("simulator").at("cycles_per_second").to_number<double>(), 1400);
}

// No double is so near to the largest energy.
TEST(Json, EnergiesAreExactDecimals) {
    run::RunResult result = sample_result();
    result.energy.value = {};
    result.energy.value[energy::Component::dram] = std::numeric_limits<std::int64_t>::max() - 100;
    result.energy.value[energy::Component::noc] = 42;
    const std::string text = run_json(sample_options(), result);
    EXPECT_NE(text.find("\"dram\": 9223372036854775.707"), std::string::npos);
    EXPECT_NE(text.find("\"noc\": 0.042"), std::string::npos);
    EXPECT_NE(text.find("\"total\": 500.001"), std::string::npos) << "low of an operator";
    EXPECT_EQ(thousandths_text(-1001), "-1.001");
    EXPECT_EQ(thousandths_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775.808");
}

TEST(Json, WhatWasNotMeasuredIsNull) {
    run::RunOptions options = sample_options();
    options.timing = false;
    run::RunResult without_area = sample_result();
    without_area.area_mm2.reset();
    const json::value report = json::parse(run_json(options, without_area));
    EXPECT_TRUE(report.at("totals").at("cycles").is_null());
    EXPECT_TRUE(report.at("layers").at(0).at("cycles").is_null());
    EXPECT_TRUE(report.at("totals").at("area_mm2").is_null());
    EXPECT_TRUE(report.at("layers").at(1).at("sqnr_db").is_null()) << "not compared";
    EXPECT_TRUE(report.at("layers").at(3).at("sqnr_db").is_null()) << "JSON has no infinity";
    EXPECT_TRUE(report.at("layers").at(0).at("roofline").is_object()) << "the sample has cycles";
    run::RunResult ideal = sample_result();
    ideal.channels.clear();
    EXPECT_TRUE(json::parse(run_json(options, ideal)).at("memory").is_null());
}

TEST(Json, TextReadsBackToTheSameValue) {
    const json::value value = json::parse(
        R"({"a": [1, -2, 0.1, 1e300, true, null, "x\"y\n"], "b": {}, "c": [], "d": {"e": [[]]}})");
    EXPECT_EQ(json::parse(json_text(value)), value);
    EXPECT_EQ(json_text(json::value{{"k", {1}}}), "{\n  \"k\": [\n    1\n  ]\n}\n");
}

TEST(Json, ATableBecomesOneObjectPerRow) {
    Table table({{"name"}, {"size"}});
    table.add({"a", "1 of 2"});
    table.add({"b", {"2,000", std::int64_t{2000}}});
    table.add({"c", plain(0.5)});
    table.add({"d", {"on", true}});
    const json::value value = json::parse(table_json("describe", "things", table));
    EXPECT_EQ(value.at("command").as_string(), "describe");
    EXPECT_EQ(value.at("things").at(0).at("size").as_string(), "1 of 2");
    EXPECT_EQ(value.at("things").at(1).at("size").as_int64(), 2000) << "without the separators";
    EXPECT_EQ(value.at("things").at(2).at("size").as_double(), 0.5);
    EXPECT_TRUE(value.at("things").at(3).at("size").as_bool());
}

TEST(Json, EveryFigureOfADescriptionIsANumber) {
    const auto rows = [](const Table& table) {
        return json::parse(table_json("describe", "rows", table)).at("rows").as_array();
    };
    for (const json::value& network : rows(network_list()))
        for (const char* key : {"classes", "parameters", "MACs forward per image"})
            EXPECT_TRUE(network.at(key).is_int64()) << key;
    for (const json::value& format : rows(format_list())) EXPECT_TRUE(format.at("bits").is_int64());
    for (const json::value& event : rows(technology_table(config::load_technology("7nm"))))
        for (const char* key : {"value", "low", "high"})
            EXPECT_TRUE(event.at(key).is_number()) << event.at("event") << key;
    std::size_t numbers = 0, truths = 0;
    for (const json::value& row : rows(parameter_table(config::load_architecture("edge-4bit")))) {
        numbers += row.at("value").is_int64();
        truths += row.at("value").is_bool();
    }
    EXPECT_GT(numbers, 20U);
    EXPECT_GT(truths, 1U);
}

}  // namespace
}  // namespace quatrain::report
