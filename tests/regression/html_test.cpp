// SPDX-License-Identifier: Apache-2.0
#include "tests/regression/program.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace quatrain::regression {
namespace {

namespace fs = std::filesystem;

// What the program asks of quatrain-sweep: its arguments, its input, and a page.
const char* const maker = R"(#!/bin/sh
echo "$@" >arguments.txt
cat >input.txt
echo noise
echo noise >&2
echo page >"$4"
)";

class Html : public testing::Test {
protected:
    Html() {
        fs::create_directory(bin_);
        unsetenv("QUATRAIN_SWEEP");
        setenv("PATH", (bin_.string() + ":/usr/bin:/bin").c_str(), 1);
    }

    /// A program of that text; gives its path.
    std::string script(const std::string& name, const std::string& text) const {
        const std::string file = folder_.write(name, text);
        fs::permissions(file, fs::perms::owner_all);
        return file;
    }
    void sweep(const std::string& text) const { script("bin/quatrain-sweep", text); }

    Outcome run(const std::vector<std::string>& command, const std::vector<std::string>& extra = {},
                const std::string& page = "page.html") const {
        std::vector<std::string> all = command;
        all.insert(all.end(), {"--quiet", "--html", page});
        all.insert(all.end(), extra.begin(), extra.end());
        return run_program(all, folder_.path());
    }

    /// One line with these parts and status 2, before anything is simulated.
    void expect_refused(const Outcome& outcome, const std::vector<std::string>& parts) const {
        EXPECT_EQ(outcome.status, 2) << outcome.error;
        EXPECT_EQ(outcome.output, "");
        EXPECT_EQ(line_count(outcome.error), 1U) << outcome.error;
        for (const std::string& part : parts)
            EXPECT_NE(outcome.error.find(part), std::string::npos)
                << outcome.error << " has no " << part;
        EXPECT_EQ(file("page.html"), "");
    }

    std::string file(const std::string& name) const { return read_text(folder_.path() / name); }
    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            names.insert(entry.path().filename().string());
        return names;
    }

    ScratchFolder folder_;
    fs::path bin_ = folder_.path() / "bin";
    std::vector<std::string> run_ = {"run",        "--network", "resnet8-mnist", "--batch", "1",
                                     "--numerics", "off"};
    std::vector<std::string> compare_ = {
        "compare", "--network", "resnet8-mnist", "--batch", "1", "--activity-batch", "0"};
    std::vector<std::string> train_ = {"train",     "--network",    "resnet8-mnist",
                                       "--dataset", "synthetic:10", "--batch",
                                       "5",         "--timing",     "off"};
};

TEST_F(Html, IsMadeByQuatrainSweepOfTheReportAndNothingElseIsLeft) {
    sweep(maker);
    for (const auto& command : {run_, compare_, train_}) {
        const Outcome outcome = run(command, {"--json", "report.json"});
        EXPECT_EQ(outcome.status, 0) << outcome.error;
        EXPECT_EQ(outcome.error, "");
        EXPECT_NE(outcome.output, "");
        EXPECT_EQ(outcome.output.find("noise"), std::string::npos);
        EXPECT_EQ(file("arguments.txt"), "html - --output page.html\n");
        const auto input = boost::json::parse(file("input.txt")).as_object();
        EXPECT_EQ(input.at("command").as_string(), command.front());
        EXPECT_EQ(file("input.txt"), file("report.json"));
        EXPECT_EQ(file("page.html"), "page\n");
    }
    EXPECT_EQ(files(), (std::set<std::string>{"arguments.txt", "bin", "input.txt", "page.html",
                                              "report.json", "stderr.txt", "stdout.txt"}));
}

