// SPDX-License-Identifier: Apache-2.0
#include "sim/report/figures.hpp"
#include "sim/report/layer_groups.hpp"
#include "sim/report/output.hpp"
#include "sim/report/progress_bar.hpp"
#include "sim/report/run_table.hpp"
#include "tests/unit/report/sample_run.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <thread>

namespace quatrain::report {
namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Figures, HaveUnitsAndThreeDigits) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(1234567), "1,234,567");
    EXPECT_EQ(si(1234567, "B"), "1.23 MB");
    EXPECT_EQ(si(2.5e-5, "J"), "25.0 uJ");
    EXPECT_EQ(si(999.7e3, "B"), "1.00 MB");
    EXPECT_EQ(si(0, "s"), "0 s");
    EXPECT_EQ(percent(0.1234), "12.3 %");
    EXPECT_EQ(decibels(std::nullopt), "-");
    EXPECT_EQ(decibels(std::numeric_limits<double>::infinity()), "exact");
    EXPECT_EQ(decibels(20.06), "20.1");
}

TEST(TableText, ColumnsAlign) {
    Table table({{"name", Align::left}, {"size [B]"}});
    table.add({"a", "1"});
    table.rule();
    table.add({"longer", "1000000000"});
    EXPECT_EQ(table.text(),
              "name      size [B]\n"
              "------------------\n"
              "a                1\n"
              "------------------\n"
              "longer  1000000000\n");
    EXPECT_THROW(table.add({"one cell"}), std::logic_error);
}

TEST(TableText, CsvQuotesWhatWouldBreakIt) {
    Table table({{"a"}, {"b"}});
    table.add({"x, y", "say \"z\""});
    EXPECT_EQ(table.csv(), "a,b\n\"x, y\",\"say \"\"z\"\"\"\n");
}

TEST(LayerGroups, PartitionTheCyclesAndEnergyOfTheRun) {
    const run::RunResult result = sample_result();
    const std::vector<LayerGroup> groups = layer_groups(sample_options().network, result.operators);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups[0].label, "conv1");
    EXPECT_EQ(groups[0].forward.cycles, 100U);
    EXPECT_EQ(groups[0].data.cycles, 200U);
    EXPECT_EQ(groups[0].weight.cycles, 300U);
    EXPECT_EQ(groups[0].other_cycles, 40U);
    EXPECT_DOUBLE_EQ(groups[0].utilisation(), 0.5);
    EXPECT_EQ(groups[1].label, "batch norm");
    EXPECT_EQ(groups[2].label, "loss");
    std::uint64_t cycles = 0;
    std::int64_t energy = 0;
    for (const LayerGroup& group : groups) {
        cycles += group.cycles();
        energy += group.energy_femtojoules;
    }
    EXPECT_EQ(cycles, result.cycles);
    EXPECT_EQ(energy, result.energy.value.total());
}

TEST(LayerGroups, FusedOperatorsOfLikeLayersShareALine) {
    const std::vector<run::OperatorRow> rows{
        sample_row("bn1+conv1", "batch_norm_backward_apply+gradient_quantise", "backward_data", 0,
                   5, 0),
        sample_row("loss", "loss", "forward", 5, 1, 0),
        sample_row("bn1+conv1", "batch_norm_backward_apply+gradient_quantise", "backward_data", 6,
                   7, 0)};
    const std::vector<LayerGroup> groups = layer_groups(sample_options().network, rows);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].label, "batch norm + convolution");
    EXPECT_EQ(groups[0].other_cycles, 12U);
    EXPECT_EQ(groups[1].label, "loss");
}

