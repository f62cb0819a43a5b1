// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/program.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

namespace quatrain::regression {
namespace {

namespace json = boost::json;

const char* const tiny_network = R"yaml(
name: tiny
input: {height: 8, width: 8, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]}
layers:
  - {name: conv1, type: convolution, channels: 8, kernel: 3, padding: 1}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: activation}
  - {name: conv2, type: convolution, channels: 8, kernel: 3, stride: 2, padding: 1}
  - {name: bn2, type: batch_norm}
  - {name: relu2, type: activation}
  - {name: pool, type: average_pool}
  - {name: fc, type: fully_connected, channels: 10}
)yaml";

class TrainProgram : public testing::Test {
protected:
    /// Six steps an epoch.
    std::vector<std::string> arguments(const std::string& epochs, const std::string& name,
                                       std::vector<std::string> extra = {}) const {
        std::vector<std::string> all{"train",         "--quiet",   "--network",
                                     network_,        "--dataset", "synthetic:24",
                                     "--batch",       "4",         "--epochs",
                                     epochs,          "--timing",  "off",
                                     "--checkpoint",  name,        "--log",
                                     name + ".jsonl", "--export",  name + ".safetensors"};
        all.insert(all.end(), extra.begin(), extra.end());
        return all;
    }

    std::string file(const std::string& name) const { return read_text(folder_.path() / name); }

    /// Starts the program, waits until its log has `lines`, and kills it without warning.
    void kill_after(const std::vector<std::string>& options, const std::string& log,
                    std::size_t lines) const {
        const pid_t child = fork();
        if (child == 0) {
            if (chdir(folder_.path().c_str()) != 0) _exit(127);
            std::vector<char*> argv{const_cast<char*>(QUATRAIN_PROGRAM)};
            for (const std::string& option : options)
                argv.push_back(const_cast<char*>(option.c_str()));
            argv.push_back(nullptr);
            if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(127);
            execv(QUATRAIN_PROGRAM, argv.data());
            _exit(127);
        }
        while (line_count(file(log)) < lines)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status)) << "it was done before it could be killed";
    }

    ScratchFolder folder_;
    std::string network_ = folder_.write("tiny.yaml", tiny_network);
};

TEST_F(TrainProgram, KilledAndGoneOnWithItLeavesTheWeightsOfAnUninterruptedRun) {
    const std::string epochs = "60";
    ASSERT_EQ(run_program(arguments(epochs, "whole"), folder_.path()).status, 0);
    kill_after(arguments(epochs, "parts"), "parts.jsonl", 4);
    for (const std::size_t lines : {9U, 20U})
        kill_after(arguments(epochs, "parts", {"--resume"}), "parts.jsonl", lines);
    EXPECT_EQ(file("parts.safetensors"), "") << "nothing is exported before the end";
    const Outcome last = run_program(arguments(epochs, "parts", {"--resume"}), folder_.path());
    ASSERT_EQ(last.status, 0) << last.error;
    EXPECT_EQ(file("parts.safetensors"), file("whole.safetensors"));
    EXPECT_EQ(file("parts/checkpoint.safetensors"), file("whole/checkpoint.safetensors"));

    std::istringstream whole(file("whole.jsonl")), parts(file("parts.jsonl"));
    std::size_t epoch = 0;
    for (std::string a, b; std::getline(whole, a); ++epoch) {
        ASSERT_TRUE(std::getline(parts, b));
        json::object left = json::parse(a).as_object(), right = json::parse(b).as_object();
        left.erase("simulator");
        right.erase("simulator");
        EXPECT_EQ(left, right);
    }
    EXPECT_EQ(epoch, 61U) << "a head and a line for every epoch";
    EXPECT_EQ(line_count(file("parts.jsonl")), 61U);
}

TEST_F(TrainProgram, ReportsEveryEpochAndWhatItCostsTheMachine) {
    const Outcome outcome =
        run_program({"train", "--quiet", "--network", network_, "--dataset", "synthetic:24",
                     "--batch", "4", "--epochs", "2", "--golden", "full", "--json", "-"},
                    folder_.path());
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    const json::object report = json::parse(outcome.output).as_object();
    EXPECT_EQ(report.at("command").as_string(), "train");
    EXPECT_TRUE(report.at("complete").as_bool());
    const json::array& epochs = report.at("epochs").as_array();
    ASSERT_EQ(epochs.size(), 2U);
    for (const json::value& one : epochs) {
        const json::object& epoch = one.as_object();
        EXPECT_EQ(epoch.at("steps").as_int64(), 6);
        EXPECT_EQ(epoch.at("images").as_int64(), 24);
        EXPECT_GT(epoch.at("accelerator_cycles").to_number<double>(), 0);
        EXPECT_GT(epoch.at("energy_j").at("total").to_number<double>(), 0);
        EXPECT_GT(epoch.at("test_loss").to_number<double>(), 0);
        EXPECT_EQ(epoch.at("golden").at("mismatches").to_number<int>(), 0);
        EXPECT_GT(epoch.at("golden").at("elements").to_number<int>(), 0);
        EXPECT_EQ(epoch.at("gradscale").as_array().size(), 1U) << "conv2 alone has 4 bits";
    }
}

TEST_F(TrainProgram, ADamagedCheckpointIsRefusedInOneLine) {
    ASSERT_EQ(run_program(arguments("1", "run"), folder_.path()).status, 0);
    std::string bytes = file("run/checkpoint.safetensors");
    folder_.write("run/checkpoint.safetensors", bytes.substr(0, bytes.size() - 5));
    Outcome outcome = run_program(arguments("2", "run", {"--resume"}), folder_.path());
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(line_count(outcome.error), 1U) << outcome.error;
    EXPECT_NE(outcome.error.find("checkpoint.safetensors"), std::string::npos) << outcome.error;
    folder_.write("run/checkpoint.safetensors", file("run.safetensors"));
    outcome = run_program(arguments("2", "run", {"--resume"}), folder_.path());
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(line_count(outcome.error), 1U) << outcome.error;
}

}  // namespace
}  // namespace quatrain::regression
