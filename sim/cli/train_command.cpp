// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/cli/html_report.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/train_options.hpp"
#include "sim/report/output.hpp"
#include "sim/report/progress_bar.hpp"
#include "sim/report/train_json.hpp"
#include "sim/report/train_log.hpp"
#include "sim/report/train_table.hpp"

#include <fmt/format.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

namespace quatrain::cli {
namespace {

/// What comes out while the run goes on: lines of the log, rows of the table.
class EpochOutput {
public:
    EpochOutput(const TrainArguments& arguments, const run::TrainOptions& options)
        : arguments_(arguments), options_(options) {}

    void add(const run::TrainResult& result, const run::EpochReport& epoch) {
        if (!arguments_.log.empty()) {
            if (!log_) log_.emplace(arguments_.log, epoch.epoch - 1, options_.resume);
            if (log_->empty()) log_->add(report::train_head(options_, result));
            log_->add(report::epoch_line(options_, result, epoch));
        }
        if (!has_table()) return;
        if (result.epochs.size() == 1) print(report::train_intro(options_));
        print(report::epoch_row(options_, result, epoch));
    }

    void finish(const run::TrainResult& result) const {
        if (has_table()) print(report::train_summary(options_, result));
    }

private:
    bool has_table() const { return arguments_.log != "-" && arguments_.common.json != "-"; }
    static void print(const std::string& text) {
        fmt::print("{}", text);
        std::fflush(stdout);
    }

    const TrainArguments& arguments_;
    const run::TrainOptions& options_;
    std::optional<report::TrainLog> log_;
};

int status_of(const TrainArguments& arguments, const run::TrainResult& result) {
    if (!result.complete) return exit_interrupted;
    const run::NumericFaults faults = result.faults();
    const bool faulty = faults.nan > 0 || faults.infinity > 0;
    return result.mismatches() > 0 || (faulty && arguments.faults == "fail") ? exit_check_failed
                                                                             : exit_done;
}

void explain(int status, const TrainArguments& arguments, const run::TrainResult& result) {
    if (status == exit_interrupted) {
        fmt::print(stderr, "quatrain: interrupted after {} steps{}\n", result.steps,
                   arguments.checkpoint.empty()
                       ? ""
                       : fmt::format("; --resume goes on from {}", arguments.checkpoint));
    } else if (status == exit_check_failed) {
        const run::NumericFaults faults = result.faults();
        fmt::print(stderr, "quatrain: check failed: {} mismatches, {} NaN, {} infinity\n",
                   result.mismatches(), faults.nan, faults.infinity);
    }
}

/// What the page is made of: the log, if there is a file of it, for it has the epochs before a
/// --resume too.
std::string page_source(const TrainArguments& arguments, const run::TrainOptions& options,
                        const run::TrainResult& result) {
    if (arguments.log == "-" || !std::filesystem::is_regular_file(arguments.log))
        return report::train_json(options, result);
    std::ifstream log(arguments.log, std::ios::binary);
    return {std::istreambuf_iterator<char>(log), {}};
}

int execute(const TrainArguments& arguments) {
    if (arguments.log == "-" && arguments.common.json == "-")
        throw UsageError("--log - and --json -: only one report fits standard output");
    const run::TrainOptions options = resolve(arguments);
    report::check_output(arguments.common.json);
    report::check_output(arguments.log);
    report::check_output(arguments.export_file);
    report::check_output(arguments.tensors_file);
    const HtmlReport page(arguments.html);
    report::ProgressBar progress(report::progress_style(arguments.common.quiet, stderr), stderr,
                                 catch_interrupt());
    EpochOutput output(arguments, options);
    const run::TrainResult result = run::train(
        options, progress, [&](const run::TrainResult& so_far, const run::EpochReport& epoch) {
            output.add(so_far, epoch);
        });
    output.finish(result);
    if (!arguments.common.json.empty())
        report::write_output(arguments.common.json, report::train_json(options, result));
    const int status = status_of(arguments, result);
    explain(status, arguments, result);
    if (page.is_asked_for()) page.write(page_source(arguments, options, result), progress);
    return status;
}

}  // namespace

void add_train(CLI::App& program, Action& action) {
    CLI::App* command = program.add_subcommand(
        "train", "train a network: loss and accuracy, cycles and energy of every epoch");
    auto arguments = std::make_shared<TrainArguments>();
    add_train_options(*command, *arguments);
    command->footer(
        "Example: ResNet-20 on CIFAR-10 in 4 bits, which can be interrupted and gone on with\n"
        "  quatrain train --network resnet20-cifar --dataset cifar10:DIR --epochs 30 --schedule "
        "cosine --checkpoint run1 --log run1.jsonl\n"
        "  quatrain train --network resnet20-cifar --dataset cifar10:DIR --epochs 30 --schedule "
        "cosine --checkpoint run1 --log run1.jsonl --resume --html run1.html\n"
        "Exit status: 0 done, 1 a check failed, 2 bad input, 3 an internal check failed, 130 "
        "interrupted.");
    command->callback(
        [&action, arguments] { action = [arguments] { return execute(*arguments); }; });
}

}  // namespace quatrain::cli