TEST(RunText, SaysHowSureTheEnergyIsAndWhatDecidesIt) {
    const std::string text = run_text(sample_options(), sample_result());
    // 12000 MACs and 6 operators: 18000 pJ; at the low leakage alone, at the high twice of it.
    EXPECT_TRUE(contains(text, "energy: 0.02 uJ [0.00 .. 0.01]")) << text;
    EXPECT_TRUE(contains(text, "one figure alone, the widest: dram_energy [0.01 .. 0.04]\n"));
    EXPECT_TRUE(contains(text, "area: 1.5 mm2 [0.75 .. 3]"));
}

TEST(RunText, NamesTheOverlapModelTheVerdictAndTheTotals) {
    const std::string text = run_text(sample_options(), sample_result());
    EXPECT_TRUE(contains(text, "overlap: preload and drain hidden (double registers)"));
    EXPECT_TRUE(contains(
        text, "golden reference (every element): 1,000 elements, 0 mismatches: bit-exact"));
    EXPECT_TRUE(contains(text, "time: 700 cycles = 700 ns; utilisation of the array 40.0 %"));
    EXPECT_TRUE(contains(text, "loss: 2.302585"));
    EXPECT_TRUE(contains(text, "23.4")) << "SQNR of the forward GEMM";
    EXPECT_TRUE(contains(text, "exact")) << "SQNR of dX";
}

TEST(RunText, SaysWhatWentToTheScratchpadWhereThereIsOne) {
    run::RunOptions options = sample_options();
    run::RunResult result = sample_result();
    result.counts[Event::scratchpad_read_bits] = 8 * 3000;
    result.counts[Event::scratchpad_write_bits] = 8 * 1000;
    EXPECT_FALSE(contains(run_text(options, result), "scratchpad"));
    options.architecture.scratchpad.bytes = 1 << 16;
    EXPECT_TRUE(
        contains(run_text(options, result), "; scratchpad read 3.00 kB, written 1.00 kB\n"));
}

TEST(RunText, SaysWhatEveryChannelOfTheDramDidAndWhoseEnergiesThoseAre) {
    const std::string text = run_text(sample_options(), sample_result());
    EXPECT_TRUE(contains(text, "lpddr5-6400: 4 channels, 51.2 GB/s at most"));
    EXPECT_TRUE(contains(text, "95.0 %")) << "row hits";
    EXPECT_TRUE(contains(text, "dram (stand-in)"));
    EXPECT_TRUE(contains(text, "energy of the DRAM is a stand-in: energies are those of"));
    run::RunResult ideal = sample_result();
    ideal.channels.clear();
    EXPECT_FALSE(contains(run_text(sample_options(), ideal), "DRAM channel"));
    run::RunOptions known = sample_options();
    known.architecture.memory = config::load_memory("ddr4-3200");
    EXPECT_FALSE(contains(run_text(known, sample_result()), "stand-in"));
}

TEST(RunText, MismatchesAreListed) {
    run::RunResult result = sample_result();
    result.golden.mismatches = 1;
    result.first_mismatches = {{"conv1.output", 5, 0x3c00, 0x3c01}};
    const std::string text = run_text(sample_options(), result);
    EXPECT_TRUE(contains(text, "1 mismatches: BITS DIFFER"));
    EXPECT_TRUE(contains(text, "conv1.output[5]: expected 0x3c00, machine has 0x3c01"));
}

TEST(RunText, NothingComparedIsNotCalledBitExact) {
    run::RunResult result = sample_result();
    result.golden = {};
    const std::string text = run_text(sample_options(), result);
    EXPECT_FALSE(contains(text, "bit-exact"));
    EXPECT_TRUE(contains(text, "golden reference: nothing was compared"));
    run::RunOptions options = sample_options();
    options.golden = run::Golden::off;
    EXPECT_FALSE(contains(run_text(options, sample_result()), "bit-exact"));
}

TEST(RunText, EveryOverlapModelHasAName) {
    mac_array::Params array;
    array.double_result = false;
    EXPECT_EQ(overlap_model(array), "preload hidden, drain not (single result register)");
    array.double_stationary = false;
    EXPECT_EQ(overlap_model(array), "none (single registers)");
    array.double_result = true;
    EXPECT_EQ(overlap_model(array), "drain hidden, preload not (single stationary register)");
}

