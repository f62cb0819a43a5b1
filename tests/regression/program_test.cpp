// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/program.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace quatrain::regression {
namespace {

std::string shell_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace

Outcome run_program(const std::vector<std::string>& arguments,
                    const std::filesystem::path& folder) {
    const std::filesystem::path output = folder / "stdout.txt";
    const std::filesystem::path error = folder / "stderr.txt";
    std::string command = "cd " + shell_quoted(folder.string()) + " && " QUATRAIN_PROGRAM;
    for (const std::string& argument : arguments) command += " " + shell_quoted(argument);
    command += " >" + shell_quoted(output.string()) + " 2>" + shell_quoted(error.string());
    const int result = std::system(command.c_str());
    return {WIFEXITED(result) ? WEXITSTATUS(result) : -1, read_text(output), read_text(error)};
}

ScratchFolder::ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "quatrain-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t line_count(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

namespace {

// A status and one line on standard error that names what is wrong; nothing on standard output.
void expect_rejected(const std::vector<std::string>& arguments, const ScratchFolder& folder,
                     const std::vector<std::string>& parts) {
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.status, 2) << outcome.error;
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(line_count(outcome.error), 1U) << outcome.error;
    EXPECT_EQ(outcome.error.find("quatrain: "), 0U) << outcome.error;
    for (const std::string& part : parts) {
        EXPECT_NE(outcome.error.find(part), std::string::npos)
            << outcome.error << " has no " << part;
    }
}

TEST(BadInput, AnUnknownKeyInAMachineNamesFileLineAndKey) {
    const ScratchFolder folder;
    const std::string file = folder.write("machine.yaml", "name: m\ncore:\n  array:\n    row: 8\n");
    expect_rejected({"run", "--quiet", "--arch", file}, folder,
                    {file + ":4", "core.array.row", "unknown key"});
}

TEST(BadInput, ANegativeSizeNamesFileLineValueAndRule) {
    const ScratchFolder folder;
    const std::string file =
        folder.write("machine.yaml", "name: m\ncore:\n  array:\n    rows: -3\n");
    expect_rejected({"run", "--quiet", "--arch", file}, folder,
                    {file + ":4", "core.array.rows", "= -3", "must be at least 1 [PE]"});
}

TEST(BadInput, ALayerThatFitsNoBufferIsNamedWithTheBuffer) {
    const ScratchFolder folder;
    expect_rejected(
        {"compile", "--network", "resnet20-cifar", "--set", "core.buffers.moving_bytes=256"},
        folder, {"moving"});
}

TEST(BadInput, ATruncatedCifarFileIsNamed) {
    const ScratchFolder folder;
    for (const char* name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                             "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"}) {
        folder.write(name, std::string(1000, '\1'));
    }
    expect_rejected({"run", "--quiet", "--dataset", "cifar10:" + folder.path().string()}, folder,
                    {"data_batch_1.bin"});
}

TEST(BadInput, AMissingDataFolderIsNamed) {
    const ScratchFolder folder;
    expect_rejected({"run", "--quiet", "--dataset", "cifar10:no-such-folder"}, folder,
                    {"no-such-folder"});
    expect_rejected(
        {"run", "--quiet", "--dataset", "imagenet:x"}, folder,
        {"--dataset imagenet:x", "must be synthetic, synthetic:N, cifar10:DIR or mnist:DIR"});
    for (const char* number : {"", "x", "5x", "1e3", "99999999999999999999"})
        expect_rejected({"run", "--quiet", "--dataset", "synthetic:" + std::string(number)}, folder,
                        {"--dataset synthetic:" + std::string(number) + ": must be synthetic"});
    expect_rejected({"run", "--quiet", "--dataset", "synthetic:4"}, folder,
                    {"dataset = synthetic:4: must be between 5 and 1000000000 images"});
}

TEST(BadInput, AnUnknownNetworkIsNamed) {
    const ScratchFolder folder;
    expect_rejected({"run", "--quiet", "--network", "resnet19"}, folder, {"resnet19"});
}

TEST(BadInput, SettingAMissingParameterListsNearNames) {
    const ScratchFolder folder;
    expect_rejected({"run", "--quiet", "--set", "core.array.row=64"}, folder,
                    {"--set", "core.array.row", "near: core.array.rows"});
}