TEST_F(Html, LeavesStandardOutputToTheReportForPrograms) {
    sweep(maker);
    const Outcome outcome = run(run_, {"--json", "-"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(outcome.output, file("input.txt"));
}

TEST_F(Html, OfATrainingRunWithALogHasTheEpochsBeforeItWasResumed) {
    sweep(maker);
    const std::vector<std::string> common{"--checkpoint", "state", "--log", "log.jsonl"};
    ASSERT_EQ(run(train_, common).status, 0);
    std::vector<std::string> more = common;
    more.insert(more.end(), {"--epochs", "2", "--resume"});
    ASSERT_EQ(run(train_, more).status, 0);
    EXPECT_EQ(line_count(file("input.txt")), 3U) << "a head and two epochs";
    EXPECT_EQ(file("input.txt"), file("log.jsonl"));
}

TEST_F(Html, IsMadeByTheProgramThatTheEnvironmentNames) {
    sweep("#!/bin/sh\nexit 2\n");
    const std::string named = script("maker", maker);
    for (const std::string& name : {named, std::string("./maker")}) {
        setenv("QUATRAIN_SWEEP", name.c_str(), 1);
        EXPECT_EQ(run(run_).status, 0) << name;
        EXPECT_EQ(file("page.html"), "page\n");
        fs::remove(folder_.path() / "page.html");
    }
    script("bin/maker", maker);
    setenv("QUATRAIN_SWEEP", "maker", 1);
    EXPECT_EQ(run(run_).status, 0);
    setenv("QUATRAIN_SWEEP", "", 1);
    EXPECT_EQ(run(run_).status, 2) << "as if it were not set";
}

TEST_F(Html, WithoutQuatrainSweepIsRefusedBeforeTheRunWithWhatToDo) {
    setenv("PATH", bin_.c_str(), 1);
    for (const auto& command : {run_, compare_, train_})
        expect_refused(run(command), {"quatrain: --html page.html: quatrain-sweep", "not in PATH",
                                      "pip install scripts/quatrain_sweep", "QUATRAIN_SWEEP"});
    folder_.write("bin/quatrain-sweep", maker);
    expect_refused(run(run_), {"not in PATH"});
    for (const char* name : {"none", "./none", "bin", "bin/quatrain-sweep"}) {
        setenv("QUATRAIN_SWEEP", name, 1);
        expect_refused(
            run(run_),
            {"quatrain: --html page.html: QUATRAIN_SWEEP = " + std::string(name) + ": must",
             "pip install scripts/quatrain_sweep"});
    }
    EXPECT_EQ(run_program(run_, folder_.path()).status, 0) << "nobody asks for a page";
}

TEST_F(Html, ThatCannotBeWrittenIsRefusedBeforeTheRun) {
    sweep(maker);
    for (const auto& command : {run_, compare_, train_}) {
        expect_refused(run(command, {}, "none/a.html"),
                       {"--html none/a.html: cannot be written: there is no folder none"});
        expect_refused(run(command, {}, "-"), {"--html -", "not to standard output"});
    }
    EXPECT_EQ(file("arguments.txt"), "");
}

TEST_F(Html, ThatFailsGivesTheLastLineOfQuatrainSweepAndKeepsTheOtherReports) {
    const auto fails = [&](const std::string& text, int status, const std::string& error) {
        sweep("#!/bin/sh\n" + text);
        const Outcome outcome = run(run_, {"--json", "report.json"});
        EXPECT_EQ(outcome.status, status) << text;
        EXPECT_EQ(outcome.error, "quatrain: " + error + "\n");
        EXPECT_NE(outcome.output, "");
        EXPECT_NE(file("report.json"), "");
        fs::remove(folder_.path() / "report.json");
    };
    const std::string page = "--html page.html: ";
    fails("echo a >&2; echo 'quatrain-sweep: x: must be y' >&2; echo >&2; exit 2", 2,
          page + "quatrain-sweep: x: must be y");
    fails("echo 'Traceback' >&2; printf 'ValueError: z' >&2; exit 1", 3,
          page + "quatrain-sweep: ValueError: z");
    fails("exit 1", 3, page + "quatrain-sweep: exit status 1 without a word");
    fails("kill -KILL $$", 3, page + "quatrain-sweep: exit status 137 without a word");
    fails("exit 130", 130, "interrupted; page.html was not written");
    fails("kill -INT $$", 130, "interrupted; page.html was not written");
    sweep("no program");
    EXPECT_EQ(run(run_).status, 2);
    EXPECT_NE(file("stderr.txt").find("cannot be run: "), std::string::npos);
    EXPECT_EQ(files(), (std::set<std::string>{"bin", "stderr.txt", "stdout.txt"}));
}

TEST_F(Html, IsInTheHelpOfEveryCommandThatHasItWithAnExample) {
    for (const char* command : {"run", "compare", "train"}) {
        const std::string help = run_program({command, "--help"}, folder_.path()).output;
        EXPECT_NE(help.find("--html FILE"), std::string::npos) << command;
        EXPECT_NE(help.substr(help.find("Example")).find("--html "), std::string::npos) << command;
    }
}

}  // namespace
}  // namespace quatrain::regression