TEST(OperatorTable, HasARowPerOperatorAndAColumnPerCounter) {
    const Table table = operator_table(sample_options(), sample_result());
    EXPECT_EQ(table.rows().size(), 6U);
    EXPECT_EQ(table.columns().size(), 22U + energy::component_count + event_count);
}

TEST(Progress, LineHasShareRateAndTimeLeft) {
    EXPECT_EQ(
        progress_line("simulate", "operators", 30, 120, 3.0),
        "simulate         [######------------------]  25.0 %  30/120 operators  10 /s  9 s left");
    EXPECT_TRUE(contains(progress_line("simulate", "operators", 0, 0, 0.0), "100.0 %"));
    EXPECT_TRUE(contains(progress_line("epoch 3/3", "images", 90, 120, 3.0, 60),
                         "75.0 %  90/120 images  10 /s  3 s left"));
    EXPECT_FALSE(contains(progress_line("epoch 3/3", "images", 60, 120, 0.1, 60), "left"));
}

/// A folder of its own for one test, removed at the end.
class Output : public ::testing::Test {
protected:
    Output() { std::filesystem::create_directories(folder_); }
    ~Output() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string text_of(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("quatrain_output_" + std::to_string(getpid()));
};

TEST_F(Output, ALinkStaysALinkAndItsTargetIsReplaced) {
    std::filesystem::create_directory(path("reports"));
    write_output(path("reports/old.json"), "old");
    std::filesystem::create_symlink("reports/old.json", path("second"));
    std::filesystem::create_symlink("second", path("first"));
    write_output(path("first"), "new");
    EXPECT_TRUE(std::filesystem::is_symlink(path("first")));
    EXPECT_TRUE(std::filesystem::is_symlink(path("second")));
    EXPECT_EQ(text_of("reports/old.json"), "new");
    std::filesystem::create_symlink("reports/none.json", path("dangling"));
    write_output(path("dangling"), "made");
    EXPECT_TRUE(std::filesystem::is_symlink(path("dangling")));
    EXPECT_EQ(text_of("reports/none.json"), "made");
    std::filesystem::create_symlink("circle", path("circle"));
    EXPECT_THROW(write_output(path("circle"), "text"), std::runtime_error);
}

TEST_F(Output, APipeIsWrittenToAndStaysAPipe) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    std::string received;
    std::thread reader([&] { received = text_of("pipe"); });
    write_output(path("pipe"), "through");
    // Had the pipe been replaced, nobody would ever open it for the reader.
    if (!std::filesystem::is_fifo(path("pipe"))) {
        reader.detach();
        FAIL() << "replaced by a file";
    }
    reader.join();
    EXPECT_EQ(received, "through");
}

TEST_F(Output, WhatCannotBeWrittenIsKnownBeforeAnythingIs) {
    EXPECT_NO_THROW(check_output("-"));
    EXPECT_NO_THROW(check_output(path("report.json")));
    EXPECT_FALSE(std::filesystem::exists(path("report.json")));
    const auto complaint = [](const std::string& where) -> std::string {
        try {
            check_output(where);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(complaint(path("none/a.json")),
              path("none/a.json") + ": cannot be written: there is no folder " + path("none"));
    EXPECT_EQ(complaint(path("")), path("") + ": cannot be written: is a folder");
}

TEST(OutputFile, IsReplacedWholeAndNoTemporaryIsLeft) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / "quatrain_report_test_output";
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "report.json").string();
    write_output(path, "first, and longer");
    write_output(path, "second");
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "second");
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
    EXPECT_EQ(files, 1U);
    std::filesystem::remove_all(folder);
    EXPECT_THROW(write_output(path, "no folder"), std::runtime_error);
}

}  // namespace
}  // namespace quatrain::report