TEST(BadInput, AFolderInPlaceOfAFileIsNamedWithTheReason) {
    const ScratchFolder folder;
    const std::string path = folder.path().string();
    const std::vector<std::string> parts{path + ": is a folder"};
    expect_rejected({"run", "--quiet", "--arch", path}, folder, parts);
    expect_rejected({"run", "--quiet", "--recipe", path}, folder, parts);
    expect_rejected({"run", "--quiet", "--set", "technology=" + path}, folder, parts);
    expect_rejected({"run", "--quiet", "--network", path}, folder, parts);
    expect_rejected({"run", "--quiet", "--arch", "none/m.yaml"}, folder,
                    {"none/m.yaml: cannot be opened: No such file"});
    std::filesystem::create_directory(folder.path() / "data_batch_1.bin");
    expect_rejected({"run", "--quiet", "--dataset", "cifar10:" + path}, folder,
                    {"data_batch_1.bin: is a folder"});
}

TEST(BadInput, ARuleBetweenParametersIsBlamedOnWhoBrokeIt) {
    const ScratchFolder folder;
    expect_rejected({"run", "--quiet", "--set", "core.buffers.scalar_bytes=64"}, folder,
                    {"quatrain: --set: core.buffers.scalar_bytes = 64: "});
    const std::string file =
        folder.write("machine.yaml", "name: m\ncore:\n  buffers:\n    scalar_bytes: 64\n");
    expect_rejected({"run", "--quiet", "--arch", file, "--set", "core.array.rows=16"}, folder,
                    {file + ": core.buffers.scalar_bytes = 64: "});
}

TEST(BadInput, ASeedIsAnUnsignedIntegerOf64Bits) {
    const ScratchFolder folder;
    for (const char* seed : {"-1", "18446744073709551616", "1e3", "0x10", "one"})
        expect_rejected({"run", "--quiet", "--seed", seed}, folder,
                        {"--seed", seed, "between 0 and 18446744073709551615"});
}

TEST(BadInput, TheLargestBatchIsTheOneThatTheHelpTells) {
    const ScratchFolder folder;
    expect_rejected({"compile", "--batch", "65537"}, folder, {"--batch", "65537", "65536"});
    const Outcome help = run_program({"run", "--help"}, folder.path());
    EXPECT_EQ(help.output.find("1048576"), std::string::npos) << help.output;
}

TEST(BadInput, AReportThatCannotBeWrittenIsRefusedBeforeTheRun) {
    const ScratchFolder folder;
    // Had the run begun, it would have asked for the images first.
    for (const char* option : {"--json", "--csv"})
        expect_rejected({"run", "--quiet", "--dataset", "mnist:no-such-folder", option, "none/a"},
                        folder, {"none/a: cannot be written: there is no folder none"});
}

TEST(BadInput, ComparingNumbersThatAreOffIsAnError) {
    const ScratchFolder folder;
    for (const char* golden : {"full", "sample"})
        expect_rejected({"run", "--quiet", "--numerics", "off", "--golden", golden}, folder,
                        {std::string("--golden ") + golden, "--numerics off"});
}

TEST(Help, ListsEveryExitStatus) {
    const ScratchFolder folder;
    const std::string help = run_program({"run", "--help"}, folder.path()).output;
    for (const char* status : {"0 done", "1 a check failed", "2 bad input", "3 the machine",
                               "deadlock", "130 interrupted"})
        EXPECT_NE(help.find(status), std::string::npos) << status;
}

TEST(BadInput, UsageErrorsHaveStatusTwoAndOneLine) {
    const ScratchFolder folder;
    expect_rejected({}, folder, {"subcommand"});
    expect_rejected({"fly"}, folder, {"fly"});
    expect_rejected({"run", "--bath", "8"}, folder, {"--bath"});
    expect_rejected({"run", "--batch", "0"}, folder, {"--batch"});
    expect_rejected({"run", "--golden", "some"}, folder, {"--golden"});
    expect_rejected({"describe", "weather"}, folder, {"weather"});
    expect_rejected({"describe", "recipes", "fp5"}, folder, {"fp5", "fp4-tpr"});
}

TEST(BadInput, WhatThisVersionHasNotSaysSoAndIsNotInTheHelp) {
    const ScratchFolder folder;
    const std::string rule = "not available in this version";
    expect_rejected({"run", "--network", "net.onnx"}, folder, {"net.onnx", rule});
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"--help"}, std::vector<std::string>{"run", "--help"}}) {
        const Outcome outcome = run_program(arguments, folder.path());
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output.find("onnx"), std::string::npos);
    }
}

