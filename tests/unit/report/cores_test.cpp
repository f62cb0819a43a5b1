// SPDX-License-Identifier: Apache-2.0
// What the reports say of several cores.
#include "sim/config/reader.hpp"
#include "sim/report/descriptions.hpp"
#include "sim/report/json.hpp"
#include "sim/report/program_table.hpp"
#include "sim/report/run_table.hpp"
#include "tests/unit/report/sample_run.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/json.hpp>

namespace quatrain::report {
namespace {

namespace json = boost::json;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

run::RunOptions options_of(std::int64_t cores) {
    run::RunOptions options = sample_options();
    options.architecture.cores = cores;
    options.batch = 8;
    options.batch_norm = training::BatchNormScope::synchronised;
    return options;
}

run::RunResult result_of_cores() {
    run::RunResult result = sample_result();
    result.golden.mismatches = 1;
    result.first_mismatches = {{"conv1.output", 5, 0x3c00, 0x3c01, 3}};
    result.gradscale = {{"conv1", 16, 48.0, -1, -2, 0.25, 0.0}};
    result.operators[0].energy.value[energy::Component::noc] = 500'000;
    result.energy.value[energy::Component::noc] = 500'000;
    result.operators[0].counts[Event::ring_bit_hops] = 2700;
    result.counts[Event::ring_bit_hops] = 2700;
    return result;
}

TEST(Cores, TheTableSaysHowManyThereAreAndHowTheyShareTheBatch) {
    const std::string text = run_text(options_of(4), result_of_cores());
    EXPECT_TRUE(contains(text, "machine: 4 cores of 32 x 32 PEs, lanes [bits:n] 4:4 8:2 16:1"))
        << text;
    EXPECT_TRUE(contains(text, "ring: 128 bytes per cycle each way, 2 cycles per hop"));
    EXPECT_TRUE(contains(text, "of batch 8 (2 on each core, batch norm synchronised), recipe"));
    EXPECT_TRUE(contains(text, "utilisation of the arrays 40.0 %"));
    EXPECT_TRUE(contains(text, "core 3 conv1.output[5]: expected 0x3c00, machine has 0x3c01"));
    EXPECT_TRUE(contains(text, "vote (sum)"));
    EXPECT_TRUE(contains(text, "-1 (-2)"));
}

TEST(Cores, OneAloneIsNotCounted) {
    const std::string text = run_text(options_of(1), result_of_cores());
    EXPECT_TRUE(contains(text, "machine: 32 x 32 PEs, lanes [bits:n] 4:4 8:2 16:1")) << text;
    EXPECT_FALSE(contains(text, "core")) << text;
    EXPECT_FALSE(contains(text, "ring:"));
    EXPECT_FALSE(contains(text, "synchronised"));
    EXPECT_FALSE(contains(text, "(-2)"));
}

TEST(Cores, TheEnergyOfTheRingIsInEveryReport) {
    const std::string text = run_text(options_of(4), result_of_cores());
    const std::size_t line = text.find("\nnoc ");
    ASSERT_NE(line, std::string::npos);
    EXPECT_TRUE(contains(text.substr(line, text.find('\n', line + 1) - line), "2.7 %"))
        << "500 of 18500 pJ";
    const json::value report = json::parse(run_json(options_of(4), result_of_cores()));
    EXPECT_EQ(report.at("totals").at("energy_pj").at("noc").to_number<double>(), 500);
    EXPECT_EQ(report.at("layers").at(0).at("counters").at("ring_bit_hops").to_number<int>(), 2700);
    const std::string csv = operator_table(options_of(4), result_of_cores()).csv();
    EXPECT_TRUE(contains(csv, "energy_pj_noc"));
    EXPECT_TRUE(contains(csv, "ring_bit_hops"));
    const Table technology = technology_table(config::load_technology("7nm"));
    EXPECT_TRUE(std::ranges::any_of(
        technology.rows(), [](const auto& row) { return row[0].text == "ring_bit_hops"; }));
}

TEST(Cores, JsonHasTheMachineTheScopeAndWhoseTensorDiffers) {
    const json::value report = json::parse(run_json(options_of(4), result_of_cores()));
    const json::value& machine = report.at("architecture");
    EXPECT_EQ(machine.at("cores").as_int64(), 4);
    EXPECT_EQ(machine.at("ring").at("hop_cycles").as_int64(), 2);
    EXPECT_EQ(report.at("batch_norm").as_string(), "synchronised");
    EXPECT_EQ(report.at("golden").at("first_mismatches").at(0).at("core").as_int64(), 3);
    EXPECT_EQ(report.at("gradscale").at(0).at("vote").as_int64(), -1);
    EXPECT_EQ(report.at("gradscale").at(0).at("vote_sum").as_int64(), -2);
}

TEST(Cores, DescribeListsThemAndTheirRing) {
    const Table list = architecture_list();
    for (const auto& row : list.rows()) {
        const config::Architecture architecture = config::load_architecture(row[0].text);
        EXPECT_EQ(std::get<std::int64_t>(row[1].value), architecture.cores) << row[0].text;
    }
    config::Architecture machine = config::load_architecture("edge-4bit");
    machine.cores = 4;
    const Table parameters = parameter_table(machine);
    const auto value = [&](const std::string& path) {
        for (const auto& row : parameters.rows())
            if (row[0].text == path) return std::get<std::int64_t>(row[1].value);
        return std::int64_t{-1};
    };
    EXPECT_EQ(value("cores"), 4);
    EXPECT_EQ(value("ring.bytes_per_cycle"), 128);
}

isa::Queues of_one_load(std::int64_t bytes) {
    isa::Queues queues;
    isa::DmaTransfer transfer;
    transfer.extent[0] = bytes;
    isa::QueueElement element;
    element.instruction.body = transfer;
    queues[static_cast<std::size_t>(isa::Engine::load)].push_back(element);
    return queues;
}

TEST(Cores, AListingHasTheCodeOfEachWhereItDiffers) {
    compiler::Program program;
    program.graph.cores = 2;
    program.graph.whole_batch = 8;
    compiler::OperatorCode code;
    code.name = "conv1";
    code.of_core = {of_one_load(64), of_one_load(48)};
    program.code = {code};
    const std::string listing = program_listing(program, "conv1");
    const std::size_t zero = listing.find("  core 0 load queue\n    transfer 64 bytes");
    const std::size_t one = listing.find("  core 1 load queue\n    transfer 48 bytes");
    ASSERT_NE(zero, std::string::npos) << listing;
    ASSERT_NE(one, std::string::npos) << listing;
    EXPECT_LT(zero, one);
    EXPECT_EQ(program_table(program).rows()[0][9].text, "1") << "instructions of core 0";
    EXPECT_TRUE(contains(program_summary(program), "batch 8 on 2 cores, of each: 1 operators"));
    EXPECT_FALSE(contains(program_summary(program), "scratchpad"));
    program.scratchpad_bytes = 512;
    EXPECT_TRUE(contains(program_summary(program), "DRAM image 0 B, scratchpad 512 B, "));
}

}  // namespace
}  // namespace quatrain::report