TEST(BadInput, TrainingOptionsThatNeedOthersSayWhich) {
    const ScratchFolder folder;
    expect_rejected({"train", "--resume"}, folder, {"--resume", "--checkpoint"});
    expect_rejected({"train", "--schedule", "step"}, folder, {"--schedule step", "--milestones"});
    expect_rejected({"train", "--milestones", "3"}, folder, {"--milestones", "--schedule step"});
    expect_rejected({"train", "--final-lr", "0.1"}, folder, {"--final-lr", "--schedule cosine"});
    expect_rejected({"train", "--schedule", "step", "--milestones", "5,3"}, folder, {"milestones"});
    expect_rejected({"train", "--log", "-", "--json", "-"}, folder, {"--log -", "--json -"});
    expect_rejected({"train", "--quiet", "--dataset", "synthetic:20", "--batch", "21"}, folder,
                    {"batch = 21", "20 training images"});
    expect_rejected(
        {"train", "--quiet", "--import", "none.safetensors", "--dataset", "synthetic:128"}, folder,
        {"none.safetensors"});
}

TEST(BadInput, AClockedRunNeedsNumbersAndAClockAndAWaveformNeedsAClockedRun) {
    const ScratchFolder folder;
    expect_rejected({"run", "--fidelity", "rtl", "--numerics", "off"}, folder,
                    {"--fidelity rtl", "--numerics off"});
    expect_rejected({"run", "--fidelity", "rtl", "--timing", "off"}, folder,
                    {"--fidelity rtl", "--timing off"});
    expect_rejected({"run", "--fidelity", "exact"}, folder, {"--fidelity"});
    expect_rejected({"run", "--vcd", "t.vcd"}, folder, {"--vcd t.vcd", "--fidelity rtl"});
    expect_rejected({"run", "--vcd-scope", "array"}, folder, {"--vcd-scope array", "--vcd"});
    const std::vector<std::string> clocked{
        "run", "--network", "resnet20-cifar", "--arch", "scale-sim-32x32", "--fidelity", "rtl"};
    expect_rejected(clocked, folder, {"dram.ideal = true"});
    expect_rejected({"run", "--fidelity", "rtl", "--vcd", "t.vcd", "--vcd-scope", "sink"}, folder,
                    {"scope 'sink'", "array", "streamer"});
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "t.vcd"));
}

TEST(BadInput, ATraceNeedsCyclesAndOnlyOneReportFitsStandardOutput) {
    const ScratchFolder folder;
    expect_rejected({"run", "--trace", "t.json", "--timing", "off"}, folder,
                    {"--trace t.json", "--timing on"});
    expect_rejected({"run", "--trace", "-", "--csv", "-"}, folder, {"--csv -", "--trace -"});
    expect_rejected({"run", "--trace", "-", "--json", "-"}, folder, {"--json -", "--trace -"});
    expect_rejected({"run", "--trace", "no/t.json"}, folder, {"no/t.json"});
}

TEST(DramTrace, IsTheSameOfBothMachinesAndKeepsTheStandard) {
    const ScratchFolder folder;
    const std::vector<std::string> arguments{"run",
                                             "--network",
                                             "resnet20-cifar",
                                             "--batch",
                                             "1",
                                             "--set",
                                             "core.array.rows=8",
                                             "--set",
                                             "core.array.cols=8",
                                             "--pass",
                                             "inference",
                                             "--golden",
                                             "off",
                                             "--quiet",
                                             "--dram-check",
                                             "on"};
    const auto trace = [&](const std::string& fidelity) {
        std::vector<std::string> all = arguments;
        all.insert(all.end(), {"--fidelity", fidelity, "--dram-trace", fidelity + ".csv"});
        const Outcome outcome = run_program(all, folder.path());
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        std::ifstream file(folder.path() / (fidelity + ".csv"));
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const std::string fast = trace("fast");
    EXPECT_TRUE(fast.starts_with("cycle,command,channel,rank,bank_group,bank,row,column\n"));
    EXPECT_GT(fast.size(), 100'000U);
    EXPECT_TRUE(fast == trace("rtl"));
}

TEST(BadInput, ADramTraceNeedsCyclesAndADram) {
    const ScratchFolder folder;
    expect_rejected({"run", "--dram-trace", "t.csv", "--timing", "off"}, folder,
                    {"--dram-trace t.csv", "--timing on"});
    expect_rejected({"run", "--arch", "scale-sim-32x32", "--dram-trace", "t.csv"}, folder,
                    {"--dram-trace t.csv", "dram.ideal = true"});
    expect_rejected({"run", "--dram-check", "on", "--timing", "off"}, folder,
                    {"--dram-check on", "--timing on"});
    expect_rejected({"run", "--arch", "scale-sim-32x32", "--dram-check", "on"}, folder,
                    {"--dram-check on", "dram.ideal = true"});
    expect_rejected({"run", "--dram-trace", "-", "--csv", "-"}, folder,
                    {"--dram-trace -", "--csv -"});
    expect_rejected({"run", "--dram-trace", "no/t.csv"}, folder, {"no/t.csv"});
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "t.csv"));
}

TEST(Topology, RunsWithoutNumericsAsOneImageUnlessABatchIsGiven) {
    const ScratchFolder folder;
    std::ofstream(folder.path() / "net.csv") << "Layer, M, N, K,\nfirst, 40, 30, 50,\n";
    const std::vector<std::string> arguments{
        "run",       "--network",  "net.csv", "--arch",  "scale-sim-32x32", "--pass",
        "inference", "--numerics", "off",     "--quiet", "--json",          "-"};
    const Outcome one = run_program(arguments, folder.path());
    EXPECT_EQ(one.status, 0) << one.error;
    EXPECT_NE(one.output.find("\"batch\": 1"), std::string::npos) << one.output;
    std::vector<std::string> more = arguments;
    more.insert(more.end(), {"--batch", "8"});
    const Outcome eight = run_program(more, folder.path());
    EXPECT_EQ(eight.status, 0) << eight.error;
    EXPECT_NE(eight.output.find("\"batch\": 8"), std::string::npos) << eight.output;
}

TEST(Topology, IsRefusedWithNumericsAndWithADataSetAndWithAMistake) {
    const ScratchFolder folder;
    std::ofstream(folder.path() / "net.csv") << "Layer, M, N, K,\nfirst, 40, 30, 50,\n";
    std::ofstream(folder.path() / "bad.csv") << "Layer, M, N, K,\nfirst, 40, 0, 50,\n";
    expect_rejected({"run", "--network", "net.csv"}, folder, {"net", "numerics"});
    expect_rejected({"run", "--network", "net.csv", "--numerics", "off", "--dataset", "mnist:."},
                    folder, {"net", "data set"});
    expect_rejected({"run", "--network", "bad.csv", "--numerics", "off"}, folder,
                    {"bad.csv:2", "first", "N = 0"});
    expect_rejected({"run", "--network", "none.csv"}, folder, {"none.csv"});
}

TEST(Describe, ListsEverySubject) {
    const ScratchFolder folder;
    const std::vector<std::pair<std::string, std::string>> subjects{
        {"networks", "resnet20-cifar"}, {"architectures", "edge-4bit"},
        {"recipes", "fp4-tpr"},         {"technologies", "7nm"},
        {"memories", "lpddr5-6400"},    {"parameters", "core.array.rows"},
        {"formats", "fp4_r4"}};
    for (const auto& [subject, name] : subjects) {
        const Outcome outcome = run_program({"describe", subject}, folder.path());
        EXPECT_EQ(outcome.status, 0) << subject << ": " << outcome.error;
        EXPECT_NE(outcome.output.find(name), std::string::npos) << subject;
        EXPECT_EQ(outcome.error, "") << subject;
    }
}

TEST(Describe, AreaOfAMachineInATechnologyOfChoice) {
    const ScratchFolder folder;
    const auto total = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--json", "-"});
        const Outcome outcome = run_program(arguments, folder.path());
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        const boost::json::value report = boost::json::parse(outcome.output);
        return report.at("area").as_array().back().at("total [mm2]").to_number<double>();
    };
    const double edge = total({"describe", "--area"});
    EXPECT_EQ(edge, total({"describe", "--area", "edge-4bit"}));
    EXPECT_EQ(edge, total({"describe", "architectures", "edge-4bit", "--area"}));
    EXPECT_GT(total({"describe", "--area", "rapid-4bit"}), 4 * edge);
    EXPECT_GT(total({"describe", "--area", "--technology", "22nm"}), 2 * edge);
    const Outcome table = run_program({"describe", "--area"}, folder.path());
    EXPECT_NE(table.output.find("PE arithmetic"), std::string::npos);
    EXPECT_NE(table.output.find("left out"), std::string::npos);
    expect_rejected({"describe", "--area", "edge-8bit"}, folder, {"edge-8bit", "edge-4bit"});
    expect_rejected({"describe", "recipes", "fp16", "--area"}, folder, {"--area"});
    expect_rejected({"describe", "--technology", "7nm"}, folder, {"--area"});
    expect_rejected({"describe"}, folder, {"must be one of networks"});
}

TEST(Describe, AMachineInFullIsAFileThatReadsBack) {
    const ScratchFolder folder;
    const Outcome full = run_program({"describe", "architectures", "edge-4bit"}, folder.path());
    ASSERT_EQ(full.status, 0);
    const std::string file = folder.write("copy.yaml", full.output);
    const Outcome parameters = run_program({"describe", "parameters", file}, folder.path());
    EXPECT_EQ(parameters.status, 0) << parameters.error;
}

TEST(Version, IsPrinted) {
    const ScratchFolder folder;
    const Outcome outcome = run_program({"--version"}, folder.path());
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.output.find("0.1.0"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace quatrain::regression
